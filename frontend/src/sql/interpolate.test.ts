import { templateService } from '../../tests/templates';
import { interpolate, type VariableValue } from './interpolate';
import { tokenize } from './tokens';

function withValues(values: Record<string, VariableValue>) {
  const templates = templateService(values);
  return (sql: string) => interpolate(sql, (variable, format) => templates.replace(variable, {}, format));
}

const HOSTILE = [
  "O'Brien",
  "' OR 1 = 1 --",
  "x'; DROP TABLE contacts; --",
  '"; SELECT 1',
  "a\nb'--",
  '*/ 1 /*',
  "''",
  '--',
  '$__timeFilter',
  '\\',
  "'",
];

describe('values outside quotes', () => {
  const put = withValues({
    queue: 'Billing',
    name: "O'Brien",
    several: ['Billing', "O'Brien"],
    limit: '100',
    ids: ['1', '2.5'],
    mixed: ['1', 'two'],
    negative: '-5',
    padded: '007',
    none: [],
    blank: '',
  });

  it.each([
    ['WHERE queue = $queue', "WHERE queue = 'Billing'"],
    ['WHERE queue = ${name}', "WHERE queue = 'O''Brien'"],
    ['WHERE queue IN ($several)', "WHERE queue IN ('Billing', 'O''Brien')"],
    ['WHERE queue IN ([[several]])', "WHERE queue IN ('Billing', 'O''Brien')"],
    ['LIMIT $limit', 'LIMIT 100'],
    ['WHERE id IN ($ids)', 'WHERE id IN (1, 2.5)'],
    ['WHERE id IN ($mixed)', "WHERE id IN ('1', 'two')"],
    ['WHERE id = $padded', "WHERE id = '007'"],
    ['WHERE id IN ($none)', 'WHERE id IN (NULL)'],
    ['WHERE queue = $blank', "WHERE queue = ''"],
    ['WHERE a IS DISTINCT FROM $queue', "WHERE a IS DISTINCT FROM 'Billing'"],
  ])('%s', (sql, expected) => {
    expect(put(sql)).toBe(expected);
  });

  it('never lets two minuses meet', () => {
    expect(put('SELECT 1-$negative')).toBe('SELECT 1- -5');
  });
});

describe('values inside quotes', () => {
  const put = withValues({ queue: 'Billing', name: "O'Brien", several: ['a', "b'c"], column: 'my "column"' });

  it.each([
    ["queue = '$queue'", "queue = 'Billing'"],
    ["queue = '${name}'", "queue = 'O''Brien'"],
    ["queue LIKE '%$name%'", "queue LIKE '%O''Brien%'"],
    ["queue IN ('$several')", "queue IN ('a', 'b''c')"],
    ["queue LIKE '%$several%'", "queue LIKE '%a,b''c%'"],
    ["regexp_like(queue, '${several:regex}')", "regexp_like(queue, '(a|b''c)')"],
    ["queue = '${name:raw}'", "queue = 'O''Brien'"],
    ['SELECT "$column"', 'SELECT "my ""column"""'],
    ["queue = 'it''s $queue'", "queue = 'it''s Billing'"],
  ])('%s', (sql, expected) => {
    expect(put(sql)).toBe(expected);
  });

  it('takes an unclosed text as far as it goes', () => {
    expect(put("SELECT '$name")).toBe("SELECT 'O''Brien");
  });
});

