import { templateService } from '../../tests/templates';
import { interpolate, type VariableValue } from '../sql/interpolate';
import type { BuilderFilter, BuilderState, Dataset } from '../types';
import { readSql } from './read';
import { orderable, startingState, tidy, toBuilder, toSql, withDataset } from './state';
import { measureName, writeSql } from './write';

const everything: BuilderState = {
  dataset: 'contacts',
  measures: [
    { aggregate: 'count', alias: 'contacts' },
    { aggregate: 'count_if', column: 'handled' },
    { aggregate: 'distinct', column: 'agent' },
    { aggregate: 'avg', column: 'queue_duration', alias: 'ASA in "s"' },
    { aggregate: 'percentile', column: 'queue_duration', percentile: 0.99 },
  ],
  groupBy: ['queue', 'order'],
  bucket: '1h',
  filters: [
    { column: 'channel', operator: '=', values: ['VOICE'] },
    { column: 'queue', operator: 'in', values: ["O'Brien", '$queue'] },
    { column: 'queue_duration', operator: '>=', values: ['-1.5'], type: 'double' },
    { column: 'queue_duration', operator: 'not in', values: ['1', '2'], type: 'double' },
    { column: 'holds', operator: '!=', values: ['$holds'], type: 'double' },
    { column: 'handled', operator: '=', values: ['true'], type: 'boolean' },
    { column: 'enqueued_at', operator: '<', values: ['2026-01-01T00:00:00Z'], type: 'timestamp' },
    { column: 'agent', operator: 'is not null', values: [] },
  ],
  orderBy: [
    { by: 'time', descending: false },
    { by: 'contacts', descending: true },
  ],
  limit: 500,
};

describe('writing', () => {
  it('draws something at once', () => {
    expect(writeSql(startingState())).toBe(
      'SELECT\n  $__timeGroup(auto) AS time,\n  queue,\n  count(*) AS contacts\nFROM $__dataset(contacts)\nGROUP BY 1, 2\nORDER BY time'
    );
  });

  it('leaves out what is still being filled in', () => {
    const started = startingState();
    const half: BuilderState = {
      ...started,
      measures: [...started.measures, { aggregate: 'sum' }],
      groupBy: [...started.groupBy, ''],
      filters: [{ column: '', operator: '=', values: [] }],
    };
    expect(writeSql(half)).toBe(writeSql(started));
    expect(orderable(half)).toEqual(orderable(started));
    expect(writeSql({ ...half, measures: [], groupBy: [''], bucket: 'none', orderBy: [] })).toMatch(/^SELECT\s+\*/);
  });

  it('writes every choice', () => {
    expect(writeSql(everything)).toBe(
      [
        'SELECT',
        '  $__timeGroup(1h) AS time,',
        '  queue,',
        '  "order",',
        '  count(*) AS contacts,',
        '  count_if(handled) AS count_if_handled,',
        '  $__distinct(agent) AS distinct_agent,',
        '  avg(queue_duration) AS "ASA in ""s""",',
        '  $__percentile(queue_duration, 0.99) AS p99_queue_duration',
        'FROM $__dataset(contacts)',
        "WHERE channel = 'VOICE'",
        "  AND queue IN ('O''Brien', '$queue')",
        '  AND queue_duration >= -1.5',
        '  AND queue_duration NOT IN (1, 2)',
        '  AND holds NOT IN ($holds)',
        '  AND handled = true',
        "  AND enqueued_at < from_iso8601_timestamp('2026-01-01T00:00:00Z')",
        '  AND agent IS NOT NULL',
        'GROUP BY 1, 2, 3',
        'ORDER BY time, contacts DESC',
        'LIMIT 500',
      ].join('\n')
    );
  });

  it('lists rows where nothing is measured', () => {
    const rows = { ...startingState(), measures: [], groupBy: ['time', 'queue'], bucket: 'none' };
    expect(writeSql(rows)).toBe('SELECT\n  time,\n  queue\nFROM $__dataset(contacts)\nORDER BY time');
    expect(writeSql({ ...rows, groupBy: [] })).toContain('SELECT\n  *');
  });

  it('leaves out filters that are still being filled in', () => {
    const half: BuilderState = {
      ...startingState(),
      filters: [
        { column: '', operator: '=', values: ['x'] },
        { column: 'queue', operator: '=', values: [] },
        { column: 'queue', operator: 'in', values: [] },
      ],
    };
    expect(writeSql(half)).not.toContain('WHERE');
  });

  it('cannot be talked out of a literal', () => {
    const filters: BuilderState['filters'] = [
      { column: 'holds', operator: '=', values: ['1 OR true'], type: 'integer' },
      { column: 'handled', operator: '=', values: ['true OR 1 = 1'], type: 'boolean' },
      { column: 'a" OR "b', operator: '=', values: ["' OR '"] },
    ];
    expect(writeSql({ ...startingState(), filters })).toContain(
      "WHERE holds = '1 OR true'\n  AND handled = 'true OR 1 = 1'\n  AND \"a\"\" OR \"\"b\" = ''' OR '''"
    );
  });

  it('names measures', () => {
    expect(measureName({ aggregate: 'count' })).toBe('count');
    expect(measureName({ aggregate: 'percentile', column: 'wait', percentile: 0.999 })).toBe('p99_9_wait');
    expect(measureName({ aggregate: 'sum', column: '${column}' })).toBe('sum_column');
  });
});

