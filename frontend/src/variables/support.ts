// Variables that ask the backend: the values of a dataset's column, or a statement.
import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import type { Observable } from 'rxjs';

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
    const targets = request.targets
      .map((target): VariableQuery => ({
        ...readVariableQuery(target),
        refId: target.refId || 'variable',
        format: 'table',
      }))
      .filter((target) => this.datasource.filterQuery(target));
    return this.datasource.query({ ...request, targets });
  }
}
