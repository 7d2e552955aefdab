import { LoadingState, type PanelData } from '@grafana/data';

import type { SwitchboardQuery } from '../types';
import { faultOf } from './failure';
import { faultSpan } from './fault';

const TIMESTREAM = 'Timestream in eu-west-1 rejected the request: ';
const ATHENA = 'The query failed in Athena (eu-west-2): COLUMN_NOT_FOUND: ';

/** The text that is marked. */
const marked = (sql: string, message: string, slices?: Parameters<typeof faultSpan>[2]) => {
  const span = faultSpan(sql, message, slices);
  return span && sql.slice(span.from, span.to);
};

const place = (sql: string, message: string, slices?: Parameters<typeof faultSpan>[2]) =>
  faultSpan(sql, message, slices)?.from;

describe('a statement that the engine saw as it is', () => {
  it.each([
    ['SELECT chanel FROM t', "line 1:8: Column 'chanel' cannot be resolved.", 'chanel'],
    ['SELECT 1,\n  a.nope, nope FROM t', "line 2:3: Column 'a.nope' cannot be resolved.", 'a.nope'],
    ['SELECT * FROM "db"."t x"', "line 1:15: Table 'db.t x' does not exist", '"db"."t x"'],
    ['SELECT * FORM x', "line 1:10: mismatched input 'form'. Expecting: <EOF>.", 'FORM'],
    ['SELECT 1 FROM', "line 1:14: mismatched input '<EOF>'. Expecting: '('", 'FROM'],
    ['SELECT a = 1 FROM t', "line 1:10: '=' cannot be applied to varchar, integer", '='],
    // Columns count characters, not UTF-16.
    ["SELECT '😀😀', nope FROM t", "line 1:14: Column 'nope' cannot be resolved", 'nope'],
    ['SELECT 1,\r\n  nope\r\nFROM t', "line 2:3: Column 'nope' cannot be resolved", 'nope'],
    ['SELECT 1, nope', 'sql parser error: Expected: x at Line: 1, Column: 11', 'nope'],
  ])('%j', (sql, message, text) => {
    expect(marked(sql, TIMESTREAM + message)).toBe(text);
  });

  it.each([
    ['SELECT 1', 'line 7:1: no such line'],
    ['SELECT 1', 'line 1:80: no such column'],
    ['SELECT 1', 'line 0:0: nothing'],
    ['', 'line 1:1: empty'],
    ['SELECT 1', 'Something went wrong.'],
    ['SELECT 1', ''],
    ['SELECT 1', 'line 99999999999999999999:1: far'],
  ])('nothing in %j of %j', (sql, message) => {
    expect(faultSpan(sql, TIMESTREAM + message)).toBeUndefined();
  });
});

describe('a statement with macros', () => {
  const sql =
    "SELECT $__timeGroup(1h) AS time, 1.5 AS x,\n  nope FROM $__dataset(contacts)\nWHERE queue = '$queue' AND nope2 > 1;\n";
  const expanded =
    "SELECT date_trunc('hour', time) AS time, 1.5E0 AS x,\n  nope FROM (SELECT a AS \"time\", gone FROM c)\nWHERE queue = 'Billing and others' AND nope2 > 1\n";
  const slices = [
    { leg: 'realtime' as const, sql: 'SELECT something else' },
    { leg: 'historical' as const, sql: expanded },
  ];
  /** Where `text` is in the expanded statement, as engines say it. */
  const at = (text: string) => {
    const before = expanded.slice(0, expanded.indexOf(text)).split('\n');
    return `line ${before.length}:${before.at(-1)!.length + 1}: `;
  };

  it('is marked where its expansion has it', () => {
    expect(place(sql, `${ATHENA}${at('nope')}Column 'nope' cannot be resolved`, slices)).toBe(sql.indexOf('nope'));
    expect(marked(sql, `${ATHENA}${at('nope2')}'>' cannot be applied`, slices)).toBe('nope2');
    expect(marked(sql, `${ATHENA}${at('AS x')}whatever`, slices)).toBe('AS');
  });

  it('is marked at the macro whose expansion is wrong', () => {
    expect(marked(sql, `${ATHENA}${at('gone')}Column 'gone' cannot be resolved`, slices)).toBe('$__dataset(contacts)');
    expect(marked(sql, `${ATHENA}${at('date_trunc')}Function 'date_trunc' not registered`, slices)).toBe(
      '$__timeGroup(1h)'
    );
    expect(marked(sql, `${ATHENA}${at('1.5E0')}whatever`, slices)).toBe('1.5');
  });

  it('is marked by the name, on the nearest line, where the expansion is not known', () => {
    const twice = 'SELECT nope, $__now_ms\nFROM t\nWHERE x = 1 AND nope = nope';
    const said = (line: number) => `${TIMESTREAM}line ${line}:40: Column 'nope' cannot be resolved.`;
    expect(place(twice, said(1))).toBe(7);
    expect(place(twice, said(3))).toBe(twice.indexOf('nope = nope'));
    expect(place(twice, said(99))).toBe(twice.indexOf('nope = nope'));
    // The expansion of another statement is none of this one.
    expect(place(twice, said(1), [{ leg: 'realtime', sql: 'SELECT 1' }])).toBe(7);
  });

  it('is marked nowhere where that is not known', () => {
    const said = (words: string) => marked(sql, `${ATHENA}line 1:12: ${words}`);
    expect(said('whatever')).toBeUndefined();
    expect(said("Column 'unheard' cannot be resolved")).toBeUndefined();
    expect(marked("SELECT 'nope', $__now_ms", `${ATHENA}line 1:9: Column 'nope' cannot be resolved`)).toBeUndefined();
    expect(marked('SELECT a = b, c = d, $__now_ms', `${ATHENA}line 1:2: '=' cannot be applied`)).toBeUndefined();
  });

  it('is told of by another leg than the one that was asked', () => {
    expect(marked(sql, `${TIMESTREAM}${at('gone')}whatever`, slices)).toBeUndefined();
  });

  it('is told of ambiguously where one expansion could be two', () => {
    const same = 'SELECT $__a AND $__b';
    const said = [{ leg: 'realtime' as const, sql: 'SELECT x AND y AND z' }];
    expect(marked(same, `${TIMESTREAM}line 1:14: whatever`, said)).toBeUndefined();
    expect(marked(same, `${TIMESTREAM}line 1:8: whatever`, said)).toBe('$__a');
  });
});

