import {
  createDataFrame,
  FieldType,
  type DataFrame,
  type DataQueryRequest,
  type DataSourceInstanceSettings,
} from '@grafana/data';
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
    ['SELECT 1', { kind: 'sql', route: 'realtime', sql: 'SELECT 1' }],
    ['SELECT a FROM $__dataset(contacts)', { kind: 'sql', route: 'auto' }],
    ['SELECT 1 -- $__dataset(contacts)', { kind: 'sql', route: 'realtime' }],
    [
      { kind: 'values', dataset: 'contacts', column: 'queue' },
      { kind: 'values', dataset: 'contacts', column: 'queue' },
    ],
    [{ rawSQL: 'SELECT 2' }, { kind: 'sql', route: 'historical', sql: 'SELECT 2', format: 'table' }],
    [{ rawQuery: 'SELECT 3' }, { kind: 'sql', route: 'realtime', sql: 'SELECT 3' }],
    [{ query: 'SELECT 4' }, { kind: 'sql', route: 'realtime', sql: 'SELECT 4' }],
    [{ query: 'SELECT a FROM $__dataset(contacts)' }, { kind: 'sql', route: 'auto' }],
    [{ rawQuery: 'x', database: '${db}' }, { database: '${db}' }],
    [undefined, { kind: 'values', dataset: '', column: '' }],
  ])('%j', (saved, read) => {
    expect(readVariableQuery(saved, ['db'])).toMatchObject(read);
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
    { refId: 'variable', kind: 'sql', route: 'realtime', sql: 'SELECT 1', format: 'table' },
  ]);
});

describe('what a variable finds is text, which is all that Grafana takes', () => {
  type Fields = Array<[string, FieldType, unknown[]]>;
  const find = async (fields: Fields) => {
    const source = datasource();
    const frame = createDataFrame({ fields: fields.map(([name, type, values]) => ({ name, type, values })) });
    source.query = () => of({ data: [frame] });
    const found = await lastValueFrom(new VariableSupport(source).query({ targets: [] } as never));
    return (found.data[0] as DataFrame).fields.map(({ name, type, values }) => [name, type, [...values]]);
  };
  const { string, number, boolean, time } = FieldType;

  it.each<[string, Fields, Fields]>([
    ['booleans', [['value', boolean, [false, null, true]]], [['value', string, ['false', null, 'true']]]],
    ['numbers', [['holds', number, [1, 2.5]]], [['holds', string, ['1', '2.5']]]],
    ['times', [['at', time, [0]]], [['at', string, ['1970-01-01T00:00:00.000Z']]]],
    [
      'pairs',
      [
        ['value', number, [7]],
        ['text', string, ['Seven']],
      ],
      [
        ['value', string, ['7']],
        ['text', string, ['Seven']],
      ],
    ],
    [
      'text beside what is not',
      [
        ['id', number, [7]],
        ['name', string, ['Seven']],
      ],
      [
        ['id', number, [7]],
        ['name', string, ['Seven']],
      ],
    ],
  ])('%s', async (_name, fields, expected) => {
    expect(await find(fields)).toEqual(expected);
  });
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
