// Where in the text that was typed an engine's error lies. The engine saw the statement with macros and variables expanded, so
// that its lines and columns are places in another text: a place is told only where it is known.
import { isClosed, nameOf, placed, type Placed } from '../sql/tokens';
import type { Leg, Slice } from '../types';
import { isSame } from './reads';

export interface Span {
  from: number;
  to: number;
}

interface Place {
  /** Both from 1; columns count characters. */
  line: number;
  column: number;
}

/**
 * The part of `sql` that `message` is about. `slices` hold the statement as the engines get it, where that is known.
 */
export function faultSpan(
  sql: string,
  message: string,
  slices: ReadonlyArray<Pick<Slice, 'leg' | 'sql'>> = []
): Span | undefined {
  const place = placeIn(message);
  const leg = legOf(message);
  const name = nameIn(message);
  const tokens = placed(sql);
  const fits = (span: Span | undefined) =>
    span && (name === undefined || isNamed(sql, tokens, span, name)) ? span : undefined;
  // What the backend says itself is about the statement before its macros are expanded.
  const isPlain = !tokens.some(
    ({ kind, text }) => kind === 'variable' && (leg !== undefined || !/^\$\{?__/.test(text))
  );
  const isWhole = isPlain && !tokens.some(({ kind, text }) => kind !== 'variable' && /\$\{?\w|\[\[/.test(text));
  if (place && isWhole) {
    const offset = offsetOf(sql, place);
    return offset === undefined ? undefined : spanAt(tokens, offset);
  }
  if (place && leg) {
    for (const slice of slices.filter((slice) => slice.leg === leg)) {
      const mapped = fits(mapBack(sql, tokens, slice.sql, place));
      if (mapped) {
        return mapped;
      }
    }
  }
  const isAnswer = leg !== undefined && (place || /rejected the request|query failed in/.test(message));
  return isAnswer && name !== undefined ? named(sql, tokens, name, place) : undefined;
}

/** `line 3:14`, `line 3, column 14`, `Line: 3, Column: 14`. */
function placeIn(message: string): Place | undefined {
  const found = /\bline:?\s+(\d{1,6})(?::|,?\s+col(?:umn)?:?\s+)(\d{1,6})\b/i.exec(message);
  const [line, column] = [Number(found?.[1]), Number(found?.[2])];
  return line > 0 && column > 0 ? { line, column } : undefined;
}

function legOf(message: string): Leg | undefined {
  const service = /\b(Timestream|Athena)\b/.exec(message.slice(0, 80))?.[1];
  return service === undefined ? undefined : service === 'Athena' ? 'historical' : 'realtime';
}

/** The name or sign in quotes that the message speaks of, by its last part. */
function nameIn(message: string): string | undefined {
  const start = message.search(/\bline:?\s+\d/i);
  const said = message.slice(Math.max(start, 0));
  const found = /'((?:[^']|'')+?)'(?!\w)/.exec(said)?.[1] ?? /"([^"]+)"/.exec(said)?.[1];
  if (found === undefined || found.length > 200) {
    return undefined;
  }
  return /^[^\s.]+(?:\.[^\s.]+)+$/.test(found) ? found.slice(found.lastIndexOf('.') + 1).replaceAll('"', '') : found;
}

function offsetOf(sql: string, { line, column }: Place): number | undefined {
  const lines = sql.split('\n');
  const text = lines[line - 1];
  if (text === undefined) {
    return undefined;
  }
  const before = lines.slice(0, line - 1).reduce((length, one) => length + one.length + 1, 0);
  const characters = [...text];
  return column - 1 > characters.length ? undefined : before + characters.slice(0, column - 1).join('').length;
}

/** The token at a place, with what is joined to it by dots; behind the last one, the last. */
function spanAt(tokens: Placed[], offset: number): Span | undefined {
  let index = tokens.findIndex(({ to }) => offset < to);
  if (index < 0) {
    index = tokens.length - 1;
  }
  const first = tokens[index];
  if (!first) {
    return undefined;
  }
  let last = first;
  while (nameOf(last) !== undefined && tokens[index + 1]?.text === '.' && nameOf(tokens[index + 2]) !== undefined) {
    index += 2;
    last = tokens[index]!;
  }
  return { from: first.from, to: last.to };
}

function isNamed(sql: string, tokens: Placed[], { from, to }: Span, name: string): boolean {
  const within = tokens.filter((token) => token.from >= from && token.to <= to);
  // What a macro stands for need not be named in the text; nor need an expression be where its sign is.
  const isElsewhere = tokens.some((token) => nameOf(token) !== undefined && isToken(token, name));
  return (
    within[0]?.kind === 'variable' ||
    isSame(sql.slice(from, to), name) ||
    within.some((token) => isToken(token, name)) ||
    !isElsewhere
  );
}

function isToken(token: Placed, name: string): boolean {
  return isSame(nameOf(token) ?? token.text, name);
}

/** Where a name stands in the text; of several places, the first on the line that is nearest. */
function named(sql: string, tokens: Placed[], name: string, place: Place | undefined): Span | undefined {
  const found = tokens.filter((token) => token.kind !== 'string' && isToken(token, name));
  if (!place || !found.every((token) => nameOf(token) !== undefined)) {
    // A sign such as `=` may stand anywhere.
    return found.length === 1 ? found[0] : undefined;
  }
  const distance = (token: Placed) => Math.abs(sql.slice(0, token.from).split('\n').length - place.line);
  const [nearest] = found.sort((one, other) => distance(one) - distance(other) || one.from - other.from);
  return nearest && { from: nearest.from, to: nearest.to };
}

/** A part of the text that the expanded statement has as it is, between two that it may not. */
interface Fixed extends Span {
  text: string;
}

/** A place of the expanded statement as a place of the text, where only one fits. */
function mapBack(sql: string, tokens: Placed[], expanded: string, place: Place): Span | undefined {
  const offset = offsetOf(expanded, place);
  const parts = fixedParts(sql, tokens);
  const starts = offset === undefined ? undefined : aligned(parts, expanded);
  if (offset === undefined || !starts) {
    return undefined;
  }
  for (const [index, part] of parts.entries()) {
    const { first, last } = starts[index]!;
    const next = starts[index + 1];
    if (first === last && offset >= first && offset < first + part.text.length) {
      return spanAt(tokens, part.from + offset - first);
    }
    if (next && offset >= last + part.text.length && offset < next.first) {
      return { from: part.to, to: parts[index + 1]!.from };
    }
  }
  return undefined;
}

/** The text without its macros, variables, and numbers, which the legs write in their own ways. */
function fixedParts(sql: string, tokens: Placed[]): Fixed[] {
  const parts: Fixed[] = [];
  let from = 0;
  const cut = (to: number) => parts.push({ from, to, text: sql.slice(from, to) });
  for (let index = 0; index < tokens.length; index++) {
    const { kind, text, from: start, to } = tokens[index]!;
    const isChanged =
      kind === 'variable' ||
      (kind === 'number' && /[.eE]/.test(text)) ||
      ((kind === 'string' || kind === 'quoted') && /\$|\[\[/.test(text));
    if (isChanged) {
      cut(start);
      index = kind === 'variable' ? endOfCall(tokens, index) : index;
      from = Math.max(to, tokens[index]!.to);
    }
  }
  // The backend takes the semicolon at the end away.
  cut(Math.max(from, withoutEnd(sql).length));
  return parts;
}

/** The index of the parenthesis that closes a macro's arguments; the macro's own where it has none. */
function endOfCall(tokens: Placed[], index: number): number {
  const opened = tokens[index + 1];
  if (opened?.text !== '(' || opened.from !== tokens[index]!.to || !tokens[index]!.text.startsWith('$__')) {
    return index;
  }
  let depth = 0;
  for (let end = index + 1; end < tokens.length; end++) {
    depth += tokens[end]!.text === '(' ? 1 : tokens[end]!.text === ')' ? -1 : 0;
    if (depth === 0 || !isClosed(tokens[end]!)) {
      return end;
    }
  }
  return tokens.length - 1;
}

function withoutEnd(sql: string): string {
  return sql.replace(/[\s;]+$/, '');
}

/** The first and the last place that each part may have in the expanded statement; nothing where they do not fit in. */
function aligned(parts: Fixed[], expanded: string): Array<{ first: number; last: number }> | undefined {
  const trimmed = withoutEnd(expanded);
  const [head, tail] = [parts[0]!, parts.at(-1)!];
  if (!trimmed.startsWith(head.text) || !trimmed.endsWith(tail.text)) {
    return undefined;
  }
  const firsts: number[] = [];
  let from = 0;
  for (const [index, { text }] of parts.entries()) {
    const isTail = index > 0 && index === parts.length - 1;
    const at = isTail ? trimmed.length - text.length : trimmed.indexOf(text, from);
    if (at < from) {
      return undefined;
    }
    firsts.push(at);
    from = at + text.length;
  }
  const lasts: number[] = [];
  let to = trimmed.length;
  for (const [index, { text }] of [...parts.entries()].reverse()) {
    const at = index === 0 ? 0 : trimmed.lastIndexOf(text, to - text.length);
    if (at < 0) {
      return undefined;
    }
    lasts.unshift(at);
    to = at;
  }
  return firsts.map((first, index) => ({ first, last: lasts[index]! }));
}
