// SQL -> the builder's choices: only where nothing would be lost, which is where writing the choices gives the same SQL again.
import { isTrivia, tokenize, type Token } from '../sql/tokens';
import {
  AGGREGATES,
  type Aggregate,
  type BuilderFilter,
  type BuilderMeasure,
  type BuilderOperator,
  type BuilderOrder,
  type BuilderState,
} from '../types';
import { mayBeSeveral, measureName, writeSql } from './write';

/** The choices that `sql` was or could have been built by; nothing where the builder cannot show all of it. */
export function readSql(sql: string): BuilderState | undefined {
  const tokens = tokenize(sql);
  if (tokens.some((token) => token.kind === 'comment')) {
    return undefined;
  }
  try {
    const state = new Reader(tokens.filter((token) => !isTrivia(token))).statement();
    return isSame(writeSql(state), sql) ? state : undefined;
  } catch (error) {
    if (error instanceof NotBuilt) {
      return undefined;
    }
    throw error;
  }
}

/** Whether two statements differ in blanks and the case of keywords at most. */
function isSame(one: string, other: string): boolean {
  const essence = (sql: string) =>
    tokenize(sql.trim().replace(/\s*;$/, ''))
      .filter((token) => !isTrivia(token))
      .map(({ kind, text }) => (kind === 'word' ? text.toLowerCase() : text))
      .join(' ');
  return essence(one) === essence(other);
}

/** The statement is none that the builder writes. */
class NotBuilt extends Error {}

const COMPARISONS = ['<=', '>=', '!=', '<>', '=', '<', '>'];

/** Reads the grammar of `writeSql`, from left to right. */
class Reader {
  private position = 0;

  constructor(private readonly tokens: Token[]) {}

  statement(): BuilderState {
    this.expect('select');
    const state: BuilderState = { dataset: '', measures: [], groupBy: [], bucket: 'none', filters: [], orderBy: [] };
    do {
      this.selected(state);
    } while (this.take(','));
    this.expect('from');
    this.expect('$__dataset');
    this.expect('(');
    state.dataset = this.name();
    this.expect(')');
    if (this.take('where')) {
      do {
        state.filters.push(this.filter());
      } while (this.take('and'));
    }
    if (this.take('group')) {
      this.expect('by');
      this.list(() => this.number());
    }
    if (this.take('order')) {
      this.expect('by');
      state.orderBy = this.list(() => this.order());
    }
    if (this.take('limit')) {
      state.limit = this.number();
    }
    this.take(';');
    if (this.position < this.tokens.length) {
      throw new NotBuilt();
    }
    return state;
  }

  private selected(state: BuilderState) {
    if (this.take('*')) {
      return;
    }
    if (this.take('$__timeGroup')) {
      this.expect('(');
      state.bucket = this.any().text;
      this.expect(')');
      this.expect('as');
      this.expect('time');
    } else if (this.peek(1)?.text === '(') {
      state.measures.push(this.measure());
    } else {
      state.groupBy.push(this.name());
    }
  }

  private measure(): BuilderMeasure {
    const called = this.any().text.toLowerCase().replace(/^\$__/, '');
    const aggregate = AGGREGATES.find((name) => name === called);
    if (!aggregate) {
      throw new NotBuilt();
    }
    this.expect('(');
    const measure: BuilderMeasure = { aggregate };
    if (!this.take('*')) {
      measure.column = this.name();
    }
    if (this.take(',')) {
      measure.percentile = this.number();
    }
    this.expect(')');
    this.expect('as');
    return this.named(measure);
  }

  /** Keeps the alias only where it is not the measure's own name. */
  private named(measure: { aggregate: Aggregate } & BuilderMeasure): BuilderMeasure {
    const alias = this.name();
    return alias === measureName(measure) ? measure : { ...measure, alias };
  }

