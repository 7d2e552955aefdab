// What a dashboard may have saved as a variable's query -> ours.
import { importQuery } from '../import';
import type { VariableQuery } from '../types';

/** Reads what was saved: ours, the text of a statement, or a query of the official data sources. */
export function readVariableQuery(saved: unknown): VariableQuery {
  if (typeof saved === 'string') {
    return { refId: 'variable', kind: 'sql', route: 'auto', sql: saved };
  }
  const query = (saved ?? {}) as VariableQuery & { query?: string };
  if (query.kind === 'values' || query.kind === 'sql') {
    return query;
  }
  const imported = importQuery(query);
  if (imported) {
    return { ...imported, kind: 'sql', format: 'table' };
  }
  if (query.sql || query.query) {
    return {
      refId: query.refId ?? 'variable',
      kind: 'sql',
      route: query.route ?? 'auto',
      sql: query.sql ?? query.query,
    };
  }
  return { refId: query.refId ?? 'variable', kind: 'values', dataset: '', column: '' };
}

/** The variable's definition in one line, for the list of variables. */
export function variableText(query: VariableQuery): string {
  if (query.kind === 'values') {
    return query.dataset && query.column ? `Values of ${query.column} in ${query.dataset}` : '';
  }
  return (query.sql ?? '').trim().replace(/\s+/g, ' ');
}
