// A dashboard's filters, and the clicks on a value in Explore or a panel that add one.
import type { AdHocVariableFilter } from '@grafana/data';

import { tidy } from './builder/state';
import { writeSql } from './builder/write';
import { isNumber, literal } from './sql/text';
import type { AdhocFilter, BuilderFilter, ColumnType, SwitchboardQuery } from './types';

/**
 * Filters as the backend takes them, inside every `$__dataset`, which refuses by name what it does not know: a filter that
 * is silently left out shows what the viewer excluded. Only what is none is left out: without a column yet, Grafana's
 * grouping, and what it writes where *All* is chosen, a pattern that would exclude rows without a value.
 */
export function adhocFilters(filters: AdHocVariableFilter[] | undefined): AdhocFilter[] {
  return (filters ?? [])
    .filter(({ key, operator, value }) => key && operator !== 'groupBy' && !(operator === '=~' && value === '.*'))
    .map(({ key, operator, value, values }) => ({ key, operator, value, ...(values?.length ? { values } : {}) }));
}

/** The type of a dataset's column, where it is known. */
export type TypeOf = (dataset: string, column: string) => ColumnType | undefined;

/**
 * A query narrowed to the rows where `column` has this value, or to all others. The builder takes it where the column's type
 * says how to write the value; else, and beside SQL that a person wrote, it goes into the datasets, where the backend knows.
 */
export function withFilter(
  query: SwitchboardQuery,
  column: string,
  value: string,
  isExcluded: boolean,
  typeOf: TypeOf
): SwitchboardQuery {
  const operator = isExcluded ? '!=' : '=';
  const cleared = withoutFilter(withoutFilter(query, column, value, true), column, value, false);
  const { builder } = cleared;
  const type = builder && typeOf(builder.dataset, column);
  if (cleared.editorMode === 'builder' && builder && type && isWritable(value, type)) {
    const filter: BuilderFilter = { column, operator, values: [value] };
    return rebuilt(cleared, [...builder.filters, type === 'text' ? filter : { ...filter, type }]);
  }
  return { ...cleared, adhocFilters: [...(cleared.adhocFilters ?? []), { key: column, operator, value }] };
}

/** A query without the filter for this value. */
export function withoutFilter(
  query: SwitchboardQuery,
  column: string,
  value: string,
  isExcluded: boolean
): SwitchboardQuery {
  if (!hasFilter(query, column, value, isExcluded)) {
    return query;
  }
  const adhoc = query.adhocFilters?.filter((known) => !isAdhoc(known, column, value, isExcluded));
  const rest = { ...query, adhocFilters: adhoc?.length ? adhoc : undefined };
  const built = builtFilters(query);
  const kept = built.filter((known) => !isBuilt(known, column, value, isExcluded));
  return kept.length < built.length ? rebuilt(rest, kept) : rest;
}

/** Whether a query has the filter for this value. */
export function hasFilter(query: SwitchboardQuery, column: string, value: string, isExcluded = false): boolean {
  return (
    builtFilters(query).some((known) => isBuilt(known, column, value, isExcluded)) ||
    Boolean(query.adhocFilters?.some((known) => isAdhoc(known, column, value, isExcluded)))
  );
}

function builtFilters({ editorMode, builder }: SwitchboardQuery): BuilderFilter[] {
  return editorMode === 'builder' && builder ? builder.filters : [];
}

function isBuilt(
  { column, operator, values }: BuilderFilter,
  key: string,
  value: string,
  isExcluded: boolean
): boolean {
  return column === key && operator === (isExcluded ? '!=' : '=') && values[0] === value;
}

function isAdhoc(known: AdhocFilter, key: string, value: string, isExcluded: boolean): boolean {
  return known.key === key && known.operator === (isExcluded ? '!=' : '=') && known.value === value;
}

/** Whether the builder can write a value that was clicked on: times are clicked on as they are shown. */
function isWritable(value: string, type: ColumnType): boolean {
  switch (type) {
    case 'text':
      return true;
    case 'boolean':
      return value === 'true' || value === 'false';
    case 'timestamp':
      return false;
    default:
      return isNumber(value);
  }
}

function rebuilt(query: SwitchboardQuery, filters: BuilderFilter[]): SwitchboardQuery {
  const builder = tidy({ ...query.builder!, filters });
  return { ...query, builder, sql: writeSql(builder) };
}

/** What a filter is called where a query is described in words. */
export function filterText({ key, operator, value, values }: AdhocFilter): string {
  return `${key} ${operator} ${values?.length ? `(${values.map(literal).join(', ')})` : literal(value)}`;
}
