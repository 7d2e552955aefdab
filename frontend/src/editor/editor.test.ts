import type { DataFrame } from '@grafana/data';

import { knowledge, macro } from '../../tests/sql';
import { complete } from './completion';
import { formatSql } from './format';
import type { Knowledge } from './knowledge';
import { outcomes, outcomeText } from './outcome';
import { problems } from './problems';

/** What is offered where `|` stands. */
function offered(sql: string, more: Partial<Knowledge> = {}) {
  const offset = sql.indexOf('|');
  const completion = complete(sql.replace('|', ''), offset, { ...knowledge, ...more });
  return { ...completion, labels: completion.suggestions.map(({ label }) => label) };
}

describe('completion', () => {
  it('begins a statement', () => {
    expect(offered('|').labels).toEqual(['SELECT', 'WITH']);
  });

  it('offers datasets after FROM and within $__dataset', () => {
    expect(offered('SELECT * FROM |').labels).toEqual(['$__dataset(contacts)', '$__dataset(agent_events)']);
    expect(offered('SELECT * FROM $__dataset(|').labels).toEqual(['contacts', 'agent_events']);
    expect(offered('SELECT * FROM $__dataset(con|)').from).toBe('SELECT * FROM $__dataset('.length);
  });

  it('offers the columns of the datasets that are read, even when they come later', () => {
    const { labels, suggestions } = offered('SELECT | FROM $__dataset(contacts)');
    expect(labels.slice(0, 3)).toEqual(['time', 'queue', 'order']);
    expect(labels).not.toContain('activity');
    expect(suggestions.find(({ label }) => label === 'order')?.insert).toBe('"order"');
    expect(offered('SELECT |').labels).toContain('activity');
    expect(offered('SELECT | FROM $__dataset( agent_events )').labels.slice(0, 3)).toEqual([
      'time',
      'activity',
      'count',
    ]);
  });

  it('offers functions and macros of the leg, or of both', () => {
    const on = (route: Knowledge['route']) => offered('SELECT |', { route }).labels;
    expect(on('realtime')).toEqual(expect.arrayContaining(['bin', 'count', '$__now_ms']));
    expect(on('historical')).toEqual(expect.arrayContaining(['from_unixtime', 'count']));
    expect(on('historical')).not.toContain('bin');
    expect(on('auto')).not.toContain('bin');
    expect(on('auto')).not.toContain('$__now_ms');
  });

  it('offers macros and variables after a dollar, in place of it', () => {
    const { labels, from, suggestions } = offered('SELECT $|');
    expect(labels).toEqual(['$__timeGroup', '$__timeFilter', '$queue']);
    expect(from).toBe('SELECT '.length);
    expect(suggestions.map(({ insert }) => insert)).toEqual(['\\$__timeGroup($0)', '\\$__timeFilter', '\\$queue']);
    expect(offered('SELECT $__time|').from).toBe('SELECT '.length);
  });

  it('offers widths to $__timeGroup', () => {
    expect(offered('SELECT $__timeGroup(|').labels.slice(0, 3)).toEqual(['auto', '1m', '5m']);
  });

  it.each(["SELECT 'a|", 'SELECT 1 -- a|', 'SELECT /* |', "SELECT '|"])('offers nothing in %j', (sql) => {
    expect(offered(sql).labels).toEqual([]);
  });

  it('goes on after a string and a comment', () => {
    expect(offered("SELECT 'a' |").labels).toContain('FROM');
    expect(offered('SELECT /* a */ |').labels).toContain('queue');
  });
});

