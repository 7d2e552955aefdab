import { keyOf, knowledge, withTables } from '../../tests/sql';
import { complete } from './completion';
import type { Knowledge } from './knowledge';
import { readsOf } from './reads';
import { fieldsOf } from './structs';

/** What is offered where `|` stands. */
function offered(sql: string, known: Knowledge = withTables()) {
  const completion = complete(sql.replace('|', ''), sql.indexOf('|'), known);
  const { suggestions } = completion;
  const put = (label: string) => {
    const suggestion = suggestions.find((suggestion) => suggestion.label === label);
    return suggestion && sql.slice(0, completion.from) + suggestion.insert + sql.replace('|', '').slice(completion.to);
  };
  const details = Object.fromEntries(suggestions.map(({ label, detail }) => [label, detail]));
  return { ...completion, labels: suggestions.map(({ label }) => label), details, put };
}

const realtime = () => withTables({ route: 'realtime' });
const historical = () => withTables({ route: 'historical' });

describe('what a statement reads', () => {
  it.each([
    ['FROM a', [['a', undefined]]],
    [
      'FROM c.d.t AS x, "My-Db"."or""der" y WHERE 1',
      [
        ['c.d.t', 'x'],
        ['My-Db.or"der', 'y'],
      ],
    ],
    [
      'FROM $__dataset(contacts) c JOIN $__database.$__table ON 1',
      [
        ['contacts', 'c'],
        ['$__database.$__table', undefined],
      ],
    ],
    ['FROM a WHERE x IS DISTINCT FROM b', [['a', undefined]]],
    ['FROM (SELECT 1 FROM t u) v, UNNEST(x) AS w', [['t', 'u']]],
    ['WITH x AS (SELECT 1 FROM a), y AS (SELECT 2) SELECT * FROM x JOIN y', [['a', undefined]]],
    ["'FROM a' -- FROM b\n/* FROM c */", []],
    ['FROM', []],
    ['FROM a.', [['a.', undefined]]],
    ['FROM WHERE', []],
    ['FROM $__dataset(', []],
    ['FROM a GROUP BY 1', [['a', undefined]]],
  ])('%s', (sql, expected) => {
    const { sources } = readsOf(sql);
    expect(sources.map(({ dataset, path, alias }) => [dataset ?? path.join('.'), alias])).toEqual(expected);
  });
});

