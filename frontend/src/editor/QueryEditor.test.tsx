import { LoadingState, dateTime, type DataSourceInstanceSettings, type PanelData } from '@grafana/data';
import { screen, waitFor } from '@testing-library/react';
import React, { useState } from 'react';

import { serve, type Answers } from '../../tests/backend';
import { renderInPlugin, user } from '../../tests/render';
import { templateService } from '../../tests/templates';
import { startingState } from '../builder/state';
import { writeSql } from '../builder/write';
import { DataSource } from '../datasource';
import { PLUGIN_ID, type Explanation, type SwitchboardOptions, type SwitchboardQuery } from '../types';
import { badgeText } from './badge';
import { QueryEditor } from './QueryEditor';

// Monaco needs a real browser: here SQL is typed into a plain field.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  CodeEditor: ({
    value,
    onBlur,
    monacoOptions,
  }: {
    value: string;
    onBlur: (text: string) => void;
    monacoOptions: { ariaLabel: string };
  }) => (
    <textarea
      aria-label={monacoOptions.ariaLabel}
      defaultValue={value}
      onBlur={(event) => onBlur(event.target.value)}
    />
  ),
}));

const EXPLANATION: Explanation = {
  kind: 'buckets',
  reason: 'Grouped by the time bucket.',
  why: 'The range reaches over the boundary.',
  route: 'auto',
  boundary: { at: Date.UTC(2026, 0, 2, 14), why: 'Athena is complete until then.' },
  step: '1h',
  slices: [
    {
      leg: 'historical',
      region: 'eu-west-2',
      from: 0,
      to: 1,
      sql: 'SELECT old',
      partition: "year = '2026'",
      estimatedCost: 0.00005,
    },
    { leg: 'realtime', region: 'eu-west-1', from: 1, to: 2, sql: 'SELECT new', partition: null, estimatedCost: null },
  ],
  notices: [{ severity: 'info', text: 'All is well.' }],
  text: '',
  summary: '30 d: Athena until 14:00, Timestream since',
};

const ANSWERS: Answers = {
  datasets: () => [
    {
      name: 'contacts',
      realtime: true,
      historical: true,
      columns: [
        ['time', 'timestamp'],
        ['queue', 'text'],
        ['handled', 'boolean'],
        ['queue_duration', 'integer'],
      ].map(([name, type]) => ({ name, type, realtime: true, historical: true })),
    },
  ],
  macros: () => [],
  explain: () => EXPLANATION,
  'tag-values': () => [{ text: 'Billing' }, { text: "O'Brien" }],
};

const range = { from: dateTime(0), to: dateTime(1000), raw: { from: 'now-30d', to: 'now' } };

async function show(
  start: Partial<SwitchboardQuery>,
  answers: Answers = {},
  data?: Partial<PanelData>,
  jsonData: SwitchboardOptions = {}
) {
  const asked = serve({ ...ANSWERS, ...answers });
  const instance = { id: 1, uid: 'u', type: PLUGIN_ID, name: 'S', jsonData, meta: {} };
  const datasource = new DataSource(
    instance as unknown as DataSourceInstanceSettings<SwitchboardOptions>,
    templateService({})
  );
  let held: SwitchboardQuery = { refId: 'A', ...start };
  const run = jest.fn();
  function Editor() {
    const [query, setQuery] = useState(held);
    held = query;
    return (
      <QueryEditor
        datasource={datasource}
        query={query}
        range={range}
        data={data as PanelData}
        onChange={setQuery}
        onRunQuery={run}
      />
    );
  }
  await renderInPlugin(<Editor />);
  return { query: () => held, run, asked };
}

const built: Partial<SwitchboardQuery> = {
  route: 'auto',
  format: 'time_series',
  fill: { mode: 'value', value: 0 },
  editorMode: 'builder',
  builder: startingState(),
  sql: writeSql(startingState()),
};

async function choose(label: string | RegExp, option: string | RegExp) {
  await user.click(screen.getByLabelText(label));
  await user.click(await screen.findByRole('option', { name: option }));
}

