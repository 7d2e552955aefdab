// Template variables into SQL, each by the kind of place it stands in: whatever a viewer chooses or types stays a value.
//
// Macros (`$__name`) are left for the backend, which expands them for alerts too. A format that the author of a panel spells
// out, such as `${name:raw}`, is taken as the author's decision outside quotes; inside quotes it still cannot end them.
import { identifier, isDuration, isNumber, literal, namePath } from './text';
import { isTrivia, isVariable, replaceVariables, tokenize, type Token } from './tokens';

/** A variable's value, as Grafana gives it to a format function. */
export type VariableValue = string | number | boolean | Array<string | number | boolean>;

export type Format = (value: VariableValue) => string;

/** Replaces one variable, by `format` unless the variable names a format itself: Grafana's template service. */
export type Replace = (variable: string, format: Format) => string;

/** What a place outside quotes takes. */
type Place =
  /** A literal, or a list of them. */
  | 'value'
  /** A literal, or a width such as `5m`. */
  | 'width'
  /** A name of a table or column. */
  | 'name'
  /** A name, or a number or width. */
  | 'argument'
  /** What may follow an expression of ORDER BY: `ASC`, `DESC`. */
  | 'direction'
  /** Part of a word. */
  | 'fragment';

/** Grafana's own variables, all others that begin with two underscores are macros. */
const GRAFANAS_OWN = /^(?:\$\{?|\[\[)__(?:dashboard|user|org|timezone|url_time_range|searchFilter)\b/;

/** Grafana's when bare or formatted, the portable macros `$__from()` and `$__to()` when called. */
const RANGE_ENDS = /^(?:\$\{?|\[\[)__(?:from|to)\b/;

const MACRO = /^(?:\$\{?|\[\[)__/;

export function interpolate(sql: string, replace: Replace): string {
  const tokens = tokenize(sql);
  const written = tokens.map((token, index) => {
    switch (token.kind) {
      case 'variable':
        return isMacro(token.text, tokens[index + 1]?.text ?? '')
          ? token.text
          : replace(token.text, (value) => inCode(value, placeOf(tokens, index)));
      case 'string':
      case 'quoted':
        return inQuotes(token.text, replace);
      default:
        return token.text;
    }
  });
  return written.join('');
}

/** The values that a text stands for: all of those of its variable where it is nothing else, or the text with its variables put in. */
export function valuesOf(text: string, replace: Replace): string[] {
  let values: string[] | undefined;
  const replaced = replace(text, (value) => {
    values = listed(value).map(String);
    return values.join(',');
  });
  return isVariable(text) && values ? values : [replaced];
}

function isMacro(variable: string, next: string): boolean {
  if (GRAFANAS_OWN.test(variable)) {
    return false;
  }
  return RANGE_ENDS.test(variable) ? next.startsWith('(') : MACRO.test(variable);
}

function inQuotes(text: string, replace: Replace): string {
  const quote = text.charAt(0);
  const inside = text.slice(1, text.length > 1 && text.endsWith(quote) ? -1 : undefined);
  const double = (value: unknown) => String(value).replaceAll(quote, quote + quote);
  const written = replaceVariables(inside, (variable, end) => {
    if (isMacro(variable, inside.slice(end))) {
      return variable;
    }
    // A list fills several pairs of quotes where the variable is all that stands between them: IN ('$queue').
    const separator = variable === inside ? `${quote}, ${quote}` : ',';
    let formatted = false;
    const replaced = replace(variable, (value) => {
      formatted = true;
      return listed(value).map(double).join(separator);
    });
    return formatted || replaced === variable || /:sqlstring\W*$/.test(variable) ? replaced : double(replaced);
  });
  return quote + written + text.slice(1 + inside.length);
}

function inCode(value: VariableValue, place: Place): string {
  const values = listed(value).map(String);
  if (place === 'fragment') {
    return values.map((text) => text.replace(/\W/g, '_')).join(', ');
  }
  if (values.length === 0) {
    return 'NULL';
  }
  if (values.every(isNumber)) {
    // After a minus, another one would begin a comment.
    return values.map((text) => (text.startsWith('-') ? ` ${text}` : text)).join(', ');
  }
  if (place === 'direction' && values.length === 1 && /^(?:asc|desc)$/i.test(values[0]!)) {
    return values[0]!;
  }
  if ((place === 'width' || place === 'argument') && values.every(isDuration)) {
    return values.join(', ');
  }
  return values.map(place === 'name' || place === 'argument' ? namePath : literal).join(', ');
}

function listed(value: VariableValue): Array<string | number | boolean> {
  return Array.isArray(value) ? value : [value];
}

/** What kind of place the variable `tokens[index]` stands in. */
function placeOf(tokens: Token[], index: number): Place {
  const neighbours = [tokens[index - 1], tokens[index + 1]];
  if (neighbours.some((token) => token && ['word', 'number', 'variable'].includes(token.kind))) {
    return 'fragment';
  }
  const before = tokens.slice(0, index).filter((token) => !isTrivia(token));
  const previous = before.at(-1)?.text.toLowerCase() ?? '';
  // After `::` a measure's type, after AS an alias or a type.
  if (/^(?:\.|:|as)$/.test(previous) || tokens[index + 1]?.text === '.') {
    return 'name';
  }
  const place = placeInList(before);
  // Text is neither added nor taken away, a width is.
  return place === 'value' && /^[-+]$/.test(previous) ? 'width' : place;
}

/** Walks back over what stands before a place, to the clause or the call that it belongs to. */
function placeInList(before: Token[]): Place {
  let depth = 0;
  let commas = 0;
  for (let index = before.length - 1; index >= 0; index--) {
    const { kind, text } = before[index]!;
    if (text === ')') {
      depth++;
    } else if (text === '(' && depth > 0) {
      depth--;
    } else if (text === '(') {
      const isFirst = index === before.length - 1;
      return placeInCall(before[index - 1], isFirst, commas > 0);
    } else if (text === ',' && depth === 0) {
      commas++;
    } else if (kind === 'word' && depth === 0 && startsClause(before, index)) {
      const isNext = index === before.length - 1 || before.at(-1)?.text === ',';
      if (isNext) {
        return takesNames(before, index) ? 'name' : 'value';
      }
      return isOrder(before, index) && endsExpression(before.at(-1)!) ? 'direction' : 'value';
    }
  }
  return 'value';
}

function placeInCall(callee: Token | undefined, isWholeFirst: boolean, isLater: boolean): Place {
  if (callee?.kind === 'variable' && MACRO.test(callee.text)) {
    return isWholeFirst ? 'argument' : isLater ? 'width' : 'value';
  }
  switch (callee?.text.toLowerCase()) {
    case 'bin':
      return isWholeFirst ? 'name' : 'width';
    // Timestream's, which take widths as such.
    case 'ago':
    case 'sequence':
      return 'width';
    // Of text there is none of these.
    case 'avg':
    case 'sum':
    case 'approx_percentile':
      return isWholeFirst ? 'name' : 'value';
    default:
      return 'value';
  }
}

function isOrder(tokens: Token[], index: number): boolean {
  return tokens[index]!.text.toLowerCase() === 'by' && tokens[index - 1]?.text.toLowerCase() === 'order';
}

/** Whether an expression may end here, so that what follows is no part of it. */
function endsExpression({ kind, text }: Token): boolean {
  return kind === 'punctuation' ? text === ')' : !/^(?:like|between|escape|from|in|is|not)$/i.test(text);
}

function startsClause(tokens: Token[], index: number): boolean {
  return /^(?:select|from|join|where|having|on|by|limit|offset|and|or|when|then|else|values|table|describe)$/i.test(
    tokens[index]!.text
  );
}

function takesNames(tokens: Token[], index: number): boolean {
  const previous = tokens[index - 1]?.text.toLowerCase();
  switch (tokens[index]!.text.toLowerCase()) {
    case 'from':
      return previous !== 'distinct';
    case 'join':
    case 'table':
    case 'describe':
    case 'by':
      return true;
    default:
      return false;
  }
}

/** A dataset's name as it stands in `$__dataset`; a variable stays one. */
export function datasetName(name: string): string {
  return /^\$\w+$|^\$\{[^}]*\}$/.test(name) ? name : identifier(name);
}