describe('reading', () => {
  it.each([
    ['everything', everything],
    ['the start', startingState()],
    ['rows', { ...startingState(), measures: [], groupBy: ['time', 'queue'], bucket: 'none' }],
    ['all columns', { ...startingState(), measures: [], groupBy: [], bucket: 'none', orderBy: [] }],
    ['a total', { ...startingState(), groupBy: [], bucket: 'none', orderBy: [], limit: 1 }],
    ['variables', { ...startingState(), dataset: '$dataset', groupBy: ['${column}'] }],
    [
      'filters by variables',
      {
        ...startingState(),
        filters: [
          { column: 'queue', operator: '=', values: ['$queue'] },
          { column: '$column', operator: '!=', values: ['${queue}'] },
          { column: 'queue', operator: '=', values: ['a $queue'] },
          { column: 'queue', operator: '<', values: ['$queue'] },
          { column: 'handled', operator: '=', values: ['$handled'], type: 'boolean' },
          { column: 'handled', operator: '!=', values: ['x$handled'], type: 'boolean' },
          { column: 'enqueued_at', operator: '=', values: ['$then'], type: 'timestamp' },
        ],
      } satisfies BuilderState,
    ],
  ])('takes back what was written: %s', (_name, state) => {
    expect(readSql(writeSql(state))).toEqual(state);
  });

  it('does not mind blanks, case and a semicolon', () => {
    const sql = 'select queue, COUNT(*) as contacts from $__dataset(contacts) group by 1 order by contacts desc;';
    expect(readSql(sql)).toEqual({
      dataset: 'contacts',
      measures: [{ aggregate: 'count', alias: 'contacts' }],
      groupBy: ['queue'],
      bucket: 'none',
      filters: [],
      orderBy: [{ by: 'contacts', descending: true }],
    });
  });

  it.each([
    ['a comment', 'SELECT queue FROM $__dataset(contacts) -- why'],
    ['a join', 'SELECT queue FROM $__dataset(contacts) JOIN x ON true'],
    ['a native table', 'SELECT queue FROM contacts'],
    ['OR', "SELECT queue FROM $__dataset(contacts) WHERE a = 'b' OR c = 'd'"],
    ['HAVING', 'SELECT queue, count(*) AS count FROM $__dataset(contacts) GROUP BY 1 HAVING count(*) > 1'],
    ['an expression', 'SELECT count(*) * 2 AS double FROM $__dataset(contacts)'],
    ['a measure without a name', 'SELECT count(*) FROM $__dataset(contacts)'],
    ['a group that is not all columns', 'SELECT queue, agent, count(*) AS count FROM $__dataset(contacts) GROUP BY 1'],
    [
      'a bucket that is not first',
      'SELECT queue, $__timeGroup(1h) AS time, count(*) AS n FROM $__dataset(c) GROUP BY 1, 2',
    ],
    ['an unfinished statement', 'SELECT queue FROM'],
    ['an open string', "SELECT queue FROM $__dataset(contacts) WHERE a = 'b"],
    ['mixed values', "SELECT queue FROM $__dataset(contacts) WHERE a IN (1, 'b')"],
    ['a CTE', 'WITH x AS (SELECT 1) SELECT * FROM x'],
    ['nothing', ''],
  ])('does not take %s', (_name, sql) => {
    expect(readSql(sql)).toBeUndefined();
  });
});

