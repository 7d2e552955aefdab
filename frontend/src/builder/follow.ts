// What follows from the builder's choices: the answer's format and what fills its gaps, until a person chooses them.
import type { Aggregate, BuilderState, Chosen, Fill, Format, SwitchboardQuery } from '../types';

/** What is 0 where there are no rows. Of nothing there is no mean, no percentile, no least and no greatest. */
const ZERO_WITHOUT_ROWS: readonly Aggregate[] = ['count', 'count_if', 'distinct', 'sum'];

/** SQL that tells a figure which is not 0 where there are no rows. */
const NULL_WITHOUT_ROWS =
  /\b(?:avg|min|max|min_by|max_by|geometric_mean|approx_percentile|stddev\w*|var_\w+|variance)\s*\(|\$\{?__percentile\b/i;

/** The format that shows these choices: a time series needs buckets. */
export function formatOf({ measures, bucket }: BuilderState): Format {
  return measures.length > 0 && bucket !== 'none' ? 'time_series' : 'table';
}

/** What fills an empty bucket without telling a wrong number. */
export function fillOf({ measures }: BuilderState): Fill {
  return measures.every(({ aggregate }) => ZERO_WITHOUT_ROWS.includes(aggregate))
    ? { mode: 'value', value: 0 }
    : { mode: 'null' };
}

/** The format for `next`, where the query's is what followed from its choices before. */
export function followedFormat(query: SwitchboardQuery, next: BuilderState): Pick<SwitchboardQuery, 'format'> {
  const isFollowing = follows(query, 'format') && query.format === formatOf(query.builder);
  return isFollowing ? { format: formatOf(next) } : {};
}

/** What fills gaps for `next`, where the query's is what followed from its choices before. */
export function followedFill(query: SwitchboardQuery, next: BuilderState): Pick<SwitchboardQuery, 'fill'> {
  return follows(query, 'fill') && isSame(query.fill, fillOf(query.builder)) ? { fill: fillOf(next) } : {};
}

/** The query with SQL that a person wrote; a 0 that the builder chose does not fill what may be no count any more. */
export function written(query: SwitchboardQuery, sql: string): SwitchboardQuery {
  const isWrong =
    follows(query, 'fill') && isSame(query.fill, { mode: 'value', value: 0 }) && NULL_WITHOUT_ROWS.test(sql);
  return { ...query, ...(isWrong && { fill: { mode: 'null' } }), editorMode: 'sql', sql };
}

/** The query with a field that a person chose. */
export function choosing(query: SwitchboardQuery, field: Chosen): SwitchboardQuery {
  return query.chosen?.includes(field) ? query : { ...query, chosen: [...(query.chosen ?? []), field] };
}

function follows(query: SwitchboardQuery, field: Chosen): query is SwitchboardQuery & { builder: BuilderState } {
  return query.builder !== undefined && !query.chosen?.includes(field);
}

function isSame(one: Fill | undefined, other: Fill): boolean {
  return one?.mode === other.mode && one.value === other.value;
}