  private filter(): BuilderFilter {
    const isCast = this.at('cast') && this.peek(1)?.text === '(';
    const column = isCast ? this.cast() : this.name();
    const listed = (values: Value[]) => together(isCast ? values.map(asBoolean) : values);
    if (this.take('is')) {
      const operator: BuilderOperator = this.take('not') ? 'is not null' : 'is null';
      this.expect('null');
      return { column, operator, values: [] };
    }
    const isNegated = this.take('not');
    if (isNegated || this.at('in')) {
      this.expect('in');
      this.expect('(');
      const found = listed(this.list(() => this.value()));
      this.expect(')');
      // One variable is written as a list, since it may hold several values.
      const [one, several] = isNegated ? (['!=', 'not in'] as const) : (['=', 'in'] as const);
      return { column, operator: mayBeSeveral(found) ? one : several, ...found };
    }
    return { column, operator: this.comparison(), ...listed([this.value()]) };
  }

  /** A boolean column as text, which is how it is compared with variables. */
  private cast(): string {
    this.position += 2;
    const column = this.name();
    this.expect('as');
    this.expect('varchar');
    this.expect(')');
    return column;
  }

  private comparison(): BuilderOperator {
    const two = `${this.peek(0)?.text}${this.peek(1)?.text}`;
    const found = COMPARISONS.find((operator) => two.startsWith(operator));
    if (!found) {
      throw new NotBuilt();
    }
    this.position += found.length;
    return (found === '<>' ? '!=' : found) as BuilderOperator;
  }

  private value(): Value {
    const sign = this.take('-') ? '-' : '';
    const { kind, text } = this.any();
    const word = text.toLowerCase();
    if (kind === 'number') {
      return { value: sign + text, type: 'double' };
    }
    if (sign) {
      throw new NotBuilt();
    }
    if (kind === 'variable') {
      return { value: text, type: 'double' };
    }
    if (kind === 'string') {
      return { value: unquoted(text), type: undefined };
    }
    if (word === 'true' || word === 'false') {
      return { value: word, type: 'boolean' };
    }
    if (word === 'from_iso8601_timestamp' && this.take('(')) {
      const moment = this.any();
      this.expect(')');
      if (moment.kind === 'string') {
        return { value: unquoted(moment.text), type: 'timestamp' };
      }
    }
    throw new NotBuilt();
  }

  private order(): BuilderOrder {
    const by = this.name();
    const descending = this.take('desc');
    if (!descending) {
      this.take('asc');
    }
    return { by, descending };
  }

  private name(): string {
    const { kind, text } = this.any();
    if (kind === 'word' || (kind === 'variable' && !text.startsWith('$__'))) {
      return text;
    }
    if (kind === 'quoted') {
      return unquoted(text);
    }
    throw new NotBuilt();
  }

  private number(): number {
    const { kind, text } = this.any();
    const number = Number(text);
    if (kind !== 'number' || Number.isNaN(number)) {
      throw new NotBuilt();
    }
    return number;
  }

  private list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.take(',')) {
      items.push(item());
    }
    return items;
  }

  private peek(ahead: number): Token | undefined {
    return this.tokens[this.position + ahead];
  }

  private any(): Token {
    const token = this.tokens[this.position++];
    if (!token) {
      throw new NotBuilt();
    }
    return token;
  }

  private at(text: string): boolean {
    const token = this.peek(0);
    return token !== undefined && (token.kind === 'word' ? token.text.toLowerCase() : token.text) === text;
  }

  private take(text: string): boolean {
    const found = this.at(text);
    if (found) {
      this.position++;
    }
    return found;
  }

  private expect(text: string) {
    if (!this.take(text)) {
      throw new NotBuilt();
    }
  }
}

interface Value {
  value: string;
  type: BuilderFilter['type'];
}

function asBoolean({ value, type }: Value): Value {
  if (type !== undefined) {
    throw new NotBuilt();
  }
  return { value, type: 'boolean' };
}

function together(values: Value[]): Pick<BuilderFilter, 'values' | 'type'> {
  const types = new Set(values.map(({ type }) => type));
  const [type] = types;
  if (types.size !== 1) {
    throw new NotBuilt();
  }
  return { values: values.map(({ value }) => value), ...(type ? { type } : {}) };
}

function unquoted(text: string): string {
  const quote = text.charAt(0);
  if (text.length < 2 || !text.endsWith(quote)) {
    throw new NotBuilt();
  }
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
