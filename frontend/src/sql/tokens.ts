// Cuts SQL into tokens as the backend's src/sql/token.rs does, with template variables as tokens of their own. Loses nothing:
// the tokens' text put together is the input.

export type TokenKind =
  | 'blank'
  | 'comment'
  /** `'text'`, a quote inside doubled. */
  | 'string'
  /** `"name"` or `` `name` ``. */
  | 'quoted'
  /** Whatever starts with a digit, durations such as `5m` too. */
  | 'number'
  | 'word'
  /** `$name`, `${name}`, `[[name]]`: a template variable or a macro. */
  | 'variable'
  | 'punctuation';

export interface Token {
  kind: TokenKind;
  text: string;
}

/** The forms in which Grafana takes a template variable. */
const VARIABLE = /\$\{\w+(?:\.[^:}]+)?(?::[^}]+)?\}|\$\w+|\[\[\w+?(?::\w+)?\]\]/;

const RULES: ReadonlyArray<[TokenKind, RegExp]> = [
  ['blank', /\s+/y],
  ['comment', /--[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  // What is not closed goes on to the end.
  ['string', /'(?:[^']|'')*(?:'|$)/y],
  ['quoted', /"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)/y],
  ['variable', new RegExp(VARIABLE.source, 'y')],
  ['number', /\d(?:[eE][+-](?=\d)|[\w.])*/y],
  ['word', /[\p{L}\p{N}_]+/uy],
];

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < sql.length) {
    const token = next(sql, position);
    tokens.push(token);
    position += token.text.length;
  }
  return tokens;
}

function next(sql: string, position: number): Token {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = position;
    const text = rule.exec(sql)?.[0];
    if (text) {
      return { kind, text };
    }
  }
  return { kind: 'punctuation', text: String.fromCodePoint(sql.codePointAt(position) ?? 0) };
}

/** A token and where it stands. */
export interface Placed extends Token {
  from: number;
  to: number;
}

/** The tokens of `sql` with their places, without blanks and comments. */
export function placed(sql: string): Placed[] {
  let to = 0;
  return tokenize(sql).flatMap((token) => {
    const from = to;
    to += token.text.length;
    return isTrivia(token) ? [] : [{ ...token, from, to }];
  });
}

/** Whether a text, a quoted name or a comment ends; true of all other tokens. */
export function isClosed({ kind, text }: Token): boolean {
  if (kind === 'comment') {
    return text.startsWith('/*') && text.length >= 4 && text.endsWith('*/');
  }
  if (kind !== 'string' && kind !== 'quoted') {
    return true;
  }
  const quote = text.charAt(0);
  // A text of quotes alone is closed when they pair up.
  const trailing = text.length - text.replace(new RegExp(`${quote}+$`), '').length;
  return text.length > 1 && (trailing === text.length ? trailing % 2 === 0 : trailing % 2 === 1);
}

/** The name that a token stands for: without its quotes, a variable as it is written; undefined of what is no name. */
export function nameOf(token: Token | undefined): string | undefined {
  switch (token?.kind) {
    case 'word':
    case 'variable':
      return token.text;
    case 'quoted': {
      const quote = token.text.charAt(0);
      return token.text.slice(1, isClosed(token) ? -1 : undefined).replaceAll(quote + quote, quote);
    }
    default:
      return undefined;
  }
}

export function isTrivia(token: Token): boolean {
  return token.kind === 'blank' || token.kind === 'comment';
}

/** `text` with every template variable in it replaced. */
export function replaceVariables(text: string, replace: (variable: string, end: number) => string): string {
  return text.replace(new RegExp(VARIABLE.source, 'g'), (variable, offset: number) =>
    replace(variable, offset + variable.length)
  );
}

/** Whether `text` is one template variable and nothing else. */
export function isVariable(text: string): boolean {
  return new RegExp(`^(?:${VARIABLE.source})$`).test(text);
}

/** Whether `text` holds a template variable. */
export function hasVariable(text: string): boolean {
  return VARIABLE.test(text);
}