describe('tables', () => {
  it('come after datasets, with where they are', () => {
    const { labels, details } = offered('SELECT * FROM |');
    expect(labels.slice(0, 2)).toEqual(['$__dataset(contacts)', '$__dataset(agent_events)']);
    expect(details).toMatchObject({
      contact_records: 'table, Timestream and Athena',
      queue_metrics: 'table, Timestream',
      '2025 archive': 'table, Athena',
      'My-Db': 'database, Timestream',
      connect: 'database, Timestream and Athena',
    });
  });

  it('are of the route alone', () => {
    expect(offered('SELECT * FROM |', realtime()).labels).not.toContain('2025 archive');
    expect(offered('SELECT * FROM |', historical()).labels).not.toContain('queue_metrics');
    const known = historical();
    offered('SELECT * FROM connect.|', known);
    expect([...known.asked].filter((key) => key.startsWith('realtime'))).toEqual([]);
  });

  it.each([
    ['SELECT * FROM co|', 'contact_records', 'SELECT * FROM connect.contact_records'],
    ['SELECT * FROM |', '2025 archive', 'SELECT * FROM connect."2025 archive"'],
    ['SELECT * FROM | WHERE 1', 'My-Db', 'SELECT * FROM "My-Db". WHERE 1'],
    ['SELECT * FROM connect.|', 'queue_metrics', 'SELECT * FROM connect.queue_metrics'],
    ['SELECT * FROM "My-Db".|', 'order', 'SELECT * FROM "My-Db"."order"'],
    ['SELECT * FROM CONNECT.que|', 'queue_metrics', 'SELECT * FROM CONNECT.queue_metrics'],
    ['SELECT * FROM $__database.|', 'queue_metrics', 'SELECT * FROM $__database.queue_metrics'],
    ['SELECT * FROM AwsDataCatalog.connect.|', '2025 archive', 'SELECT * FROM AwsDataCatalog.connect."2025 archive"'],
    ['SELECT * FROM a, |', 'contact_records', 'SELECT * FROM a, connect.contact_records'],
    [
      'SELECT 1 FROM (SELECT 2 FROM a, connect.|',
      'contact_records',
      'SELECT 1 FROM (SELECT 2 FROM a, connect.contact_records',
    ],
    // The editor closes what it opens.
    ['SELECT * FROM "con|"', 'contact_records', 'SELECT * FROM "connect"."contact_records"'],
    ['SELECT * FROM "connect"."|"', 'queue_metrics', 'SELECT * FROM "connect"."queue_metrics"'],
    ['SELECT * FROM "connect"."que| WHERE', 'queue_metrics', 'SELECT * FROM "connect"."queue_metrics" WHERE'],
  ])('%s', (sql, label, expected) => {
    expect(offered(sql).put(label)).toBe(expected);
  });

  it('are quoted as Hive does where Athena asks it', () => {
    expect(offered('DESCRIBE |', historical()).put('2025 archive')).toBe('DESCRIBE connect.`2025 archive`');
  });

  it('of names given by WITH are offered, and asked nobody for', () => {
    expect(offered('WITH busy AS (SELECT 1) SELECT * FROM |').put('busy')).toMatch(/FROM busy$/);
  });

  it('are asked for only in databases, columns only of tables that there are', () => {
    const known = withTables();
    offered('SELECT | FROM conn.contact_rec', known);
    expect([...known.asked].filter((key) => /tables|columns/.test(key))).toEqual([]);
    const { needs } = offered('SELECT | FROM connect.contact_rec', { ...known, listed: () => undefined });
    expect(needs.map(keyOf)).toEqual(['realtime/databases?', 'historical/databases?catalog=AwsDataCatalog']);
  });

  it('are not asked for where no leg is known', () => {
    expect(offered('SELECT * FROM connect.|', knowledge)).toMatchObject({ labels: [], needs: [] });
  });
});

const ATHENA = ['queue', 'group', 'agent'];

describe('columns of tables', () => {
  it('come with types and legs', () => {
    expect(offered('SELECT | FROM connect.contact_records').details).toMatchObject({
      queue: 'Timestream varchar, Athena string',
      agent: 'struct<…>, Athena',
      time: 'timestamp, Timestream',
      group: 'string, Athena',
    });
    expect(offered('SELECT | FROM connect.contact_records').labels).not.toContain('activity');
  });

  it.each([
    ['SELECT r.| FROM connect.contact_records r', ATHENA],
    ['SELECT 1 FROM "connect"."contact_records" AS "r" WHERE r.gr|', ATHENA],
    ['SELECT contact_records.| FROM connect.contact_records', ATHENA],
    ['SELECT connect.contact_records.| FROM connect.contact_records', ATHENA],
    ['SELECT c.| FROM $__dataset(contacts) c JOIN connect.contact_records r ON 1', ['time', 'queue', 'order']],
    ['SELECT x.| FROM connect.contact_records r', []],
    ['SELECT 1 FROM contact_records WHERE contact_records.|', ATHENA],
    ['SELECT .|', []],
  ])('%s', (sql, expected) => {
    expect(offered(sql, historical()).labels).toEqual(expected);
  });

  it('are written as the engine reads them', () => {
    const sql = 'SELECT | FROM $__database.$__table';
    expect(offered(sql, realtime()).put('measure_value::double')).toBe(
      'SELECT measure_value::double FROM $__database.$__table'
    );
    expect(offered('SELECT | FROM contact_records', historical()).put('group')).toMatch(/^SELECT "group" FROM/);
  });
});