describe('variables, once they are put in', () => {
  const put = (state: Partial<BuilderState>, values: Record<string, VariableValue>) =>
    interpolate(writeSql({ ...startingState(), orderBy: [], ...state }), (variable, format) =>
      templateService(values).replace(variable, {}, format)
    );
  const where = (filter: BuilderFilter, values: Record<string, VariableValue>) =>
    /WHERE (.*)/.exec(put({ filters: [filter] }, values))?.[1];

  it('name columns and datasets', () => {
    const state: Partial<BuilderState> = {
      dataset: '$ds',
      groupBy: ['$col'],
      measures: [{ aggregate: 'distinct', column: '${of}' }],
      filters: [{ column: '$col', operator: 'is not null', values: [] }],
      orderBy: [{ by: '$col', descending: true }],
    };
    expect(put(state, { ds: 'contacts', col: 'agent', of: 'my "queue"' })).toBe(
      [
        'SELECT',
        '  $__timeGroup(auto) AS time,',
        '  "agent",',
        '  $__distinct("my ""queue""") AS distinct_of',
        'FROM $__dataset(contacts)',
        'WHERE "agent" IS NOT NULL',
        'GROUP BY 1, 2',
        'ORDER BY "agent" DESC',
      ].join('\n')
    );
  });

  it.each<[BuilderFilter, VariableValue, string]>([
    [{ column: 'queue', operator: '=', values: ['$v'] }, ['a', "b'c"], "queue IN ('a', 'b''c')"],
    [{ column: 'queue', operator: '!=', values: ['$v'] }, 'a', "queue NOT IN ('a')"],
    [{ column: 'holds', operator: '=', values: ['$v'], type: 'integer' }, ['1', '2'], 'holds IN (1, 2)'],
    [
      { column: 'handled', operator: '=', values: ['$v'], type: 'boolean' },
      'true',
      "CAST(handled AS varchar) IN ('true')",
    ],
    [{ column: '$v', operator: '=', values: ['$v'] }, 'a', '"a" IN (\'a\')'],
  ])('compare: %j with %j', (filter, value, expected) => {
    expect(where(filter, { v: value })).toBe(expected);
  });
});

describe('switching editors', () => {
  const built = { refId: 'A', editorMode: 'builder' as const, builder: everything, sql: writeSql(everything) };

  it('goes to SQL and back without loss, types of columns included', () => {
    const state: BuilderState = {
      ...everything,
      filters: [{ column: 'holds', operator: '=', values: ['1'], type: 'integer' }],
    };
    const sql = toSql({ ...built, builder: state });
    expect(sql).toMatchObject({ editorMode: 'sql', sql: writeSql(state) });
    expect(toBuilder(sql)).toMatchObject({ safe: true, query: { editorMode: 'builder', builder: state } });
  });

  it('reads edited SQL where the builder can show it, and keeps types', () => {
    const edited = { ...toSql(built), sql: writeSql({ ...everything, limit: 7 }) };
    expect(toBuilder(edited)).toMatchObject({ safe: true, query: { builder: { limit: 7 } } });
  });

  it('knows that one variable was chosen as a list', () => {
    const filters: BuilderFilter[] = [{ column: 'queue', operator: 'in', values: ['$queue'] }];
    const sql = toSql({ ...built, builder: { ...everything, filters } });
    const edited = { ...sql, sql: writeSql({ ...everything, filters, limit: 7 }) };
    expect(toBuilder(edited).query.builder).toMatchObject({ filters, limit: 7 });
  });

  it('asks before SQL would be lost', () => {
    const edited = { ...toSql(built), sql: `${built.sql} -- mine` };
    expect(toBuilder(edited)).toMatchObject({ safe: false, query: { sql: built.sql, editorMode: 'builder' } });
  });

  it('starts anew where there is no SQL', () => {
    expect(toBuilder({ refId: 'A', sql: ' ' })).toMatchObject({ safe: true, query: { builder: startingState() } });
  });
});

describe('changing the state', () => {
  const events: Dataset = {
    name: 'contact_events',
    realtime: true,
    historical: true,
    columns: ['time', 'queue', 'channel'].map((name) => ({ name, type: 'text', realtime: true, historical: true })),
  };

  it('keeps what another dataset has', () => {
    const state = withDataset(everything, events);
    expect(state).toMatchObject({
      dataset: 'contact_events',
      measures: [{ aggregate: 'count', alias: 'contacts' }],
      groupBy: ['queue'],
      orderBy: everything.orderBy,
    });
    expect(state.filters.map(({ column }) => column)).toEqual(['channel', 'queue']);
  });

  it('always measures something where something was measured', () => {
    const state = withDataset({ ...startingState(), measures: [{ aggregate: 'sum', column: 'gone' }] }, events);
    expect(state.measures).toEqual([{ aggregate: 'count' }]);
  });

  it('orders only by what is there', () => {
    expect(orderable(startingState())).toEqual(['time', 'queue', 'contacts']);
    expect(tidy({ ...startingState(), bucket: 'none' }).orderBy).toEqual([]);
    expect(tidy({ ...startingState(), measures: [] })).toMatchObject({ bucket: 'none', orderBy: [{ by: 'time' }] });
  });
});
