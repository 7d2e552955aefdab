// What a new query asks: something that is there and draws at once.
import type { BuilderState, DatasetSettings, Leg, SwitchboardOptions, SwitchboardQuery } from '../types';
import { fillOf, formatOf } from './follow';
import { startingState } from './state';
import { writeSql } from './write';

/** The records of a Timestream table over time. */
const RECORDS = `SELECT BIN(time, $__interval) AS time, count(*) AS records
FROM "$__database"."$__table"
WHERE $__timeFilter
GROUP BY 1
ORDER BY 1`;

/** A new query: the first dataset over time, else what the engine itself has. */
export function startingQuery(settings: SwitchboardOptions): Partial<SwitchboardQuery> {
  if (!hasDatasets(settings)) {
    return startingSql(settings);
  }
  const builder = startingChoices(settings);
  return {
    route: 'auto',
    format: formatOf(builder),
    // No contact in a bucket is zero contacts, and a line without gaps can be read.
    fill: fillOf(builder),
    editorMode: 'builder',
    builder,
    sql: writeSql(builder),
  };
}

/** Rows of the first dataset per interval: by queue where it has one, else in one line, since any other text may be a key. */
export function startingChoices({ datasets }: SwitchboardOptions): BuilderState {
  const name = defaultDataset(datasets);
  const entry = datasets?.find((known) => nameOf(known) === name);
  return startingState(name, typeof entry !== 'object' || hasQueue(entry) ? ['queue'] : []);
}

/** Whether a query may read a dataset. Without a list all the built-in ones are there, on the legs that name a database. */
export function hasDatasets({ datasets, realtime, historical }: SwitchboardOptions): boolean {
  const isNamed = (leg: SwitchboardOptions[Leg]) => leg?.enabled !== false && Boolean(leg?.database);
  return datasets ? datasets.length > 0 : isNamed(realtime) || isNamed(historical);
}

/** The dataset that a new query reads: contacts, where the settings have it. */
export function defaultDataset(datasets: SwitchboardOptions['datasets']): string {
  const names = (datasets ?? []).map(nameOf);
  return names.length === 0 || names.includes('contacts') ? 'contacts' : names[0]!;
}

/** What a query calls the dataset of an entry. */
export function nameOf(entry: string | DatasetSettings): string {
  return typeof entry === 'string' ? entry : (entry.name ?? entry.template ?? '');
}

function hasQueue({ template, columns = [] }: DatasetSettings): boolean {
  const queue = columns.find(({ name }) => name === 'queue');
  // All built-in datasets have one.
  return queue ? !queue.remove : template !== undefined;
}

/** Without datasets: the default table's records over time, else the databases that there are. */
function startingSql({ realtime, historical }: SwitchboardOptions): Partial<SwitchboardQuery> {
  const isOn = (leg?: { enabled?: boolean }) => leg?.enabled !== false;
  if (isOn(realtime) && realtime?.database && realtime.table) {
    return { route: 'realtime', format: 'time_series', editorMode: 'sql', sql: RECORDS };
  }
  const route: Leg = isOn(realtime) || !isOn(historical) ? 'realtime' : 'historical';
  return { route, format: 'table', editorMode: 'sql', sql: 'SHOW DATABASES' };
}
