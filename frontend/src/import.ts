// Queries of the two official AWS data sources -> ours: the SQL stays, the route says which leg it became.
import type { DataQuery } from '@grafana/schema';

import type { Fill, Format, Leg, SwitchboardQuery } from './types';

/** A query that came from elsewhere. */
export interface Imported extends SwitchboardQuery {
  route: Leg;
  sql: string;
}

/** As the official data sources save their queries. */
interface Saved extends DataQuery {
  rawSQL?: string;
  rawSql?: string;
  rawQuery?: string;
  format?: number | string;
  table?: string;
  column?: string;
  database?: string;
  measure?: string;
  fillMode?: { mode?: number; value?: number };
  connectionArgs?: {
    region?: string;
    catalog?: string;
    database?: string;
    resultReuseEnabled?: boolean;
    resultReuseMaxAgeInMinutes?: number;
  };
}

/** The leg that a query was saved for, by the field that holds its SQL. */
export function legOfSaved(query: DataQuery): Leg | undefined {
  const saved = query as Saved;
  if (saved.rawSQL ?? saved.rawSql) {
    return 'historical';
  }
  return saved.rawQuery ? 'realtime' : undefined;
}

/** The query as ours; nothing where it holds no SQL of either data source. `variables` are the names that there are. */
export function importQuery(query: DataQuery, variables: readonly string[]): Imported | undefined {
  const saved = query as Saved;
  const leg = legOfSaved(query);
  const sql = saved.rawSQL ?? saved.rawSql ?? saved.rawQuery;
  if (!leg || !sql?.trim()) {
    return undefined;
  }
  const connection = saved.connectionArgs;
  const chosen = (name: string | undefined) => (isChosen(name, variables) ? name : undefined);
  const imported: Imported = {
    refId: saved.refId,
    ...(saved.hide === undefined ? {} : { hide: saved.hide }),
    route: leg,
    editorMode: 'sql',
    importedFrom: leg,
    sql,
    format: format(saved.format, leg),
    fill: fill(saved.fillMode),
    database: chosen(connection?.database) ?? chosen(saved.database),
    catalog: chosen(connection?.catalog),
    table: chosen(saved.table),
    column: chosen(saved.column),
    measure: chosen(saved.measure),
    resultReuse: connection?.resultReuseEnabled
      ? { enabled: true, maxAgeMinutes: connection.resultReuseMaxAgeInMinutes ?? 60 }
      : undefined,
  };
  return Object.fromEntries(Object.entries(imported).filter(([, value]) => value !== undefined)) as unknown as Imported;
}

/** Both data sources number their formats, in different ways; absent is 0. */
function format(saved: number | string | undefined, leg: Leg): Format {
  switch (saved ?? 0) {
    case 'timeseries':
    case 'time_series':
      return 'time_series';
    case 'logs':
      return 'logs';
    case 0:
      return leg === 'historical' ? 'time_series' : 'table';
    case 1:
      return leg === 'historical' ? 'table' : 'time_series';
    case 2:
      return leg === 'historical' ? 'logs' : 'table';
    default:
      return 'table';
  }
}

function fill(mode: Saved['fillMode']): Fill | undefined {
  switch (mode?.mode) {
    case 0:
      return { mode: 'previous' };
    case 1:
      return { mode: 'null' };
    case 2:
      return { mode: 'value', value: mode.value ?? 0 };
    default:
      return undefined;
  }
}

/** They write `__default`, or leave `${...}` behind, for what was never chosen; a variable that there is was. */
function isChosen(name: string | undefined, variables: readonly string[]): boolean {
  const [, variable] = /^\$\{(\w+)/.exec(name ?? '') ?? [];
  return Boolean(name) && name !== '__default' && (variable === undefined || variables.includes(variable));
}