describe('the builder', () => {
  it('measures, groups and filters, and writes the SQL', async () => {
    const { query, run, asked } = await show(built);
    await user.click(screen.getByRole('button', { name: 'Add measure' }));
    await choose('Aggregate of measure 2', 'Percentile');
    expect(query().builder?.measures[1]).toMatchObject({ aggregate: 'percentile', column: 'queue_duration' });
    await user.click(screen.getByRole('button', { name: 'Add filter' }));
    await choose('Column of filter 1', /^queue text/);
    await choose('Value of filter 1', "O'Brien");
    const values = asked.find(({ path }) => path === 'tag-values');
    expect(values?.parameters).toEqual({ key: 'contacts.queue', from: 0, to: 1000 });
    expect(query().sql).toBe(writeSql(query().builder!));
    expect(query().sql).toContain('$__percentile(queue_duration, 0.95) AS p95_queue_duration');
    expect(query().sql).toContain("WHERE queue = 'O''Brien'");
    expect(run).toHaveBeenCalled();
  });

  it('types a filter by its column', async () => {
    const { query } = await show(built);
    await user.click(screen.getByRole('button', { name: 'Add filter' }));
    await choose('Column of filter 1', /^handled/);
    await choose('Value of filter 1', 'true');
    expect(query().sql).toContain('WHERE handled = true');
  });

  it('can be taken from', async () => {
    const { query } = await show(built);
    await user.click(screen.getByRole('button', { name: 'Remove group 1' }));
    expect(query().builder?.groupBy).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Remove measure 1' }));
    expect(query().sql).toContain('SELECT\n  *');
  });

  it('says why there are no values to choose from', async () => {
    const filters = [
      { column: 'queue', operator: '=' as const, values: [] },
      { column: '', operator: '=' as const, values: [] },
    ];
    await show(
      { ...built, builder: { ...startingState(), filters } },
      {
        'tag-values': () => {
          throw { data: { message: 'The role may not run queries.' } };
        },
      }
    );
    await user.click(screen.getByLabelText('Value of filter 1'));
    expect(await screen.findByText(/type the value: The role may not run queries\./)).toBeVisible();
    await user.click(screen.getByLabelText('Value of filter 2'));
    expect(await screen.findByText(/^Choose a column first/)).toBeVisible();
  });

  it('says when datasets cannot be listed, and works on', async () => {
    const { query } = await show(built, {
      datasets: () => {
        throw { data: { message: 'Settings are wrong.' } };
      },
    });
    expect(await screen.findByText(/cannot be listed: Settings are wrong\./)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Remove group 1' }));
    expect(query().builder?.groupBy).toEqual([]);
  });
});

describe('what follows from the choices', () => {
  it.each(['Mean', 'Percentile', 'Least', 'Greatest'])('no bucket without rows has a %s of 0', async (aggregate) => {
    const { query } = await show(built);
    await choose('Aggregate of measure 1', aggregate);
    expect(query().fill).toEqual({ mode: 'null' });
    await choose('Aggregate of measure 1', 'Sum');
    expect(query().fill).toEqual({ mode: 'value', value: 0 });
  });

  it('a fill that somebody chose stays', async () => {
    const { query } = await show(built);
    await choose('Fill gaps with', 'The value before');
    await choose('Fill gaps with', 'A number');
    await choose('Aggregate of measure 1', 'Mean');
    expect(query().fill).toEqual({ mode: 'value', value: 0 });
  });

  it("the builder's 0 does not fill a mean that is written", async () => {
    const { query } = await show({ ...built, editorMode: 'sql' });
    const field = screen.getByRole('textbox', { name: 'SQL' });
    await user.type(field, ' -- counts');
    await user.tab();
    expect(query().fill).toEqual({ mode: 'value', value: 0 });
    await user.clear(field);
    await user.type(field, 'SELECT $__timeGroup(auto) AS time, avg(queue_duration)');
    await user.tab();
    expect(query()).toMatchObject({ fill: { mode: 'null' }, editorMode: 'sql' });
  });

  it('without time buckets it is a table, with them a time series', async () => {
    const { query } = await show(built);
    await choose('Time bucket', /^None/);
    expect(query().format).toBe('table');
    await choose('Time bucket', '1h');
    expect(query().format).toBe('time_series');
    await user.click(screen.getByRole('button', { name: 'Remove measure 1' }));
    expect(query()).toMatchObject({ format: 'table', builder: { measures: [] } });
  });

  it('a format that somebody chose stays', async () => {
    const { query } = await show(built);
    await choose('Format', 'Table');
    await choose('Format', 'Time series');
    await choose('Time bucket', /^None/);
    expect(query().format).toBe('time_series');
  });
});

describe('a query about the data source itself', () => {
  const saved = { kind: 'activity' as const, format: 'time_series' as const, column: 'failures', step: '1m' };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 800));

  it('opens as what it is, and nothing is explained', async () => {
    const { query, run, asked } = await show(saved);
    expect(screen.getByLabelText('Activity')).toBeChecked();
    expect(screen.queryByRole('textbox', { name: 'SQL' })).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Historical')).not.toBeInTheDocument();
    expect(screen.getByText(/What this data source ran/)).toBeVisible();
    await choose('Figure', /^Mean time/);
    expect(query()).toMatchObject({ ...saved, column: 'elapsed_ms' });
    await choose('Show', /^Each statement/);
    expect(query()).toMatchObject({ kind: 'activity', format: 'table' });
    expect(run).toHaveBeenCalledTimes(2);
    await pause();
    expect(asked.map(({ path }) => path)).not.toContain('explain');
  });

  it('is none any more when somebody turns to SQL or the builder', async () => {
    const { query } = await show(saved);
    await user.click(screen.getByLabelText('SQL', { selector: 'input' }));
    const field = screen.getByRole('textbox', { name: 'SQL' });
    await user.type(field, 'SELECT 1');
    await user.tab();
    expect(query()).toMatchObject({ editorMode: 'sql', sql: 'SELECT 1' });
    expect(Object.keys(query())).not.toEqual(expect.arrayContaining(['kind']));
    expect(query()).not.toHaveProperty('column');
  });

  it('keeps the SQL and the choices for when somebody comes back', async () => {
    const { query } = await show(built);
    await user.click(screen.getByLabelText('Activity'));
    expect(query()).toMatchObject({ kind: 'activity', route: 'auto' });
    await choose('Show', /^Each statement/);
    await user.click(screen.getByLabelText('Builder'));
    expect(query()).toMatchObject(built);
    expect(query()).not.toHaveProperty('kind');
  });

  it('keeps SQL that was written', async () => {
    const { query } = await show({ ...built, editorMode: 'sql', sql: 'SELECT 1 -- mine' });
    await user.click(screen.getByLabelText('Activity'));
    await user.click(screen.getByLabelText('SQL', { selector: 'input' }));
    expect(query()).toMatchObject({ editorMode: 'sql', sql: 'SELECT 1 -- mine' });
  });

  it('marks the boundary of a dataset that both legs have', async () => {
    const { query, asked } = await show({ kind: 'boundary' });
    expect(screen.getByLabelText('Boundary')).toBeChecked();
    await choose(/^Dataset/, /^contacts/);
    expect(query()).toMatchObject({ kind: 'boundary', table: 'contacts' });
    await pause();
    expect(asked.map(({ path }) => path)).not.toContain('explain');
    await user.click(screen.getByLabelText('Builder'));
    expect(query()).toMatchObject({ editorMode: 'builder', sql: built.sql });
    expect(query()).not.toHaveProperty('table');
  });
});

