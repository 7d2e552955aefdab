import { readFileSync } from 'fs';
import path from 'path';

import { dataset, knowledge as base, macro, withTables } from '../../tests/sql';
import { callAt } from './calls';
import { hoverAt } from './hover';
import type { Knowledge } from './knowledge';
import { MACRO_WORDS } from './macroWords';

const BOTH = ['realtime', 'historical'] as const;

const knowledge: Knowledge = {
  ...base,
  datasets: [dataset('contacts', ['time', 'queue', 'wait'])],
  macros: [
    macro('dataset', [...BOTH], '$__dataset(name)'),
    {
      ...macro('timeGroup', [...BOTH], '$__timeGroup([column, ]interval[, zone])'),
      example: 'x',
    },
    macro('day', [...BOTH], '$__day[([column][, zone])]'),
    macro('timeFilter', [...BOTH], '$__timeFilter[(column)]'),
    macro('timeFilter', ['historical'], '$__timeFilter[(column[, format])]'),
    macro('now_ms', ['realtime'], '$__now_ms'),
  ],
};

/** The signature where `|` stands, the parameter that is being typed in angle brackets. */
function signature(sql: string, more: Partial<Knowledge> = {}) {
  const call = callAt(sql.replace('|', ''), sql.indexOf('|'), { ...knowledge, ...more });
  const place = call?.parameters[call.active];
  return call && place
    ? `${call.label.slice(0, place[0])}<${call.label.slice(...place)}>${call.label.slice(place[1])}`
    : call?.label;
}

describe('signatures', () => {
  it.each([
    ['SELECT round(|', 'round(<x>, digits)'],
    ['SELECT round(avg(a), |', 'round(x, <digits>)'],
    ['SELECT round(avg(|), 2)', 'avg(<x>)'],
    ['SELECT round((a + |', 'round(<x>, digits)'],
    ['SELECT ROUND(1, 2, 3, |', 'round(x, <digits>)'],
    ["SELECT concat('a, (b', |", 'concat(a, <b>)'],
    ["SELECT concat('a, |", 'concat(<a>, b)'],
    ['SELECT cast(x |', 'cast(<x AS type>)'],
    ['SELECT filter(a, |', 'filter(array, <x -> condition>)'],
    ['SELECT now(|)', 'now()'],
    ['SELECT $__timeGroup(| FROM $__dataset(contacts)', '$__timeGroup([column, ]<interval>[, zone])'],
    ['SELECT $__timeGroup(5m, |', '$__timeGroup([column, ]interval[, <zone>])'],
    ['SELECT $__timeGroup(queue, | FROM $__dataset(contacts)', '$__timeGroup([column, ]<interval>[, zone])'],
    ['SELECT $__day(|', '$__day[([<column>][, zone])]'],
    ["SELECT $__day('UTC|", '$__day[([column][, <zone>])]'],
  ])('%s', (sql, expected) => {
    expect(signature(sql)).toBe(expected);
  });

  it.each([
    'SELECT |',
    'SELECT round(1) |',
    'SELECT unknown(|',
    'SELECT $__unknown(|',
    'WHERE a IN (|',
    'SELECT round((SELECT |',
    'SELECT round( -- |',
    'round(; |',
    ')))|',
    '(|',
    '|',
  ])('none in %j', (sql) => {
    expect(signature(sql)).toBeUndefined();
  });

  it('are of the route and of what is read', () => {
    const route = 'historical';
    expect(signature('SELECT 1 FROM t WHERE $__timeFilter(|', { route })).toBe('$__timeFilter[(<column>[, format])]');
    expect(signature('SELECT 1 FROM $__dataset(contacts) WHERE $__timeFilter(|', { route })).toBe(
      '$__timeFilter[(<column>)]'
    );
  });
});

it('every macro is said in words', () => {
  const manual = readFileSync(path.resolve(__dirname, '../../../docs/macros.md'), 'utf8');
  const names = new Set([...manual.matchAll(/^\| `\$__(\w+)/gm)].map(([, name]) => name!));
  expect(names.size).toBeGreaterThan(20);
  expect([...names].filter((name) => !MACRO_WORDS[name])).toEqual([]);
  expect(Object.keys(MACRO_WORDS).filter((name) => !names.has(name))).toEqual([]);
});

describe('descriptions', () => {
  const hovered = (sql: string, more: Partial<Knowledge> = {}) => {
    const text = sql.replace('|', '');
    const { hover } = hoverAt(text, sql.indexOf('|'), { ...knowledge, ...more });
    return hover && [text.slice(hover.from, hover.to), hover.title, hover.text];
  };

  it.each([
    ['SELECT |round(1)', ['round', 'round(x, digits)', 'Rounded']],
    [
      'SELECT $__time|Group(5m)',
      ['$__timeGroup', '$__timeGroup([column, ]interval[, zone])', expect.stringMatching(/^The bucket .*\n\n`x`$/)],
    ],
    ['SELECT $__now|_ms', ['$__now_ms', '$__now_ms', expect.stringMatching(/since 1970\n\nOn Timestream\.$/)]],
    ['SELECT que|ue FROM $__dataset(contacts)', ['queue', 'queue text', 'Where it waited\n\nColumn of contacts']],
    ['SELECT c."wa|it" FROM $__dataset(contacts) c', ['"wait"', 'wait text, s', 'Column of contacts, Timestream only']],
  ])('%s', (sql, expected) => {
    expect(hovered(sql)).toEqual(expected);
  });

  it('of a dataset list its columns', () => {
    expect(hovered('FROM $__dataset(|contacts)')?.[2]).toBe(
      'About contacts\n\n`time` timestamp, `queue` text, `wait` text'
    );
  });

  it('of a table’s column say its type', () => {
    expect(hovered('SELECT r.que|ue FROM connect.contact_records r', { ...withTables(), route: 'realtime' })).toEqual([
      'queue',
      'queue',
      'varchar, Timestream',
    ]);
  });

  it('of a struct’s field too', () => {
    const sql = 'SELECT agent.user|name FROM connect.contact_records';
    expect(hovered(sql, { ...withTables(), route: 'historical' })?.[2]).toBe('string, Athena');
  });

  it.each([
    'SELECT| 1',
    'SELECT 1|',
    "SELECT 'que|ue' FROM $__dataset(contacts)",
    'SELECT 1 -- que|ue',
    'SELECT x.que|ue FROM $__dataset(contacts) c',
    'SELECT que|ue',
    'SELECT $que|ue',
    'FROM $__dataset(|nowhere)',
    'SELECT .|x',
    '|',
  ])('none in %j', (sql) => {
    expect(hovered(sql)).toBeUndefined();
  });
});
