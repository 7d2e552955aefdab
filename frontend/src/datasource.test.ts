import { CoreApp, dateTime, type DataSourceInstanceSettings } from '@grafana/data';
import { setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { of, throwError } from 'rxjs';

import { templateService } from '../tests/templates';
import { defaultDataset } from './builder/start';
import { DataSource } from './datasource';
import type { VariableValue } from './sql/interpolate';
import { startingState } from './builder/state';
import { writeSql } from './builder/write';
import { FILTER_OPERATORS, PLUGIN_ID, type SwitchboardOptions, type SwitchboardQuery } from './types';

function datasource(values: Record<string, VariableValue> = {}, jsonData: SwitchboardOptions = {}) {
  const instance = { id: 1, uid: 'u', type: PLUGIN_ID, name: 'S', jsonData, meta: {} };
  return new DataSource(instance as unknown as DataSourceInstanceSettings<SwitchboardOptions>, templateService(values));
}

const query = (fields: Partial<SwitchboardQuery>): SwitchboardQuery => ({ refId: 'A', ...fields });

/** Answers every request by `answer`, and tells what was asked. */
function backend(answer: (request: BackendSrvRequest) => unknown) {
  const asked: BackendSrvRequest[] = [];
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      asked.push(request);
      const data = answer(request);
      return data instanceof Error ? throwError(() => data) : of({ data });
    },
  } as unknown as BackendSrv);
  return asked;
}

describe('preparing a query', () => {
  it('puts variables in and drops what only the editor reads', () => {
    const applied = datasource({ queue: "O'Brien", db: 'connect', n: '5' }).applyTemplateVariables(
      query({
        sql: "SELECT 1 WHERE queue = '$queue'",
        database: '$db',
        step: '${n}m',
        builder: startingState(),
        chosen: ['fill'],
      }),
      {}
    );
    expect(applied).toEqual({
      refId: 'A',
      sql: "SELECT 1 WHERE queue = 'O''Brien'",
      database: 'connect',
      step: '5m',
    });
  });

  it("puts variables into the official data sources' saved queries", () => {
    const saved = { refId: 'A', rawSQL: 'SELECT $a', rawQuery: "SELECT '$a'" } as SwitchboardQuery;
    expect(datasource({ a: "x'y" }).applyTemplateVariables(saved, {})).toMatchObject({
      rawSQL: "SELECT 'x''y'",
      rawQuery: "SELECT 'x''y'",
    });
  });

  it('adds the filters of the dashboard to its own, without half ones', () => {
    const own = { key: 'queue', operator: '=', value: '$queue' };
    const applied = datasource({ queue: "it's" }).applyTemplateVariables(query({ sql: 'x', adhocFilters: [own] }), {}, [
      { key: 'agent', operator: '=|', value: 'a', values: ['a', 'b'] },
      { key: '', operator: '=', value: 'x' },
      { key: 'agent', operator: '; DROP', value: 'x' },
    ]);
    expect(applied.adhocFilters).toEqual([
      { key: 'queue', operator: '=', value: "it's" },
      { key: 'agent', operator: '=|', value: 'a', values: ['a', 'b'] },
      // The backend refuses it by name.
      { key: 'agent', operator: '; DROP', value: 'x' },
    ]);
  });

  it.each(['=', '!=', '=|', '!=|', '=~', '!~', '<', '<=', '>', '>='])('passes on a filter by %s', (operator) => {
    const filter = { key: 'holds', operator, value: '1' };
    expect(datasource().applyTemplateVariables(query({ sql: 'x' }), {}, [filter]).adhocFilters).toEqual([filter]);
    expect(FILTER_OPERATORS).toContain(operator);
  });

  it("leaves out what Grafana puts among the filters and is none: grouping, and a cancelled choice of 'All'", () => {
    const applied = datasource().applyTemplateVariables(query({ sql: 'x' }), {}, [
      { key: 'queue', operator: 'groupBy', value: '' },
      { key: 'queue', operator: '=~', value: '.*', values: ['.*'] },
    ]);
    expect(applied).not.toHaveProperty('adhocFilters');
  });

  it('puts variables into all values of its own filters', () => {
    const own = { key: 'queue', operator: '=|', value: '$one', values: ['$one', '$several', 'x $one'] };
    const applied = datasource({ one: 'a', several: ['b', "c'd"] }).applyTemplateVariables(
      query({ sql: 'x', adhocFilters: [own] }),
      {}
    );
    expect(applied.adhocFilters).toEqual([{ ...own, value: 'a', values: ['a', 'b', "c'd", 'x a'] }]);
  });

  it('puts variables into what the official data sources save beside their SQL', () => {
    const connectionArgs = { database: '$db', catalog: '${cat}', region: '$region', resultReuseEnabled: true };
    const saved = { refId: 'A', rawSQL: 'x', table: '${t}', measure: '$m', connectionArgs } as SwitchboardQuery;
    const values = { db: 'connect', cat: 'glue', region: 'eu-west-2', t: 'contacts', m: 'holds' };
    expect(datasource(values).applyTemplateVariables(saved, {})).toEqual({
      refId: 'A',
      rawSQL: 'x',
      table: 'contacts',
      measure: 'holds',
      connectionArgs: { database: 'connect', catalog: 'glue', region: 'eu-west-2', resultReuseEnabled: true },
    });
    expect(connectionArgs.database).toBe('$db');
  });

  it('sends of a query about the data source itself only what it means', () => {
    const own = query({ kind: 'activity', column: 'dollars', sql: 'SELECT 1', fill: { mode: 'null' } });
    expect(datasource().applyTemplateVariables(own, {})).toEqual({ refId: 'A', kind: 'activity', column: 'dollars' });
  });

  it('does not run what holds no SQL', () => {
    const source = datasource();
    const runs = (fields: object) => source.filterQuery(fields as SwitchboardQuery);
    expect([{}, { sql: ' \n' }, { kind: 'values', dataset: 'contacts' }].map(runs)).toEqual([false, false, false]);
    expect(
      [
        { sql: 'x' },
        { rawSQL: 'x' },
        { rawSql: 'x' },
        { rawQuery: 'x' },
        { kind: 'values', dataset: 'd', column: 'c' },
      ].map(runs)
    ).toEqual([true, true, true, true, true]);
  });
});

