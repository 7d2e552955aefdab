// The call that the cursor is in: which macro or function, what it takes, and which argument is being typed. Pure.
import { nameOf, placed, tokenize, isClosed, type Placed } from '../sql/tokens';
import { FUNCTIONS } from './functions';
import { isOn, macroName, macrosOf, macroText, type Knowledge } from './knowledge';
import { datasetsOf, isSame, readsOf } from './reads';

export interface CallSignature {
  /** `$__timeGroup([column, ]interval[, zone])`. */
  label: string;
  documentation: string;
  /** Where each parameter stands in the label. */
  parameters: Array<[number, number]>;
  /** The parameter that is being typed. */
  active: number;
}

export function callAt(sql: string, offset: number, knowledge: Knowledge): CallSignature | undefined {
  const prefix = sql.slice(0, offset);
  const last = tokenize(prefix).at(-1);
  if (last?.kind === 'comment' && !isClosed(last)) {
    return undefined;
  }
  const tokens = placed(prefix);
  const opened = openCall(tokens);
  const known = opened && described(opened.callee, sql, knowledge);
  if (!opened || !known) {
    return undefined;
  }
  const parameters = parametersOf(known.label);
  const place = opened.commas + (skipsFirst(known.label, opened.first, sql, knowledge) ? 1 : 0);
  return { ...known, parameters, active: Math.min(place, Math.max(parameters.length - 1, 0)) };
}

/** The signature and the description of a macro or a function. */
export function described(
  name: string,
  sql: string,
  knowledge: Knowledge
): { label: string; documentation: string } | undefined {
  if (name.startsWith('$')) {
    const macro = macrosOf(sql, knowledge).find((macro) => macroName(macro) === name);
    return macro && { label: macro.signature, documentation: macroText(macro) };
  }
  const named = FUNCTIONS.filter((known) => isSame(known.name, name));
  const found = named.find(({ legs }) => isOn(knowledge.route, legs)) ?? named[0];
  return found && { label: found.signature, documentation: found.description };
}

interface OpenCall {
  callee: string;
  /** Commas before the cursor, in the call itself. */
  commas: number;
  /** The tokens of its first argument. */
  first: Placed[];
}

/** The innermost call that is not closed yet; parentheses that call nothing are looked through. */
function openCall(tokens: Placed[]): OpenCall | undefined {
  let depth = 0;
  let commas: number[] = [];
  for (let index = tokens.length - 1; index >= 0; index--) {
    const { kind, text } = tokens[index]!;
    if (text === ';') {
      return undefined;
    }
    if (text === ')') {
      depth++;
    } else if (text === '(' && depth > 0) {
      depth--;
    } else if (text === '(') {
      const callee = tokens[index - 1];
      if (callee && (callee.kind === 'variable' || (callee.kind === 'word' && !isOperator(callee.text)))) {
        return { callee: callee.text, commas: commas.length, first: tokens.slice(index + 1, commas.at(-1)) };
      }
      commas = [];
    } else if (depth === 0 && text === ',') {
      commas.push(index);
    } else if (depth === 0 && kind === 'word' && /^(?:select|from|where|group|order|having)$/i.test(text)) {
      // A subquery is no argument that is being typed.
      if (text.toLowerCase() !== 'from' || tokens[index - 1]?.text.toLowerCase() !== 'distinct') {
        return undefined;
      }
    }
  }
  return undefined;
}

function isOperator(word: string): boolean {
  return /^(?:in|and|or|not|on|as|by|from|join|where|exists|over|values|then|else|when|using|with|select)$/i.test(word);
}

function parametersOf(label: string): Array<[number, number]> {
  const start = label.indexOf('(') + 1;
  const inside = start > 0 ? label.slice(start, label.lastIndexOf(')')) : '';
  return [...inside.matchAll(/[^,[\]\s](?:[^,[\]]*[^,[\]\s])?/g)].map(({ index, 0: name }) => [
    start + index,
    start + index + name.length,
  ]);
}

/** Whether the first parameter may be left out, and is. */
function skipsFirst(label: string, first: Placed[], sql: string, { datasets }: Knowledge): boolean {
  const optional = /\(\[\w+(,?)\s*\]/.exec(label);
  if (!optional) {
    return false;
  }
  const [token] = first;
  if (!token) {
    return optional[1] === ',';
  }
  const name = nameOf(token);
  const columns = datasetsOf(readsOf(sql).sources, datasets).flatMap((dataset) => dataset.columns);
  const isColumn =
    token.kind === 'quoted' ||
    first.length > 1 ||
    columns.some((column) => name !== undefined && isSame(column.name, name));
  return !isColumn;
}
