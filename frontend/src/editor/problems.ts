// Faults of a statement that can be seen without running it: what is not closed, and macros that do not exist.
import { isClosed, tokenize } from '../sql/tokens';
import type { Macro, Route } from '../types';

export interface Problem {
  from: number;
  to: number;
  message: string;
}

const CLOSES: Record<string, string> = { '(': ')', '[': ']' };

/** `macros` may be empty, which says that they are not known. */
export function problems(sql: string, macros: Macro[], route: Route): Problem[] {
  const found: Problem[] = [];
  const open: Array<{ from: number; text: string }> = [];
  let from = 0;
  for (const token of tokenize(sql)) {
    const { kind, text } = token;
    const to = from + text.length;
    const report = (message: string) => found.push({ from, to, message });
    if (kind === 'string' || kind === 'quoted') {
      if (!isClosed(token)) {
        report(`This is not closed: add a ${text.charAt(0)} where it ends.`);
      }
    } else if (kind === 'comment') {
      if (text.startsWith('/*') && !isClosed(token)) {
        report('This comment is not closed: add */ where it ends.');
      }
    } else if (kind === 'variable') {
      const message = macroFault(text, macros, route);
      if (message) {
        report(message);
      }
    } else if (CLOSES[text]) {
      open.push({ from, text });
    } else if (text === ')' || text === ']') {
      const opened = open.pop();
      if (!opened || CLOSES[opened.text] !== text) {
        report(`Nothing is open that this ${text} closes.`);
      }
    }
    from = to;
  }
  return [
    ...found,
    ...open.map(({ from, text }) => ({ from, to: from + 1, message: `This ${text} is not closed.` })),
  ].sort((one, other) => one.from - other.from);
}

/** Names that Grafana or the backend know beside the macros. */
const BUILT_IN = /^(?:from|to|dashboard|user|org|timezone|searchFilter|url_time_range)\b/;

function macroFault(text: string, macros: Macro[], route: Route): string | undefined {
  const name = /^\$\{?__(\w*)/.exec(text)?.[1];
  if (name === undefined || macros.length === 0 || BUILT_IN.test(name)) {
    return undefined;
  }
  // Both legs may have one of that name.
  const known = macros.filter((macro) => macro.name.replace(/^\$__/, '') === name);
  if (known.length === 0) {
    return `There is no macro $__${name}.`;
  }
  if (route !== 'auto' && !known.some((macro) => macro.legs.includes(route))) {
    return `The macro $__${name} does not exist on the ${route === 'realtime' ? 'real-time' : 'historical'} leg.`;
  }
  return undefined;
}