describe('the default query', () => {
  const started = (settings: SwitchboardOptions) => datasource({}, settings).getDefaultQuery(CoreApp.Dashboard);

  it('draws contacts per interval by queue', () => {
    const query = started({ historical: { database: 'connect' } });
    expect(query).toMatchObject({ route: 'auto', format: 'time_series', editorMode: 'builder' });
    expect(query.fill).toEqual({ mode: 'value', value: 0 });
    expect(query.sql).toBe(writeSql(query.builder!));
    expect(query.sql).toContain('$__dataset(contacts)');
    expect(query.builder?.groupBy).toEqual(['queue']);
  });

  it('reads a dataset that is there', () => {
    expect(defaultDataset(undefined)).toBe('contacts');
    expect(defaultDataset(['contact_events', { template: 'contacts' }])).toBe('contacts');
    expect(defaultDataset([{ name: 'mine' }, 'contact_events'])).toBe('mine');
  });

  it.each([
    [{ name: 'mine', columns: [{ name: 'key', type: 'text' as const }] }, []],
    [{ name: 'mine', columns: [{ name: 'queue', type: 'text' as const }] }, ['queue']],
    [{ name: 'mine', template: 'contacts' }, ['queue']],
    [{ template: 'contacts', columns: [{ name: 'queue', type: 'text' as const, remove: true }] }, []],
  ])('groups by queue only where there is one: %j', (dataset, groupBy) => {
    expect(started({ datasets: [dataset] }).builder).toMatchObject({ groupBy });
  });

  it('asks the engine where there are no datasets', () => {
    expect(started({})).toMatchObject({ route: 'realtime', format: 'table', sql: 'SHOW DATABASES', editorMode: 'sql' });
    expect(started({ realtime: { enabled: false } })).toMatchObject({ route: 'historical', sql: 'SHOW DATABASES' });
    const records = started({ realtime: { database: 'connect', table: 'events' }, datasets: [] });
    expect(records).toMatchObject({ route: 'realtime', format: 'time_series', editorMode: 'sql' });
    expect(records.sql).toContain('"$__database"."$__table"');
  });
});

