import type { DataQueryRequest, DataSourceInstanceSettings } from '@grafana/data';
import { screen } from '@testing-library/react';
import React, { useState } from 'react';
import { lastValueFrom, of } from 'rxjs';

import { serve } from '../../tests/backend';
import { renderInPlugin, user } from '../../tests/render';
import { templateService } from '../../tests/templates';
import { DataSource } from '../datasource';
import { PLUGIN_ID, type SwitchboardOptions, type VariableQuery } from '../types';
import { readVariableQuery, variableText } from './query';
import { VariableSupport } from './support';
import { VariableEditor } from './VariableEditor';

function datasource() {
  const instance = { id: 1, uid: 'u', type: PLUGIN_ID, name: 'S', jsonData: {}, meta: {} };
  return new DataSource(instance as unknown as DataSourceInstanceSettings<SwitchboardOptions>, templateService({}));
}

describe('what a dashboard saved', () => {
  it.each([
    ['SELECT 1', { kind: 'sql', route: 'auto', sql: 'SELECT 1' }],
    [
      { kind: 'values', dataset: 'contacts', column: 'queue' },
      { kind: 'values', dataset: 'contacts', column: 'queue' },
    ],
    [{ rawSQL: 'SELECT 2' }, { kind: 'sql', route: 'historical', sql: 'SELECT 2', format: 'table' }],
    [{ rawQuery: 'SELECT 3' }, { kind: 'sql', route: 'realtime', sql: 'SELECT 3' }],
    [{ query: 'SELECT 4' }, { kind: 'sql', route: 'auto', sql: 'SELECT 4' }],
    [undefined, { kind: 'values', dataset: '', column: '' }],
  ])('%j', (saved, read) => {
    expect(readVariableQuery(saved)).toMatchObject(read);
  });

  it('is told in one line', () => {
    expect(variableText({ refId: 'v', kind: 'values', dataset: 'contacts', column: 'queue' })).toBe(
      'Values of queue in contacts'
    );
    expect(variableText({ refId: 'v', kind: 'sql', sql: 'SELECT\n 1' })).toBe('SELECT 1');
  });
});

it('a variable asks as a table, and not at all where it says nothing', async () => {
  const source = datasource();
  const asked: Array<DataQueryRequest<VariableQuery>> = [];
  source.query = (request) => {
    asked.push(request as DataQueryRequest<VariableQuery>);
    return of({ data: [] });
  };
  const targets = [{ kind: 'values', dataset: 'contacts', column: 'queue' }, 'SELECT 1', ''] as never[];
  await lastValueFrom(new VariableSupport(source).query({ targets } as never));
  expect(asked[0]!.targets).toEqual([
    { refId: 'variable', kind: 'values', dataset: 'contacts', column: 'queue', format: 'table' },
    { refId: 'variable', kind: 'sql', route: 'auto', sql: 'SELECT 1', format: 'table' },
  ]);
});

it('the editor tells Grafana the query and its definition', async () => {
  serve({
    datasets: () => [
      {
        name: 'contacts',
        realtime: true,
        historical: true,
        columns: [{ name: 'queue', type: 'text', realtime: true, historical: true }],
      },
    ],
    macros: () => [],
  });
  const told: unknown[][] = [];
  const source = datasource();
  function Editor() {
    const [query, setQuery] = useState<VariableQuery>({ refId: 'v', kind: 'values', dataset: '', column: '' });
    const onChange = (...values: unknown[]) => {
      told.push(values);
      setQuery(values[0] as VariableQuery);
    };
    return <VariableEditor datasource={source} query={query} onChange={onChange} onRunQuery={() => undefined} />;
  }
  await renderInPlugin(<Editor />);
  await user.click(screen.getByLabelText('Dataset'));
  await user.click(await screen.findByRole('option', { name: 'contacts' }));
  await user.click(screen.getByLabelText('Column'));
  await user.click(await screen.findByRole('option', { name: 'queue' }));
  expect(told.at(-1)).toEqual([
    { refId: 'v', kind: 'values', dataset: 'contacts', column: 'queue' },
    'Values of queue in contacts',
  ]);
});
