// Variables that ask the backend: the values of a dataset's column, or a statement.
import {
  CustomVariableSupport,
  FieldType,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type Field,
} from '@grafana/data';
import type { Observable } from 'rxjs';
import { map } from 'rxjs/operators';

import type { DataSource } from '../datasource';
import type { VariableQuery } from '../types';
import { VariableEditor } from './VariableEditor';
import { readVariableQuery } from './query';

export class VariableSupport extends CustomVariableSupport<DataSource, VariableQuery> {
  editor = VariableEditor;

  constructor(private readonly datasource: DataSource) {
    super();
  }

  query(request: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> {
    const variables = this.datasource.variableNames();
    const targets = request.targets
      .map((target): VariableQuery => ({
        ...readVariableQuery(target, variables),
        refId: target.refId || 'variable',
        format: 'table',
      }))
      .filter((target) => this.datasource.filterQuery(target));
    return this.datasource
      .query({ ...request, targets })
      .pipe(map((response) => ({ ...response, data: response.data.map(asOptions) })));
  }
}

/** Grafana takes a variable's values from fields of text alone, and fails where there is none. */
function asOptions(frame: DataFrame): DataFrame {
  const named = frame.fields.filter(({ name }) => /^(?:text|value)$/i.test(name));
  const hasText = named.length > 0 || frame.fields.some(({ type }) => type === FieldType.string);
  const taken = hasText ? named : frame.fields.slice(0, 1);
  return { ...frame, fields: frame.fields.map((field) => (taken.includes(field) ? asText(field) : field)) };
}

function asText(field: Field): Field {
  if (field.type === FieldType.string) {
    return field;
  }
  const written = (value: unknown) =>
    field.type === FieldType.time ? new Date(Number(value)).toISOString() : `${value}`;
  const values = Array.from(field.values, (value: unknown) => (value == null ? value : written(value)));
  return { ...field, type: FieldType.string, typeInfo: undefined, values } as Field;
}
