// What tests of the SQL editor know: two datasets, some macros, and the tables of both legs.
import type { Knowledge } from '../src/editor/knowledge';
import type { Entry, Need } from '../src/editor/lists';
import type { Dataset, Macro } from '../src/types';

export const dataset = (name: string, columns: string[]): Dataset => ({
  name,
  description: `About ${name}`,
  realtime: true,
  historical: name === 'contacts',
  columns: columns.map((column) => ({
    name: column,
    type: column === 'time' ? 'timestamp' : 'text',
    unit: column === 'wait' ? 's' : null,
    description: column === 'queue' ? 'Where it waited' : null,
    realtime: true,
    historical: column !== 'wait',
  })),
});

export const macro = (
  name: string,
  legs: Macro['legs'],
  signature = `$__${name}`,
  portable = legs.length === 2
): Macro => ({
  name,
  signature,
  example: '',
  portable,
  legs,
});

export const knowledge: Knowledge = {
  route: 'auto',
  datasets: [dataset('contacts', ['time', 'queue', 'order']), dataset('agent_events', ['time', 'activity'])],
  macros: [
    macro('timeGroup', ['realtime', 'historical'], '$__timeGroup(width)'),
    macro('timeFilter', ['realtime', 'historical']),
    macro('now_ms', ['realtime']),
  ],
  variables: ['queue'],
};

/** What the legs list, by path and parameters. */
const LISTS: Record<string, Entry[]> = {
  'realtime/databases?': [{ name: 'connect' }, { name: 'My-Db' }],
  'realtime/tables?database=connect': [{ name: 'contact_records' }, { name: 'queue_metrics' }],
  'realtime/tables?database=My-Db': [{ name: 'order' }],
  'realtime/columns?database=connect&table=contact_records': [
    { name: 'queue', type: 'varchar' },
    { name: 'measure_value::double', type: 'double' },
    { name: 'time', type: 'timestamp' },
  ],
  'historical/databases?catalog=AwsDataCatalog': [{ name: 'connect' }],
  'historical/tables?catalog=AwsDataCatalog&database=connect': [{ name: 'contact_records' }, { name: '2025 archive' }],
  'historical/columns?catalog=AwsDataCatalog&database=connect&table=contact_records': [
    { name: 'queue', type: 'string' },
    { name: 'group', type: 'string' },
    {
      name: 'agent',
      type: 'struct<username:string,hierarchy:struct<level 1:decimal(10,2),list:array<struct<a:int,b:int>>>>',
    },
  ],
  'tag-values?from=0&key=contacts.queue&to=10': [{ name: 'Billing' }, { name: "O'Brien" }, { name: 'a$b}' }],
};

export const keyOf = ({ path, parameters }: Need) =>
  `${path}?${Object.entries(parameters)
    .filter(([, value]) => value)
    .sort()
    .map((pair) => pair.join('='))
    .join('&')}`;

/** Knowledge of tables, which notes what it was asked for. */
export function withTables(more: Partial<Knowledge> = {}): Knowledge & { asked: Set<string> } {
  const asked = new Set<string>();
  return {
    ...knowledge,
    range: { from: 0, to: 10 },
    places: {
      realtime: { database: 'connect', table: 'contact_records' },
      historical: { catalog: 'AwsDataCatalog', database: 'connect' },
    },
    listed: (need) => {
      asked.add(keyOf(need));
      return LISTS[keyOf(need)];
    },
    asked,
    ...more,
  };
}