describe('filters by a click', () => {
  const source = datasource();
  const action = (type: string, value: string) => ({ type, options: { key: 'queue', value } });
  const built = query(datasource({}, { datasets: ['contacts'] }).getDefaultQuery(CoreApp.Explore));
  const columns = { queue: 'text', queue_duration: 'double', handled: 'boolean', started_at: 'timestamp' };
  const listed = Object.entries(columns).map(([name, type]) => ({ name, type }));
  beforeEach(async () => {
    backend(() => [{ name: 'contacts', columns: listed }]);
    await source.datasets();
  });

  it('change the builder and its SQL', () => {
    const only = source.modifyQuery(built, action('ADD_FILTER', "O'Brien"));
    expect(only.sql).toContain("WHERE queue = 'O''Brien'");
    const without = source.modifyQuery(only, action('ADD_FILTER_OUT', "O'Brien"));
    expect(without.sql).toContain("WHERE queue != 'O''Brien'");
  });

  it.each([
    ['queue_duration', '12', 'queue_duration = 12'],
    ['handled', 'true', 'handled = true'],
    ['queue', '12', "queue = '12'"],
  ])("are written by the column's type: %s is %s", (key, value, condition) => {
    const only = source.modifyQuery(built, { type: 'ADD_FILTER', options: { key, value } });
    expect(only.sql).toContain(`WHERE ${condition}\n`);
    expect(only.adhocFilters).toBeUndefined();
  });

  it.each([
    ['gone', '12'],
    ['queue_duration', '12 s'],
    ['handled', 'Yes'],
    ['started_at', '2026-01-31 12:00:00'],
  ])('are left to the backend where the builder cannot write them: %s is %s', (key, value) => {
    const options = { key, value };
    const only = source.modifyQuery(built, { type: 'ADD_FILTER', options });
    expect(only).toMatchObject({ sql: built.sql, adhocFilters: [{ key, operator: '=', value }] });
    expect(source.queryHasFilter(only, options)).toBe(true);
    const without = source.modifyQuery(only, { type: 'ADD_FILTER_OUT', options });
    expect(without.adhocFilters).toEqual([{ key, operator: '!=', value }]);
    const off = source.toggleQueryFilter(without, { type: 'FILTER_OUT', options });
    expect(off).toEqual(built);
  });

  it('are left to the backend while no datasets were listed', () => {
    expect(datasource().modifyQuery(built, action('ADD_FILTER', 'x'))).toMatchObject({
      sql: built.sql,
      adhocFilters: [{ key: 'queue', operator: '=', value: 'x' }],
    });
  });

  it('go into the datasets of SQL that a person wrote', () => {
    const typed = query({ sql: 'SELECT 1', editorMode: 'sql' });
    expect(source.modifyQuery(typed, action('ADD_FILTER', 'x'))).toMatchObject({
      sql: 'SELECT 1',
      adhocFilters: [{ key: 'queue', operator: '=', value: 'x' }],
    });
  });

  it.each([
    ['built', built],
    ['typed', query({ sql: 'SELECT 1', editorMode: 'sql' })],
  ])('are switched off by a second click: %s', (_name, start) => {
    const filter = { type: 'FILTER_FOR' as const, options: { key: 'queue', value: 'x' } };
    const on = source.toggleQueryFilter(start, filter);
    expect(source.queryHasFilter(on, filter.options)).toBe(true);
    const off = source.toggleQueryFilter(on, filter);
    expect(source.queryHasFilter(off, filter.options)).toBe(false);
    expect(off.sql).toBe(start.sql);
  });

  it('leave a query about the data source itself alone', () => {
    const own = query({ kind: 'activity' });
    expect(source.modifyQuery(own, action('ADD_FILTER', 'x'))).toBe(own);
    expect(source.toggleQueryFilter(own, { type: 'FILTER_FOR', options: { key: 'queue', value: 'x' } })).toBe(own);
  });

  it('leave the query alone where they say nothing', () => {
    expect(source.modifyQuery(built, { type: 'ADD_FILTER' })).toBe(built);
    expect(source.modifyQuery(built, action('SOMETHING', 'x'))).toBe(built);
  });
});

describe('importing', () => {
  // Grafana calls it by this name, deprecated or not.
  const source = datasource() as { importQueries(queries: DataQuery[]): Promise<SwitchboardQuery[]> };

  it('keeps what is ours, converts what it knows, drops the rest', async () => {
    const ours = { refId: 'A', sql: 'x', datasource: { type: PLUGIN_ID } };
    const imported = await source.importQueries([ours, { refId: 'B', rawQuery: 'y' } as never, { refId: 'C' }]);
    expect(imported).toEqual([ours, expect.objectContaining({ refId: 'B', route: 'realtime', sql: 'y' })]);
  });
});

describe('asking the backend', () => {
  it('asks once for what does not change, and again after a failure', async () => {
    let isWell = false;
    const asked = backend(() => (isWell ? [{ name: 'contacts' }] : new Error('down')));
    const source = datasource();
    await expect(source.datasets()).rejects.toThrow('down');
    isWell = true;
    await Promise.all([source.datasets(), source.datasets()]);
    await expect(source.datasets()).resolves.toEqual([{ name: 'contacts' }]);
    expect(asked).toHaveLength(2);
  });

  it('asks for names with variables put in, and leaves out what is not given', async () => {
    const asked = backend(() => ['t']);
    await datasource({ db: 'connect' }).names('realtime/tables', { database: '$db', table: undefined });
    expect(asked[0]).toMatchObject({
      method: 'GET',
      url: '/api/datasources/uid/u/resources/realtime/tables',
      params: { database: 'connect' },
    });
  });

  it('explains a query as it would run', async () => {
    const asked = backend(() => ({ summary: '24 h: Timestream' }));
    const range = { from: dateTime(1000), to: dateTime(2000), raw: { from: 'now-1h', to: 'now' } };
    await datasource({ q: 'x' }).explain(query({ sql: 'SELECT $q' }), { range, intervalMs: 10, maxDataPoints: 5 });
    expect(asked[0]).toMatchObject({
      method: 'POST',
      data: {
        query: { sql: "SELECT 'x'" },
        range: { from: 1000, to: 2000 },
        intervalMs: 10,
        maxDataPoints: 5,
      },
    });
  });

  it('asks for tags with the range as the window', async () => {
    const asked = backend(() => [{ text: 'Billing' }]);
    const timeRange = { from: dateTime(1000), to: dateTime(2000), raw: { from: '', to: '' } };
    await datasource().getTagValues({ key: 'queue', filters: [], timeRange });
    expect(asked[0]).toMatchObject({ params: { key: 'queue', from: 1000, to: 2000 } });
  });
});