describe('the two editors', () => {
  it('SQL and back, nothing lost', async () => {
    const { query } = await show(built);
    await user.click(screen.getByLabelText('SQL', { selector: 'input' }));
    expect(screen.getByRole('textbox', { name: 'SQL' })).toHaveValue(built.sql);
    await user.click(screen.getByLabelText('Builder'));
    expect(query()).toMatchObject({ editorMode: 'builder', builder: startingState() });
  });

  it('asks before SQL would be lost', async () => {
    const { query } = await show({ ...built, editorMode: 'sql', sql: 'SELECT 1 -- mine' });
    await user.click(screen.getByLabelText('Builder'));
    await user.click(await screen.findByRole('button', { name: 'Keep the SQL' }));
    expect(query()).toMatchObject({ editorMode: 'sql', sql: 'SELECT 1 -- mine' });
    await user.click(screen.getByLabelText('Builder'));
    await user.click(await screen.findByRole('button', { name: 'Replace the SQL' }));
    expect(query()).toMatchObject({ editorMode: 'builder', sql: built.sql });
  });

  it('shows a query that an official data source saved, and says which leg it became', async () => {
    const { query } = await show({ rawQuery: 'SELECT 1', format: 1 } as never);
    expect(screen.getByText(/Imported from Timestream: .* real-time leg/)).toBeVisible();
    expect(screen.getByLabelText('Real-time')).toBeChecked();
    const field = screen.getByRole('textbox', { name: 'SQL' });
    await user.type(field, '23');
    await user.tab();
    expect(query()).toMatchObject({ route: 'realtime', sql: 'SELECT 123', format: 'time_series' });
    expect(query()).not.toHaveProperty('rawQuery');
  });
});

