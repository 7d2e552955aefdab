// What the editors know of the data source: datasets and macros, and whether they could not be had.
import type { TimeRange } from '@grafana/data';
import { useEffect, useMemo, useState } from 'react';

import { reason } from '../configuration/resources';
import type { DataSource } from '../datasource';
import type { Dataset, Leg, Macro, SwitchboardOptions, SwitchboardQuery } from '../types';
import type { Knowledge, Place } from './knowledge';
import { Lists } from './lists';

export interface Known extends Knowledge {
  isLoading: boolean;
  /** Why the datasets could not be had. */
  failure?: string;
}

/** Of which values are offered: the backend widens ranges to this grid as well, in milliseconds. */
const RANGE_GRID = 300_000;

export function useKnowledge(datasource: DataSource, query: SwitchboardQuery, timeRange?: TimeRange): Known {
  const [datasets, setDatasets] = useState<Dataset[]>();
  const [macros, setMacros] = useState<Macro[]>([]);
  const [failure, setFailure] = useState<string>();
  const lists = useMemo(() => new Lists(datasource), [datasource]);
  useEffect(() => {
    let isCurrent = true;
    datasource.datasets().then(
      (known) => isCurrent && setDatasets(known),
      (error: unknown) => isCurrent && setFailure(reason(error))
    );
    // Without them, completion lacks macros and unknown ones are not marked; a run still says so.
    datasource.macros().then(
      (known) => isCurrent && setMacros(known),
      () => undefined
    );
    return () => {
      isCurrent = false;
    };
  }, [datasource]);
  const variables = datasource.variableNames().join('\n');
  const { route = 'auto', database, table, catalog } = query;
  const places = useMemo(
    () => placesOf(datasource.settings, { database, table, catalog }),
    [datasource, database, table, catalog]
  );
  const [from, to] = [timeRange?.from, timeRange?.to].map((at) =>
    at ? Math.floor(at.valueOf() / RANGE_GRID) * RANGE_GRID : undefined
  );
  return useMemo(
    () => ({
      route,
      datasets: datasets ?? [],
      macros,
      variables: variables ? variables.split('\n') : [],
      places,
      range: from !== undefined && to !== undefined ? { from, to: to + RANGE_GRID } : undefined,
      listed: lists.get,
      fetch: lists.fetch,
      isLoading: datasets === undefined && failure === undefined,
      failure,
    }),
    [route, datasets, macros, variables, places, from, to, lists, failure]
  );
}

/** What names left out mean on each leg that is switched on: as the query says, else as the settings do. */
function placesOf(
  { realtime, historical }: SwitchboardOptions,
  { database, table, catalog }: Place
): Partial<Record<Leg, Place>> {
  return {
    ...(realtime?.enabled !== false && {
      realtime: { database: database || realtime?.database, table: table || realtime?.table },
    }),
    ...(historical?.enabled !== false && {
      historical: {
        catalog: catalog || historical?.catalog,
        database: database || historical?.database,
        table,
      },
    }),
  };
}
