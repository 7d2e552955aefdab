import type { DataSourceInstanceSettings } from '@grafana/data';
import { screen } from '@testing-library/react';
import React from 'react';

import { renderInPlugin, user } from '../../tests/render';
import { templateService } from '../../tests/templates';
import { DataSource } from '../datasource';
import { PLUGIN_ID, type SwitchboardOptions, type SwitchboardQuery } from '../types';
import { CheatSheet } from './CheatSheet';

async function show(jsonData: SwitchboardOptions) {
  const instance = { id: 1, uid: 'u', type: PLUGIN_ID, name: 'S', jsonData, meta: {} };
  const datasource = new DataSource(
    instance as unknown as DataSourceInstanceSettings<SwitchboardOptions>,
    templateService({})
  );
  const clicked: SwitchboardQuery[] = [];
  const query: SwitchboardQuery = { refId: 'B', datasource: { uid: 'u' }, sql: 'SELECT mine' };
  await renderInPlugin(
    <CheatSheet datasource={datasource as never} query={query} onClickExample={(example) => clicked.push(example)} />
  );
  return clicked;
}

describe('query help', () => {
  it('runs an example in place of the query', async () => {
    const clicked = await show({ realtime: { database: 'connect' } });
    await user.click(screen.getByRole('button', { name: /^How long callers wait/ }));
    expect(clicked).toEqual([
      expect.objectContaining({ refId: 'B', datasource: { uid: 'u' }, editorMode: 'sql', format: 'time_series' }),
    ]);
    expect(clicked[0]!.sql).toContain('$__dataset(contacts)');
  });

  it('shows only what there is', async () => {
    const clicked = await show({ datasets: [{ name: 'mine', columns: [{ name: 'site', type: 'text' }] }] });
    for (const example of screen.getAllByRole('button')) {
      await user.click(example);
    }
    expect(clicked.map(({ sql, kind }) => kind ?? /\$__dataset\((\w+)\)/.exec(sql!)?.[1])).toEqual([
      'mine',
      'activity',
    ]);
  });
});
