import { importQuery } from './import';

describe('queries of the official data sources', () => {
  it('Athena becomes historical', () => {
    expect(
      importQuery({
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
      } as never)
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
    expect(
      importQuery({ refId: 'A', rawQuery: 'SELECT 1', database: '"d"', table: '${table}', measure: 'm' } as never)
    ).toEqual({
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

  it.each([
    [{ rawSQL: 'x' }, 'time_series'],
    [{ rawSQL: 'x', format: 2 }, 'logs'],
    [{ rawQuery: 'x', format: 1 }, 'time_series'],
    [{ rawQuery: 'x', format: 'timeseries' }, 'time_series'],
  ])('%j keeps its format', (saved, format) => {
    expect(importQuery({ refId: 'A', ...saved } as never)?.format).toBe(format);
  });

  it('leaves other queries alone', () => {
    expect(importQuery({ refId: 'A' })).toBeUndefined();
    expect(importQuery({ refId: 'A', rawSQL: ' ' } as never)).toBeUndefined();
  });
});
