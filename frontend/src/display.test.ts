import { startingState } from './builder/state';
import { queryText } from './display';

describe('a query in one line', () => {
  it.each([
    [{ sql: 'SELECT\n  1' }, 'Auto: SELECT 1'],
    [{ route: 'historical' as const, sql: '' }, 'Historical: no SQL yet'],
    [{ rawQuery: 'SELECT 1' }, 'Real-time: SELECT 1'],
    [{ editorMode: 'builder' as const, builder: startingState() }, 'Auto: contacts of contacts per interval by queue'],
    [
      {
        editorMode: 'builder' as const,
        builder: {
          ...startingState(),
          measures: [],
          bucket: 'none',
          limit: 5,
          filters: [{ column: 'agent', operator: 'is null' as const, values: [] }],
        },
      },
      'Auto: rows of contacts with queue where agent is null first 5',
    ],
    [{ kind: 'activity' as const }, "Switchboard's own activity: each statement"],
    [
      { kind: 'activity' as const, format: 'time_series' as const, column: 'dollars' },
      "Switchboard's own activity: Dollars",
    ],
    [{ kind: 'boundary' as const }, 'Where the legs meet'],
    [
      { sql: 'SELECT 1', adhocFilters: [{ key: 'queue', operator: '=', value: "O'Brien" }] },
      "Auto: SELECT 1, queue = 'O''Brien'",
    ],
  ])('%j', (query, expected) => {
    expect(queryText({ refId: 'A', ...query })).toBe(expected);
  });
});
