// What a dashboard may have saved as a variable's query -> ours.
import { importQuery } from '../import';
import { placed } from '../sql/tokens';
import type { Route, VariableQuery } from '../types';

/**
 * Reads what was saved: ours, the text of a statement, or a query of the official data sources. `variables` are the names
 * that there are.
 */
export function readVariableQuery(saved: unknown, variables: readonly string[]): VariableQuery {
  if (typeof saved === 'string') {
    return { refId: 'variable', kind: 'sql', route: routeOf(saved), sql: saved };
  }
  const query = (saved ?? {}) as VariableQuery & { query?: string };
  if (query.kind === 'values' || query.kind === 'sql') {
    return query;
  }
  const imported = importQuery(query, variables);
  if (imported) {
    return { ...imported, kind: 'sql', format: 'table' };
  }
  const refId = query.refId ?? 'variable';
  if (query.sql) {
    return { refId, kind: 'sql', route: query.route ?? 'auto', sql: query.sql };
  }
  if (query.query) {
    return { refId, kind: 'sql', route: query.route ?? routeOf(query.query), sql: query.query };
  }
  return { refId, kind: 'values', dataset: '', column: '' };
}

/** Only Timestream's data source saves text alone; what reads a dataset was written for this one. */
function routeOf(sql: string): Route {
  return placed(sql).some(({ text }) => text === '$__dataset') ? 'auto' : 'realtime';
}

/** The variable's definition in one line, for the list of variables. */
export function variableText(query: VariableQuery): string {
  if (query.kind === 'values') {
    return query.dataset && query.column ? `Values of ${query.column} in ${query.dataset}` : '';
  }
  return (query.sql ?? '').trim().replace(/\s+/g, ' ');
}
