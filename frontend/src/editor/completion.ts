// What may come next in a statement, by what stands before: pure, so that it can be tested without an editor.
import { identifier, literal, quoted } from '../sql/text';
import { isClosed, isTrivia, placed, tokenize, type Placed } from '../sql/tokens';
import type { Dataset, Route } from '../types';
import { FUNCTIONS } from './functions';
import { isOn, macroName, macrosOf, macroText, whereabouts, type Knowledge } from './knowledge';
import { Desk, VALUES, type Need } from './lists';
import { comparedColumn, pathBefore } from './literals';
import { columnsOfTables, fieldsAt, tablesAt, written, type Named } from './native';
import { datasetsOf, readsOf, sourceOf, type Source } from './reads';

export type SuggestionKind =
  'dataset' | 'database' | 'table' | 'column' | 'macro' | 'function' | 'keyword' | 'variable' | 'value';

export interface Suggestion {
  kind: SuggestionKind;
  label: string;
  /** What is put in, with `$0` in Monaco's sense where the cursor goes on. */
  insert: string;
  detail?: string;
  documentation?: string;
  /** What is typed of it is compared with this, if not with the label. */
  filter?: string;
}

export interface Completion {
  /** Where what is replaced begins and ends. */
  from: number;
  to: number;
  suggestions: Suggestion[];
  /** Lists that there would be more in. */
  needs: Need[];
}

const KEYWORDS = (
  'SELECT FROM WHERE AND OR NOT IN IS NULL LIKE BETWEEN AS DISTINCT CASE WHEN THEN ELSE END WITH UNION ALL JOIN LEFT ON ' +
  'HAVING LIMIT DESC ASC OVER TRUE FALSE EXISTS INTERVAL'
)
  .split(' ')
  .concat('GROUP BY', 'ORDER BY', 'PARTITION BY', 'IS NOT NULL');

const WIDTHS = ['auto', '1m', '5m', '15m', '30m', '1h', '1d', '1w'];

/** What stands around the cursor. */
interface Spot {
  before: Placed[];
  sql: string;
  knowledge: Knowledge;
  desk: Desk;
  /** The quote of a name that is being typed in quotes. */
  quote?: string;
}

export function complete(sql: string, offset: number, knowledge: Knowledge): Completion {
  const prefix = sql.slice(0, offset);
  const last = tokenize(prefix).at(-1);
  const desk = new Desk(knowledge.listed);
  const all = placed(prefix);
  const isOpen = last !== undefined && !isClosed(last);
  const typed =
    last && (isOpen || ['word', 'variable', 'number'].includes(last.kind) || last.text === '$') ? last.text : '';
  const from = offset - typed.length;
  // The editor closes quotes as soon as they are opened.
  const to = isOpen && sql.charAt(offset) === typed.charAt(0) ? offset + 1 : offset;
  const spot: Spot = { before: typed && !isTrivia(last!) ? all.slice(0, -1) : all, sql, knowledge, desk };
  const done = (suggestions: Suggestion[]): Completion => ({ from, to, suggestions, needs: desk.needs });
  if (isOpen) {
    return done(last.kind === 'string' ? values(spot) : last.kind === 'quoted' ? names(spot, typed.charAt(0)) : []);
  }
  if (typed.startsWith('$')) {
    return done([...macros(spot), ...variables(knowledge)]);
  }
  return done(after(spot));
}

function after(spot: Spot): Suggestion[] {
  const { before, knowledge } = spot;
  const [call, previous] = [before.at(-2)?.text ?? '', before.at(-1)?.text ?? ''];
  if (previous === '(' && call === '$__dataset') {
    return knowledge.datasets.map((dataset) => datasetSuggestion(dataset, dataset.name));
  }
  if (previous === '(' && call === '$__timeGroup') {
    return [...WIDTHS.map((label): Suggestion => ({ kind: 'value', label, insert: label })), ...columns(spot)];
  }
  if (previous === '.') {
    return afterDot(spot);
  }
  if (isTablePlace(before)) {
    const { named } = readsOf(spot.sql);
    return [
      ...knowledge.datasets.map((dataset) => datasetSuggestion(dataset, `\\$__dataset(${dataset.name})`)),
      ...named.map((name): Suggestion => ({ kind: 'table', label: name, insert: escaped(identifier(name)) })),
      ...tablesAt([], knowledge, spot.desk).map((table) => nameSuggestion(table, spot)),
    ];
  }
  if (before.length === 0) {
    return [keyword('SELECT'), keyword('WITH')];
  }
  return [...columns(spot), ...functions(knowledge.route), ...macros(spot), ...KEYWORDS.map(keyword)];
}

/** A name that is being typed in quotes: only names fit. */
function names(spot: Spot, quote: string): Suggestion[] {
  const quoting = { ...spot, quote };
  const { before, knowledge, desk } = spot;
  if (before.at(-1)?.text === '.') {
    return afterDot(quoting);
  }
  return isTablePlace(before)
    ? tablesAt([], knowledge, desk).map((table) => nameSuggestion(table, quoting))
    : columns(quoting);
}

/** The tables of a database where a table is to be named, else the columns of what the name stands for. */
function afterDot(spot: Spot): Suggestion[] {
  const { before, sql, knowledge, desk } = spot;
  const named = pathBefore(before, before.length - 2);
  if (!named) {
    return [];
  }
  if (isTablePlace(before.slice(0, named.start))) {
    return tablesAt(named.path, knowledge, desk).map((table) => nameSuggestion(table, spot));
  }
  const reads = readsOf(sql);
  const source = sourceOf(named.path, reads);
  return source
    ? columnsOf([source], spot)
    : fieldsAt(named.path, reads, knowledge, desk).map((field) => nameSuggestion(field, spot));
}