describe('names and widths', () => {
  const put = withValues({
    table: 'contact_events',
    path: 'connect.contact_events',
    odd: 'my table',
    column: 'queue',
    columns: ['queue', 'channel'],
    width: '5m',
    env: 'prod',
    descending: 'desc',
    type: 'double',
    number: '7',
    evil: 'x; DROP TABLE y',
  });

  it.each([
    ['FROM $table', 'FROM contact_events'],
    ['FROM $path JOIN $odd ON true', 'FROM connect.contact_events JOIN "my table" ON true'],
    ['FROM a, $table', 'FROM a, contact_events'],
    ['FROM connect.$table', 'FROM connect.contact_events'],
    ['SELECT t.$column', 'SELECT t.queue'],
    ['GROUP BY 1, $columns', 'GROUP BY 1, queue, channel'],
    ['ORDER BY $column DESC', 'ORDER BY queue DESC'],
    ['ORDER BY a = $column', "ORDER BY a = 'queue'"],
    ['FROM $__dataset($table)', 'FROM $__dataset(contact_events)'],
    ['$__timeGroup($width)', '$__timeGroup(5m)'],
    ['$__timeGroup($column, $width)', '$__timeGroup(queue, 5m)'],
    ['bin(time, $width)', 'bin(time, 5m)'],
    ['count($column)', "count('queue')"],
    ['time > ago($width)', 'time > ago(5m)'],
    ['time > now() - $width', 'time > now() - 5m'],
    ['sequence(min(time), max(time), $width)', 'sequence(min(time), max(time), 5m)'],
    ['time > ago($evil)', "time > ago('x; DROP TABLE y')"],
    ['queue = $width', "queue = '5m'"],
    ['ORDER BY 1 $descending, a $descending LIMIT $number', 'ORDER BY 1 desc, a desc LIMIT 7'],
    ['ORDER BY count(*) ${descending}', 'ORDER BY count(*) desc'],
    ['ORDER BY $column $descending', 'ORDER BY queue desc'],
    [
      'row_number() OVER (PARTITION BY a ORDER BY time $descending)',
      'row_number() OVER (PARTITION BY a ORDER BY time desc)',
    ],
    ['ORDER BY a LIKE $descending', "ORDER BY a LIKE 'desc'"],
    ['ORDER BY 1 $evil', "ORDER BY 1 'x; DROP TABLE y'"],
    ['WHERE a = $descending', "WHERE a = 'desc'"],
    ['measure_value::$type', 'measure_value::double'],
    ['CAST(a AS $type)', 'CAST(a AS double)'],
    ['SELECT 1 AS $odd', 'SELECT 1 AS "my table"'],
    ['avg($column), approx_percentile($column, 0.9)', 'avg(queue), approx_percentile(queue, 0.9)'],
    ['FROM contacts_$env', 'FROM contacts_prod'],
    ['FROM contacts_$evil', 'FROM contacts_x__DROP_TABLE_y'],
    ['FROM $evil', 'FROM "x; DROP TABLE y"'],
  ])('%s', (sql, expected) => {
    expect(put(sql)).toBe(expected);
  });
});

describe('what is not a template variable', () => {
  const put = withValues({ __interval: '1m', __from: '17', __to: '18', '__user.login': "o'b", queue: 'q', 1: 'one' });

  it.each([
    '$__timeFilter AND $__interval',
    "WHERE measure_name = '$__measure'",
    'WHERE time >= $__from() AND time < $__to()',
    '-- about $queue\nSELECT 1 /* $queue */',
    'SELECT $unknown, ${unknown}',
  ])('%s', (sql) => {
    expect(put(sql)).toBe(sql);
  });

  it('gives Grafana its own', () => {
    expect(put('SELECT $__from, ${__user.login}')).toBe("SELECT 17, 'o''b'");
    expect(put("SELECT '${__user.login}'")).toBe("SELECT 'o''b'");
  });

  it('keeps a template from being put in twice', () => {
    expect(withValues({ a: '$b', b: "'" })("SELECT '$a'")).toBe("SELECT '$b'");
  });
});

describe('whatever a viewer chooses', () => {
  const places = [
    'SELECT a FROM t WHERE b = $v AND c = 1',
    "SELECT a FROM t WHERE b = '$v' AND c = 1",
    "SELECT a FROM t WHERE b LIKE '%${v}%' AND c = 1",
    "SELECT a FROM t WHERE b IN ('$v') AND c = 1",
    'SELECT "$v" FROM t',
    'SELECT a FROM $v WHERE c = 1',
    'SELECT a FROM x_$v WHERE c = 1',
    'SELECT a FROM t GROUP BY $v, 2',
    'SELECT bin(time, $v) FROM t',
    'SELECT $__timeGroup($v, 5m) FROM t',
    'SELECT a -- $v\nFROM t',
    'SELECT a-$v FROM t',
    'SELECT a FROM t WHERE time > ago($v)',
    'SELECT a FROM t ORDER BY 1 $v',
    'SELECT measure_value::$v FROM t',
    'SELECT avg($v) AS $v FROM t',
  ];
  /** The statement with its strings, names and numbers made alike: what a value must not change. */
  const skeleton = (sql: string) =>
    tokenize(sql)
      .filter(({ kind }) => kind !== 'blank')
      .map(({ kind, text }) =>
        /^(?:string|quoted|word|number)$/.test(kind) && !/^(?:select|from|where|and)$/i.test(text) ? '?' : text
      )
      .join(' ');

  it.each(places.flatMap((place) => HOSTILE.map((value) => [place, value])))(
    '%j with %j stays one value',
    (place, value) => {
      expect(skeleton(withValues({ v: value })(place))).toBe(skeleton(withValues({ v: 'harmless' })(place)));
    }
  );
});
