import type { DataQuery } from '@grafana/schema';

import { importQuery } from './import';

const imported = (saved: object, variables: string[] = []) => importQuery(saved as DataQuery, variables);

describe('queries of the official data sources', () => {
  it('Athena becomes historical', () => {
    expect(
      imported({
        refId: 'B',
        hide: true,
        rawSQL: 'SELECT 1 FROM $__table',
        format: 1,
        table: 'contacts',
        column: 'started',
        connectionArgs: {
          region: '__default',
          catalog: 'cat',
          database: '__default',
          resultReuseEnabled: true,
          resultReuseMaxAgeInMinutes: 15,
        },
        fillMode: { mode: 2, value: 3 },
      })
    ).toEqual({
      refId: 'B',
      hide: true,
      route: 'historical',
      importedFrom: 'historical',
      editorMode: 'sql',
      sql: 'SELECT 1 FROM $__table',
      format: 'table',
      fill: { mode: 'value', value: 3 },
      catalog: 'cat',
      table: 'contacts',
      column: 'started',
      resultReuse: { enabled: true, maxAgeMinutes: 15 },
    });
  });

  it('Timestream becomes real-time', () => {
    expect(imported({ refId: 'A', rawQuery: 'SELECT 1', database: '"d"', table: '${table}', measure: 'm' })).toEqual({
      refId: 'A',
      route: 'realtime',
      importedFrom: 'realtime',
      editorMode: 'sql',
      sql: 'SELECT 1',
      format: 'table',
      database: '"d"',
      measure: 'm',
    });
  });

  it('variables that there are were chosen, others never', () => {
    const saved = {
      rawSQL: 'x',
      table: '${table}',
      column: '$column',
      connectionArgs: { database: '${db}_live', catalog: '${gone}' },
    };
    const { table, column, database, catalog } = imported(saved, ['db', 'table']) ?? {};
    expect({ table, column, database, catalog }).toEqual({
      table: '${table}',
      column: '$column',
      database: '${db}_live',
      catalog: undefined,
    });
  });

  it.each([
    [{ rawSQL: 'x' }, 'time_series'],
    [{ rawSQL: 'x', format: 2 }, 'logs'],
    [{ rawQuery: 'x', format: 1 }, 'time_series'],
    [{ rawQuery: 'x', format: 'timeseries' }, 'time_series'],
  ])('%j keeps its format', (saved, format) => {
    expect(imported({ refId: 'A', ...saved })?.format).toBe(format);
  });

  it('leaves other queries alone', () => {
    expect(imported({ refId: 'A' })).toBeUndefined();
    expect(imported({ refId: 'A', rawSQL: ' ' })).toBeUndefined();
  });
});
