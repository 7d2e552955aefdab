// A dashboard's filters, and the clicks on a value in Explore or a panel that add one.
import type { AdHocVariableFilter } from '@grafana/data';

import { tidy } from './builder/state';
import { writeSql } from './builder/write';
import { literal } from './sql/text';
import { FILTER_OPERATORS, type AdhocFilter, type BuilderFilter, type SwitchboardQuery } from './types';

/** Filters as the backend takes them, inside every `$__dataset`. Those still being filled in are left out. */
export function adhocFilters(filters: AdHocVariableFilter[] | undefined): AdhocFilter[] {
  return (filters ?? [])
    .filter(({ key, operator }) => key && (FILTER_OPERATORS as readonly string[]).includes(operator))
    .map(({ key, operator, value, values }) => ({ key, operator, value, ...(values?.length ? { values } : {}) }));
}

/** A query narrowed to the rows where `column` has this value, or to all others. */
export function withFilter(
  query: SwitchboardQuery,
  column: string,
  value: string,
  isExcluded: boolean
): SwitchboardQuery {
  const filter: BuilderFilter = { column, operator: isExcluded ? '!=' : '=', values: [value] };
  if (query.editorMode === 'builder' && query.builder) {
    const others = query.builder.filters.filter(
      (known) => !(known.column === column && ['=', '!='].includes(known.operator) && known.values[0] === value)
    );
    const type = query.builder.filters.find((known) => known.column === column)?.type;
    return rebuilt(query, [...others, type ? { ...filter, type } : filter]);
  }
  return withAdhoc(query, column, isExcluded ? '!=' : '=', value);
}

/** A query without the filter for this value. */
export function withoutFilter(
  query: SwitchboardQuery,
  column: string,
  value: string,
  isExcluded: boolean
): SwitchboardQuery {
  const operator = isExcluded ? '!=' : '=';
  if (query.editorMode === 'builder' && query.builder) {
    return rebuilt(
      query,
      query.builder.filters.filter(
        (known) => !(known.column === column && known.operator === operator && known.values[0] === value)
      )
    );
  }
  const adhoc = query.adhocFilters?.filter(
    (known) => !(known.key === column && known.operator === operator && known.value === value)
  );
  return { ...query, adhocFilters: adhoc?.length ? adhoc : undefined };
}

/** Whether a query has the filter for this value. */
export function hasFilter(query: SwitchboardQuery, column: string, value: string, isExcluded = false): boolean {
  const operator = isExcluded ? '!=' : '=';
  if (query.editorMode === 'builder' && query.builder) {
    return query.builder.filters.some(
      (known) => known.column === column && known.operator === operator && known.values[0] === value
    );
  }
  return Boolean(
    query.adhocFilters?.some((known) => known.key === column && known.operator === operator && known.value === value)
  );
}

function rebuilt(query: SwitchboardQuery, filters: BuilderFilter[]): SwitchboardQuery {
  const builder = tidy({ ...query.builder!, filters });
  return { ...query, builder, sql: writeSql(builder) };
}

/** SQL that a person wrote is not touched: the filter goes into its datasets. */
function withAdhoc(query: SwitchboardQuery, key: string, operator: '=' | '!=', value: string): SwitchboardQuery {
  const others = (query.adhocFilters ?? []).filter((known) => !(known.key === key && known.value === value));
  return { ...query, adhocFilters: [...others, { key, operator, value }] };
}

/** What a filter is called where a query is described in words. */
export function filterText({ key, operator, value, values }: AdhocFilter): string {
  return `${key} ${operator} ${values?.length ? `(${values.map(literal).join(', ')})` : literal(value)}`;
}