describe('what the backend says itself', () => {
  const message = "The string that starts at line 1, column 18 is not closed: add a ' where it ends.";

  it('is about the statement with its macros', () => {
    expect(marked("SELECT $__now_ms 'abc", message)).toBe("'abc");
  });

  it('is not told where variables moved it', () => {
    expect(marked("SELECT $variable 'abc", message)).toBeUndefined();
    expect(marked("SELECT '$var' AS 'abc", message)).toBeUndefined();
  });

  it('names the text, but no place', () => {
    expect(marked('SELECT * FROM $__dataset(nowhere)', "There is no dataset 'nowhere'.")).toBeUndefined();
  });
});

it('an answer without a place is marked where only one place can be meant', () => {
  expect(marked('SELECT a, b FROM t', `${ATHENA}HIVE_BAD_DATA: Field 'b' is not a number`)).toBe('b');
  expect(marked('SELECT b, b FROM t', `${ATHENA}HIVE_BAD_DATA: Field 'b' is not a number`)).toBeUndefined();
  expect(marked('SELECT b FROM t', "Athena in eu-west-2 could not be reached: 'b'")).toBeUndefined();
});

describe('a run that failed', () => {
  const query = (sql: string) => ({ refId: 'A', sql }) as SwitchboardQuery;
  const data = (ran: object, more: Partial<PanelData> = {}) =>
    ({
      state: LoadingState.Error,
      errors: [{ refId: 'A', message: `${TIMESTREAM}line 1:8: Column 'x' cannot be resolved.` }],
      request: {
        targets: [
          { refId: 'B', sql: 'SELECT x' },
          { refId: 'A', ...ran },
        ],
      },
      ...more,
    }) as unknown as PanelData;

  it('is marked where what ran is shown', () => {
    expect(faultOf(query('SELECT x'), data({ sql: 'SELECT x' }), undefined)).toMatchObject({ from: 7, to: 8 });
    expect(faultOf(query('SELECT x'), data({ rawQuery: 'SELECT x' }), undefined)).toMatchObject({ from: 7, to: 8 });
  });

  it.each<[string, string, PanelData | undefined]>([
    ['the text has changed', 'SELECT x, y', data({ sql: 'SELECT x' })],
    ['it runs again', 'SELECT x', data({ sql: 'SELECT x' }, { state: LoadingState.Loading })],
    [
      'another query failed',
      'SELECT x',
      data({ sql: 'SELECT x' }, { errors: [{ refId: 'B', message: 'line 1:8: x' }] }),
    ],
    ['it is not known what ran', 'SELECT x', data({}, { request: undefined })],
    ['nothing ran', 'SELECT x', undefined],
  ])('is not marked where %s', (_, sql, panel) => {
    expect(faultOf(query(sql), panel, undefined)).toBeUndefined();
  });
});
