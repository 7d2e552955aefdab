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

export function isTrivia(token: Token): boolean {
  return token.kind === 'blank' || token.kind === 'comment';
}

/** `text` with every template variable in it replaced. */
export function replaceVariables(text: string, replace: (variable: string, end: number) => string): string {
  return text.replace(new RegExp(VARIABLE.source, 'g'), (variable, offset: number) =>
    replace(variable, offset + variable.length)
  );
}

/** Whether `text` holds a template variable. */
export function hasVariable(text: string): boolean {
  return VARIABLE.test(text);
}