describe('fields of structs', () => {
  const FROM = 'FROM connect.contact_records r';

  it.each([
    [`SELECT agent.| ${FROM}`, ['username', 'hierarchy']],
    [`SELECT r.agent.us| ${FROM}`, ['username', 'hierarchy']],
    [`SELECT connect.contact_records.Agent."hierarchy".| FROM connect.contact_records`, ['level 1', 'list']],
    [`SELECT agent.hierarchy.list.| ${FROM}`, []],
    [`SELECT queue.| ${FROM}`, []],
  ])('%s', (sql, expected) => {
    expect(offered(sql, historical()).labels).toEqual(expected);
  });

  it('are written and told with their types', () => {
    const { put, details } = offered(`SELECT agent.hierarchy.| ${FROM}`, historical());
    expect(put('level 1')).toBe(`SELECT agent.hierarchy."level 1" ${FROM}`);
    expect(details).toEqual({ 'level 1': 'decimal(10,2), Athena', list: 'array<…>, Athena' });
  });

  it.each(['struct<', 'struct<>', 'struct<a>', 'struct<:>', 'struct<a:,b>', '>struct<a:b>', '', undefined])(
    'none in %j',
    (type) => {
      expect(fieldsOf(type)).toEqual([]);
    }
  );
});

describe('values', () => {
  const FROM = 'FROM $__dataset(contacts)';

  it.each([
    [`SELECT 1 ${FROM} WHERE queue = '|'`, "SELECT 1 FROM $__dataset(contacts) WHERE queue = 'O''Brien'"],
    [`SELECT 1 ${FROM} c WHERE c."queue" <> 'O|`, `SELECT 1 FROM $__dataset(contacts) c WHERE c."queue" <> 'O''Brien'`],
    [
      `SELECT 1 ${FROM} WHERE queue NOT IN ('Billing', '|')`,
      `SELECT 1 ${FROM} WHERE queue NOT IN ('Billing', 'O''Brien')`,
    ],
    [`SELECT 1 ${FROM} WHERE QUEUE != '|' AND 1`, `SELECT 1 ${FROM} WHERE QUEUE != 'O''Brien' AND 1`],
    [
      `SELECT 1 ${FROM} c JOIN connect.contact_records r ON 1 WHERE c.queue IN ('|`,
      `SELECT 1 ${FROM} c JOIN connect.contact_records r ON 1 WHERE c.queue IN ('O''Brien'`,
    ],
  ])('%s', (sql, expected) => {
    expect(offered(sql).put("O'Brien")).toBe(expected);
  });

  it('may be variables, and hold what a snippet would read', () => {
    const { put, labels } = offered(`SELECT 1 ${FROM} WHERE queue = '|'`);
    expect(labels).toEqual(['Billing', "O'Brien", 'a$b}', '$queue']);
    expect(put('$queue')).toMatch(/'\\\$queue'$/);
    expect(put('a$b}')).toMatch(/'a\\\$b\\\}'$/);
  });

  it.each([
    `SELECT 1 ${FROM} WHERE time = '|'`,
    `SELECT 1 ${FROM} WHERE nope = '|'`,
    `SELECT 1 ${FROM} WHERE lower(queue) = '|'`,
    `SELECT 1 ${FROM} WHERE queue = 'a', '|'`,
    `SELECT 1 ${FROM} WHERE queue > '|'`,
    `SELECT 1 ${FROM} JOIN connect.contact_records ON queue = '|'`,
    "SELECT 1 FROM connect.contact_records WHERE queue = '|'",
    "= '|'",
    "IN ('|",
    "'|",
  ])('none in %s', (sql) => {
    const known = withTables();
    expect(offered(sql, known)).toMatchObject({ labels: [], needs: [] });
    expect([...known.asked].filter((key) => key.startsWith('tag-values'))).toEqual([]);
  });
});

it('thinks of every prefix of odd statements', () => {
  const sql = `WITH a AS (SELECT 'x''y' FROM "q"".".t b, $__dataset($d) c) SELECT a.b.c.d, \`z\` FROM [[db]].t /* " */ WHERE "x" IN ('', '😀') -- '`;
  for (let offset = 0; offset <= sql.length; offset++) {
    for (const text of [sql, sql.slice(0, offset)]) {
      const { from, to } = complete(text, offset, withTables());
      expect(from).toBeLessThanOrEqual(offset);
      expect(to).toBeGreaterThanOrEqual(offset);
    }
  }
});
