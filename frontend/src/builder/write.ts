// The builder's choices -> SQL. One way of writing each choice, so that `read` can take it back.
import { identifier, isNumber, literal } from '../sql/text';
import { hasVariable, isVariable } from '../sql/tokens';
import { datasetName } from '../sql/interpolate';
import type { Aggregate, BuilderFilter, BuilderMeasure, BuilderState } from '../types';

export function writeSql(state: BuilderState): string {
  const selected = selectList(state);
  const lines = [`SELECT\n  ${selected.join(',\n  ')}`, `FROM $__dataset(${datasetName(state.dataset)})`];
  const conditions = state.filters.filter(isComplete).map(condition);
  if (conditions.length > 0) {
    lines.push(`WHERE ${conditions.join('\n  AND ')}`);
  }
  const grouped = state.measures.length > 0 ? selected.length - state.measures.filter(isMeasured).length : 0;
  if (grouped > 0) {
    lines.push(`GROUP BY ${Array.from({ length: grouped }, (_, index) => index + 1).join(', ')}`);
  }
  if (state.orderBy.length > 0) {
    const orders = state.orderBy.map(({ by, descending }) => identifier(by) + (descending ? ' DESC' : ''));
    lines.push(`ORDER BY ${orders.join(', ')}`);
  }
  if (state.limit !== undefined) {
    lines.push(`LIMIT ${state.limit}`);
  }
  return lines.join('\n');
}

function selectList({ measures, groupBy, bucket }: BuilderState): string[] {
  const time = bucket === 'none' ? [] : [`$__timeGroup(${bucket}) AS time`];
  // A choice that is not made yet is left out.
  const columns = groupBy.filter((name) => name !== '').map(identifier);
  if (measures.length === 0) {
    // A listing has no buckets; every dataset has its time.
    return columns.length > 0 ? columns : ['*'];
  }
  const selected = [...time, ...columns, ...measures.filter(isMeasured).map(measure)];
  return selected.length > 0 ? selected : ['*'];
}

/** Whether a measure says what it measures; one that is still being filled in is left out. */
export function isMeasured({ aggregate, column }: BuilderMeasure): boolean {
  return Boolean(column) || !needsColumn(aggregate);
}

function measure(measure: BuilderMeasure): string {
  return `${aggregated(measure)} AS ${identifier(measureName(measure))}`;
}

function aggregated({ aggregate, column, percentile }: BuilderMeasure): string {
  const of = column ? identifier(column) : '*';
  switch (aggregate) {
    case 'distinct':
      return `$__distinct(${of})`;
    case 'percentile':
      return `$__percentile(${of}, ${percentile ?? DEFAULT_PERCENTILE})`;
    default:
      return `${aggregate}(${of})`;
  }
}

export const DEFAULT_PERCENTILE = 0.95;

/** What a measure is called in the answer. */
export function measureName({ alias, aggregate, column, percentile }: BuilderMeasure): string {
  if (alias) {
    return alias;
  }
  if (!column) {
    return aggregate;
  }
  const of = column.replace(/\W+/g, '_').replace(/^_+|_+$/g, '');
  if (aggregate === 'percentile') {
    return `p${String(+((percentile ?? DEFAULT_PERCENTILE) * 100).toFixed(6)).replace('.', '_')}_${of}`;
  }
  return `${aggregate}_${of}`;
}

/** Whether an aggregate needs a column. */
export function needsColumn(aggregate: Aggregate): boolean {
  return aggregate !== 'count';
}

/** Whether a filter says enough to be written; one that is still being filled in is left out. */
export function isComplete({ column, operator, values }: BuilderFilter): boolean {
  if (!column) {
    return false;
  }
  switch (operator) {
    case 'is null':
    case 'is not null':
      return true;
    case 'in':
    case 'not in':
      return values.length > 0;
    default:
      return values.length === 1;
  }
}

function condition(filter: BuilderFilter): string {
  const { operator, values, type } = filter;
  // What a variable will hold is text until it is put in, and neither engine compares a boolean with text.
  const isText = type === 'boolean' && values.some(hasVariable);
  // A variable in a column's name is put in between quotes, where it cannot but be a name.
  const name = isText ? `CAST(${identifier(filter.column)} AS varchar)` : identifier(filter.column);
  const written = values.map((value) => writeValue(value, isText ? undefined : type));
  switch (operator) {
    case 'is null':
    case 'is not null':
      return `${name} ${operator.toUpperCase()}`;
    case 'in':
    case 'not in':
      return `${name} ${operator.toUpperCase()} (${written.join(', ')})`;
    case '=':
    case '!=':
      if (mayBeSeveral(filter)) {
        return `${name} ${operator === '=' ? 'IN' : 'NOT IN'} (${written.join(', ')})`;
      }
      return `${name} ${operator} ${written[0]}`;
    default:
      return `${name} ${operator} ${written[0]}`;
  }
}

function writeValue(value: string, type: BuilderFilter['type']): string {
  switch (type) {
    case 'integer':
    case 'double':
      return isNumber(value) || isVariable(value) ? value : literal(value);
    case 'boolean':
      return value === 'true' || value === 'false' ? value : literal(value);
    case 'timestamp':
      return `from_iso8601_timestamp(${literal(value)})`;
    default:
      return literal(value);
  }
}

/** Whether a filter compares with one variable, which may hold several values. */
export function mayBeSeveral({ values, type }: Pick<BuilderFilter, 'values' | 'type'>): boolean {
  return values.length === 1 && values.every(isVariable) && type !== 'timestamp';
}