it('the builder starts with a dataset that is there', async () => {
  const datasets = [{ name: 'mine', columns: [{ name: 'site', type: 'text' as const }] }];
  const { query } = await show({ editorMode: 'sql', sql: '' }, {}, undefined, { datasets });
  await user.click(screen.getByLabelText('Builder'));
  expect(query().builder).toMatchObject({ dataset: 'mine', groupBy: [] });
  expect(query().sql).toContain('FROM $__dataset(mine)');
});

describe('the route', () => {
  it('says where the range goes, and why', async () => {
    const { query, run } = await show(built);
    await user.click(await screen.findByRole('button', { name: badgeText(EXPLANATION) }));
    expect(screen.getByText(/Grouped by the time bucket\./)).toBeVisible();
    expect(screen.getByText(/Athena is complete until then\./)).toBeVisible();
    expect(screen.getByText('The range reaches over the boundary.')).toBeVisible();
    // Each slice's statement is there when it is asked for.
    expect(screen.getByText('SELECT old')).not.toBeVisible();
    await user.click(screen.getByText(/^Athena in eu-west-2: /));
    expect(screen.getByText('SELECT old')).toBeVisible();
    expect(screen.getByText('All is well.')).toBeVisible();
    await user.click(screen.getByLabelText('Historical'));
    expect(query().route).toBe('historical');
    expect(run).toHaveBeenCalled();
  });

  it('says why one leg answers alone', async () => {
    const why = 'The whole range is within what Timestream keeps.';
    const alone = { ...EXPLANATION, boundary: null, slices: [EXPLANATION.slices[1]!], why };
    await show(built, { explain: () => alone });
    await user.click(await screen.findByRole('button', { name: badgeText(alone) }));
    expect(screen.getByText(why)).toBeVisible();
  });

  it('says why it is not known', async () => {
    await show(built, {
      explain: () => {
        throw { data: { message: 'There is no dataset contacts.' } };
      },
    });
    expect(await screen.findByText(/There is no dataset contacts\./)).toBeVisible();
  });

  it('is silent where the run failed of the same', async () => {
    const message = 'There is no dataset contacts.';
    const { asked } = await show(
      built,
      {
        explain: () => {
          throw { data: { message } };
        },
      },
      { state: LoadingState.Error, series: [], errors: [{ message, refId: 'A' }] }
    );
    await waitFor(() => expect(asked.some(({ path }) => path === 'explain')).toBe(true));
    await waitFor(() => expect(screen.queryByText('Working out the route')).not.toBeInTheDocument());
    expect(screen.getAllByText(/There is no dataset contacts\./)).toHaveLength(1);
  });

  it('is not asked where there is nothing to run', async () => {
    const { asked } = await show({ editorMode: 'sql', sql: ' ' });
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(asked.map(({ path }) => path)).not.toContain('explain');
    expect(screen.getByRole('button', { name: 'Run query' })).toBeDisabled();
  });
});

describe('the answer', () => {
  it('is told in figures', async () => {
    const meta = { custom: { runs: [{ leg: 'realtime', region: 'eu-west-1', rows: 2 }] } };
    await show(built, {}, { state: LoadingState.Done, series: [{ refId: 'A', fields: [], length: 0, meta }] });
    expect(screen.getByText('Timestream in eu-west-1: 2 rows')).toBeVisible();
  });

  it('is told as it failed', async () => {
    await show(
      built,
      {},
      { state: LoadingState.Error, series: [], errors: [{ refId: 'A', message: 'No such table.' }] }
    );
    expect(screen.getByText('No such table.')).toBeVisible();
  });
});

it('options take out what is back at its default', async () => {
  const { query } = await show(built);
  await choose('Fill gaps with', 'A number');
  expect(query().fill).toEqual({ mode: 'value', value: 0 });
  await choose('Fill gaps with', 'Nothing');
  expect(query()).not.toHaveProperty('fill');
});

it('every input has a label', async () => {
  await show({
    ...built,
    builder: { ...startingState(), filters: [{ column: 'queue', operator: 'in', values: ['a'] }], limit: 5 },
  });
  await waitFor(() => expect(document.querySelectorAll('input').length).toBeGreaterThan(12));
  const unnamed = [...document.querySelectorAll('input')].filter(
    (input) => !input.labels?.length && !input.getAttribute('aria-label') && !input.getAttribute('aria-labelledby')
  );
  expect(unnamed.map((input) => input.outerHTML)).toEqual([]);
});