describe('problems', () => {
  const marked = (sql: string, route: Knowledge['route'] = 'auto') =>
    problems(sql, knowledge.macros, route).map(({ from, to, message }) => [sql.slice(from, to), message]);

  it.each([
    'SELECT count(*), \'it\'\'s\', "a""b" FROM $__dataset(contacts) -- ( ',
    'SELECT $__timeGroup(5m), $queue, ${__user.login}, $__from(), arr[1] /* ) */',
    "SELECT ''''",
    '',
  ])('none in %j', (sql) => {
    expect(problems(sql, [...knowledge.macros, macro('dataset', ['realtime', 'historical'])], 'auto')).toEqual([]);
  });

  it.each([
    ['SELECT (1', '(', 'This ( is not closed.'],
    ['SELECT 1)', ')', 'Nothing is open that this ) closes.'],
    ['SELECT (1]', ']', 'Nothing is open that this ] closes.'],
    ["SELECT 'a''", "'a''", "This is not closed: add a ' where it ends."],
    ['SELECT "a', '"a', 'This is not closed: add a " where it ends.'],
    ['SELECT /* a', '/* a', 'This comment is not closed: add */ where it ends.'],
    ['SELECT $__timeGruop(5m)', '$__timeGruop', 'There is no macro $__timeGruop.'],
  ])('%j', (sql, text, message) => {
    expect(marked(sql)[0]).toEqual([text, message]);
  });

  it('of macros that the leg lacks', () => {
    expect(marked('SELECT $__now_ms', 'historical')).toEqual([
      ['$__now_ms', 'The macro $__now_ms does not exist on the historical leg.'],
    ]);
    expect(marked('SELECT $__now_ms', 'realtime')).toEqual([]);
  });

  it('nothing of macros while they are not known', () => {
    expect(problems('SELECT $__anything', [], 'auto')).toEqual([]);
  });
});

describe('formatting', () => {
  it('lays a statement out and keeps macros, widths and variables', async () => {
    const sql =
      "select $__timeGroup(5m) as time, queue, count(*) from $__dataset(contacts) where queue in ('$queue') and bin(time, 5m) > ago(1h) and x = ${y:csv} group by 1, 2 -- end";
    const formatted = await formatSql(sql);
    expect(formatted.split('\n').length).toBeGreaterThan(5);
    for (const kept of [
      '$__timeGroup(5m)',
      '$__dataset(contacts)',
      "('$queue')",
      'bin(time, 5m)',
      '${y:csv}',
      '-- end',
    ]) {
      expect(formatted).toContain(kept);
    }
  });

  it('leaves alone what it would change', async () => {
    const odd = "SELECT 'open";
    await expect(formatSql(odd).catch(() => odd)).resolves.toBe(odd);
  });
});

describe('what a run came to', () => {
  const frame = (meta: DataFrame['meta']) => ({ refId: 'A', fields: [], length: 0, meta }) as DataFrame;

  it('of one leg', () => {
    const [outcome] = outcomes(
      [
        frame({
          custom: {
            runs: [
              {
                ...{ leg: 'historical', region: 'eu-west-2', shared: false, reused: true },
                ...{ rows: 1204, elapsedMs: 1500, bytesScanned: 12e6, dollars: 0.00006 },
              },
            ],
          },
        }),
      ],
      'A'
    );
    expect(outcomeText(outcome!)).toBe(
      'Athena in eu-west-2: 1,204 rows, 1.5 s, 12.0 MB scanned, about $0.00006, from an earlier result'
    );
  });

  it('of both legs, told apart, slices added up', () => {
    const runs = [
      { leg: 'realtime', rows: 1, elapsedMs: 70, dollars: null },
      { leg: 'historical', rows: 2, elapsedMs: 900 },
      { leg: 'historical', rows: 3, elapsedMs: 800, reused: true },
    ];
    expect(outcomes([frame({ custom: { runs } })], 'A').map(outcomeText)).toEqual([
      'Timestream: 1 row, 70.0 ms',
      'Athena: 5 rows, 900.0 ms',
    ]);
  });

  it('that came in pages says why', () => {
    const runs = [
      { leg: 'historical', rows: 2, whyPages: null },
      { leg: 'historical', rows: 3, whyPages: 'S3 denies it.' },
    ];
    expect(outcomes([frame({ custom: { runs } })], 'A').map(outcomeText)).toEqual([
      'Athena: 5 rows; in pages of 1,000 rows and not from S3: S3 denies it.',
    ]);
  });

  it('of another query is not this one’s', () => {
    expect(outcomes([frame({ custom: { runs: [{ leg: 'realtime' }] } })], 'B')).toEqual([]);
    expect(outcomes([], 'A')).toEqual([]);
  });
});
