// The builder's state: where it starts, and when a query may change from one editor to the other.
import type { BuilderFilter, BuilderState, Dataset, SwitchboardQuery } from '../types';
import { followedFill, followedFormat } from './follow';
import { readSql } from './read';
import { isMeasured, measureName as measureNameOf, writeSql } from './write';

/** Draws something at once: contacts per interval by queue, unless said otherwise. */
export function startingState(dataset = 'contacts', groupBy = ['queue']): BuilderState {
  return {
    dataset,
    measures: [{ aggregate: 'count', alias: dataset === 'contacts' ? 'contacts' : undefined }],
    groupBy,
    bucket: 'auto',
    filters: [],
    orderBy: [{ by: 'time', descending: false }],
  };
}

/** The state for another dataset: what that one does not have is dropped. */
export function withDataset(state: BuilderState, dataset: Dataset): BuilderState {
  const columns = new Map(dataset.columns.map((column) => [column.name, column]));
  const isThere = (name: string | undefined) => name === undefined || name.startsWith('$') || columns.has(name);
  const kept: BuilderState = {
    ...state,
    dataset: dataset.name,
    measures: state.measures.filter(({ column }) => isThere(column)),
    groupBy: state.groupBy.filter(isThere),
    filters: state.filters
      .filter(({ column }) => isThere(column))
      .map((filter): BuilderFilter => ({ ...filter, type: columns.get(filter.column)?.type ?? filter.type })),
  };
  return tidy(
    state.measures.length > 0 && kept.measures.length === 0 ? { ...kept, measures: [{ aggregate: 'count' }] } : kept
  );
}

/** Drops the orders that name nothing in the answer any more, and buckets where rows are listed. */
export function tidy(state: BuilderState): BuilderState {
  const bucket = state.measures.length === 0 ? 'none' : state.bucket;
  const next = { ...state, bucket };
  const known = new Set(orderable(next));
  return { ...next, orderBy: state.orderBy.filter(({ by }) => known.has(by)) };
}

/** What an answer can be ordered by. */
export function orderable({ measures, groupBy: chosen, bucket }: BuilderState): string[] {
  const groupBy = chosen.filter((column) => column !== '');
  if (measures.length === 0) {
    return ['time', ...groupBy.filter((column) => column !== 'time')];
  }
  return [...(bucket === 'none' ? [] : ['time']), ...groupBy, ...measures.filter(isMeasured).map(measureNameOf)];
}

/** The query with these choices of the builder's, and what follows from them. */
export function built(query: SwitchboardQuery, builder: BuilderState): SwitchboardQuery {
  const followed = { ...query, ...followedFormat(query, builder), ...followedFill(query, builder) };
  return { ...followed, editorMode: 'builder', builder, sql: writeSql(builder) };
}

/** What switching an editor would do to a query. */
export type Switch =
  /** Nothing is lost. */
  | { safe: true; query: SwitchboardQuery }
  /** The SQL would be replaced by what `query` holds: ask first. */
  | { safe: false; query: SwitchboardQuery };

/** To SQL: always safe, the SQL is what the builder wrote. */
export function toSql(query: SwitchboardQuery): SwitchboardQuery {
  return { ...query, editorMode: 'sql', sql: query.builder ? writeSql(query.builder) : query.sql };
}

/** To the builder: safe where it can show the whole statement. Without a statement or choices it starts with `start`. */
export function toBuilder(query: SwitchboardQuery, start = startingState()): Switch {
  const sql = query.sql?.trim() ?? '';
  const into = (builder: BuilderState) => built(query, builder);
  if (sql === '') {
    return { safe: true, query: into(query.builder ?? start) };
  }
  if (query.builder && writeSql(query.builder) === sql) {
    return { safe: true, query: into(query.builder) };
  }
  const read = readSql(sql);
  if (read) {
    return { safe: true, query: into(withTypes(read, query.builder)) };
  }
  return { safe: false, query: into(query.builder ?? start) };
}

/** SQL says less than the builder knew: of types, and whether a variable is one value or a list. */
function withTypes(state: BuilderState, known: BuilderState | undefined): BuilderState {
  const filters = state.filters.map((filter) => {
    const before = known?.filters.filter(({ column }) => column === filter.column) ?? [];
    const typed = before.filter(({ type }) => type).map(({ type }) => ({ ...filter, type }));
    const written = writeSql({ ...state, filters: [filter] });
    return [...before, ...typed].find((other) => writeSql({ ...state, filters: [other] }) === written) ?? filter;
  });
  return { ...state, filters };
}