/** Whether a table is what comes next. */
function isTablePlace(before: Placed[]): boolean {
  const previous = before.at(-1)?.text.toLowerCase() ?? '';
  if (['from', 'join', 'describe'].includes(previous)) {
    return before.at(-2)?.text.toLowerCase() !== 'distinct';
  }
  return previous === ',' && clauseOf(before) === 'from';
}

/** The clause that the end of `before` belongs to; nothing within parentheses that no clause was begun in. */
function clauseOf(before: Placed[]): string | undefined {
  let depth = 0;
  for (let index = before.length - 1; index >= 0; index--) {
    const { kind, text } = before[index]!;
    const word = text.toLowerCase();
    if (text === ')') {
      depth++;
    } else if (text === '(' && depth-- === 0) {
      return undefined;
    } else if (kind === 'word' && depth === 0 && /^(?:select|from|where|on|by|having|values|when|using)$/.test(word)) {
      return word;
    }
  }
  return undefined;
}

function datasetSuggestion(dataset: Dataset, insert: string): Suggestion {
  return {
    kind: 'dataset',
    label: insert.replace('\\', ''),
    insert,
    detail: whereabouts(dataset),
    documentation: dataset.description ?? undefined,
  };
}

function columns(spot: Spot): Suggestion[] {
  return columnsOf(readsOf(spot.sql).sources, spot);
}

function columnsOf(sources: Source[], spot: Spot): Suggestion[] {
  const tables = sources.filter(({ path }) => path.length > 0);
  return [
    ...columnsOfDatasets(datasetsOf(sources, spot.knowledge.datasets), spot),
    ...columnsOfTables(tables, spot.knowledge, spot.desk).map((column) => nameSuggestion(column, spot)),
  ];
}

function columnsOfDatasets(datasets: Dataset[], { quote }: Spot): Suggestion[] {
  const known = new Map<string, Suggestion>();
  for (const dataset of datasets) {
    for (const { name, type, unit, description, realtime, historical } of dataset.columns) {
      const where = whereabouts({ realtime, historical });
      known.set(name, {
        kind: 'column',
        label: name,
        insert: escaped(quote ? quoted(name, quote) : identifier(name)),
        detail: [type, unit, where].filter(Boolean).join(', '),
        documentation: description ?? undefined,
        ...(quote && { filter: quoted(name, quote) }),
      });
    }
  }
  return [...known.values()];
}

function nameSuggestion(named: Named, { before, quote, knowledge: { route } }: Spot): Suggestion {
  const { kind, label, detail, documentation } = named;
  // Athena hands these to Hive, which quotes names with backquotes.
  const isHive = route === 'historical' && /^(?:show|describe|desc)$/i.test(before[0]?.text ?? '');
  const insert = written(named, quote);
  return {
    kind,
    label,
    insert: escaped(isHive && !quote ? insert.replaceAll('"', '`') : insert),
    detail,
    ...(documentation !== detail && { documentation }),
    ...(quote && { filter: quoted(label, quote) }),
  };
}

/** The values of the column that a text is compared with, as the range has them, and variables. */
function values({ before, sql, knowledge, desk }: Spot): Suggestion[] {
  const compared = comparedColumn(before, sql, knowledge.datasets);
  if (!compared) {
    return [];
  }
  const { from, to } = knowledge.range ?? {};
  const key = `${compared.dataset}.${compared.column}`;
  const found = desk.list(VALUES, { key, from: from?.toString(), to: to?.toString() });
  const inQuotes = (label: string, kind: SuggestionKind, detail: string): Suggestion => {
    const text = kind === 'variable' ? `'${label}'` : literal(label);
    return { kind, label, insert: escaped(text), detail, filter: text };
  };
  return [
    ...found.map(({ name }) => inQuotes(name, 'value', compared.column)),
    ...knowledge.variables.map((name) => inQuotes(`$${name}`, 'variable', 'variable')),
  ];
}

function functions(route: Route): Suggestion[] {
  return FUNCTIONS.filter(({ legs }) => isOn(route, legs)).map(({ name, signature, description }) => ({
    kind: 'function',
    label: name,
    insert: signature.endsWith('()') ? signature : `${name}($0)`,
    detail: signature,
    documentation: description,
  }));
}

function macros({ sql, knowledge }: Spot): Suggestion[] {
  return macrosOf(sql, knowledge).map((macro) => {
    const { signature } = macro;
    const label = macroName(macro);
    return {
      kind: 'macro',
      label,
      insert: `\\${label}${signature.includes('(') ? '($0)' : ''}`,
      detail: signature,
      documentation: macroText(macro),
    };
  });
}

function variables({ variables }: Knowledge): Suggestion[] {
  return variables.map((name) => ({
    kind: 'variable',
    label: `$${name}`,
    insert: `\\$${name}`,
    detail: 'variable',
  }));
}

function keyword(label: string): Suggestion {
  return { kind: 'keyword', label, insert: label };
}

/** Text that a snippet puts in as it is. */
function escaped(text: string): string {
  return text.replace(/[\\$}]/g, String.raw`\$&`);
}
