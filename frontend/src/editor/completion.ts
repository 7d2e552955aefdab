// What may come next in a statement, by what stands before: pure, so that it can be tested without an editor.
import { identifier } from '../sql/text';
import { isTrivia, tokenize, type Token } from '../sql/tokens';
import type { Dataset, Leg, Macro, Route } from '../types';
import { FUNCTIONS } from './functions';

/** What completion knows. */
export interface Knowledge {
  route: Route;
  datasets: Dataset[];
  macros: Macro[];
  /** Names of template variables. */
  variables: string[];
}

export type SuggestionKind = 'dataset' | 'column' | 'macro' | 'function' | 'keyword' | 'variable' | 'value';

export interface Suggestion {
  kind: SuggestionKind;
  label: string;
  /** What is put in, with `$0` in Monaco's sense where the cursor goes on. */
  insert: string;
  detail?: string;
  documentation?: string;
}

export interface Completion {
  /** Where what is replaced begins. */
  from: number;
  suggestions: Suggestion[];
}

const KEYWORDS = (
  'SELECT FROM WHERE AND OR NOT IN IS NULL LIKE BETWEEN AS DISTINCT CASE WHEN THEN ELSE END WITH UNION ALL JOIN LEFT ON ' +
  'HAVING LIMIT DESC ASC OVER TRUE FALSE EXISTS INTERVAL'
)
  .split(' ')
  .concat('GROUP BY', 'ORDER BY', 'PARTITION BY', 'IS NOT NULL');

const WIDTHS = ['auto', '1m', '5m', '15m', '30m', '1h', '1d', '1w'];

export function complete(sql: string, offset: number, knowledge: Knowledge): Completion {
  const tokens = tokenize(sql.slice(0, offset));
  const last = tokens.at(-1);
  const isOpen = last && ['string', 'comment'].includes(last.kind) && !isClosed(last);
  if (isOpen) {
    return { from: offset, suggestions: [] };
  }
  const typed = last && (['word', 'variable', 'number'].includes(last.kind) || last.text === '$') ? last.text : '';
  const from = offset - typed.length;
  const before = (typed ? tokens.slice(0, -1) : tokens).filter((token) => !isTrivia(token));
  if (typed.startsWith('$')) {
    return { from, suggestions: [...macros(knowledge), ...variables(knowledge)] };
  }
  return { from, suggestions: after(before, sql, knowledge) };
}

function isClosed({ kind, text }: Token): boolean {
  if (kind === 'comment') {
    return text.startsWith('/*') && text.length >= 4 && text.endsWith('*/');
  }
  return text.length > 1 && text.endsWith("'");
}

function after(before: Token[], sql: string, knowledge: Knowledge): Suggestion[] {
  const [call, previous] = [before.at(-2)?.text ?? '', before.at(-1)?.text.toLowerCase() ?? ''];
  if (previous === '(' && call === '$__dataset') {
    return knowledge.datasets.map((dataset) => datasetSuggestion(dataset, dataset.name));
  }
  if (previous === '(' && call === '$__timeGroup') {
    return [
      ...WIDTHS.map((label): Suggestion => ({ kind: 'value', label, insert: label })),
      ...columns(sql, knowledge),
    ];
  }
  if (previous === 'from' || previous === 'join') {
    return knowledge.datasets.map((dataset) => datasetSuggestion(dataset, `\\$__dataset(${dataset.name})`));
  }
  if (before.length === 0) {
    return [keyword('SELECT'), keyword('WITH')];
  }
  return [...columns(sql, knowledge), ...functions(knowledge.route), ...macros(knowledge), ...KEYWORDS.map(keyword)];
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

/** The datasets that a statement reads; all of them where it does not say yet. */
export function datasetsOf(sql: string, datasets: Dataset[]): Dataset[] {
  const named = new Set([...sql.matchAll(/\$__dataset\(\s*(\w+)\s*\)/g)].map(([, name]) => name));
  const found = datasets.filter(({ name }) => named.has(name));
  return found.length > 0 ? found : datasets;
}

function columns(sql: string, knowledge: Knowledge): Suggestion[] {
  const known = new Map<string, Suggestion>();
  for (const dataset of datasetsOf(sql, knowledge.datasets)) {
    for (const { name, type, unit, description, realtime, historical } of dataset.columns) {
      const where = whereabouts({ realtime, historical });
      known.set(name, {
        kind: 'column',
        label: name,
        insert: identifier(name),
        detail: [type, unit, where].filter(Boolean).join(', '),
        documentation: description ?? undefined,
      });
    }
  }
  return [...known.values()];
}

function whereabouts({ realtime, historical }: { realtime: boolean; historical: boolean }): string {
  return realtime && historical ? '' : realtime ? 'Timestream only' : 'Athena only';
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

function macros({ macros, route }: Knowledge): Suggestion[] {
  return macros
    .filter(({ legs }) => isOn(route, legs))
    .map(({ name, signature, description, example }) => {
      const label = name.startsWith('$__') ? name : `$__${name}`;
      return {
        kind: 'macro',
        label,
        insert: `\\${label}${signature.includes('(') ? '($0)' : ''}`,
        detail: signature,
        documentation: [description, example].filter(Boolean).join('\n\n'),
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

/** On auto, either leg may run the statement: only what both have. */
function isOn(route: Route, legs: Leg[]): boolean {
  return route === 'auto' ? legs.length === 2 : legs.includes(route);
}
