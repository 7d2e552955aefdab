// A query in one line: for Explore's history, and for lists of queries.
import { isComplete, measureName } from './builder/write';
import { filterText } from './filters';
import { legOfSaved } from './import';
import { FIGURE_NAMES } from './kind';
import type { BuilderState, Figure, Route, SwitchboardQuery } from './types';

export const ROUTE_NAMES: Record<Route, string> = {
  auto: 'Auto',
  realtime: 'Real-time',
  historical: 'Historical',
};

export function queryText(query: SwitchboardQuery): string {
  if (query.kind === 'activity') {
    const figure = FIGURE_NAMES[(query.column ?? 'statements') as Figure] ?? query.column;
    return `Switchboard's own activity: ${query.format === 'time_series' ? figure : 'each statement'}`;
  }
  if (query.kind === 'boundary') {
    return 'Where the legs meet';
  }
  const route = ROUTE_NAMES[query.route ?? legOfSaved(query) ?? 'auto'];
  const saved = query as SwitchboardQuery & { rawSQL?: string; rawSql?: string; rawQuery?: string };
  const sql = saved.sql ?? saved.rawSQL ?? saved.rawSql ?? saved.rawQuery ?? '';
  const asked =
    query.editorMode === 'builder' && query.builder ? builderText(query.builder) : sql.trim().replace(/\s+/g, ' ');
  const filters = (query.adhocFilters ?? []).map(filterText);
  return `${route}: ${[asked || 'no SQL yet', ...filters].join(', ')}`;
}

function builderText({ dataset, measures, groupBy, bucket, filters, limit }: BuilderState): string {
  const what = measures.length > 0 ? measures.map(measureName).join(', ') : 'rows';
  const words = [`${what} of ${dataset}`];
  if (bucket !== 'none') {
    words.push(bucket === 'auto' ? 'per interval' : `per ${bucket}`);
  }
  if (groupBy.length > 0) {
    words.push(`${measures.length > 0 ? 'by' : 'with'} ${groupBy.join(', ')}`);
  }
  const conditions = filters.filter(isComplete);
  if (conditions.length > 0) {
    const written = conditions.map(({ column, operator, values }) =>
      [column, operator, values.join(', ')].join(' ').trim()
    );
    words.push(`where ${written.join(' and ')}`);
  }
  if (limit !== undefined) {
    words.push(`first ${limit}`);
  }
  return words.join(' ');
}
