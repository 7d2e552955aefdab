// What the editors know of the data source: datasets and macros, and whether they could not be had.
import { useEffect, useMemo, useState } from 'react';

import { reason } from '../configuration/resources';
import type { DataSource } from '../datasource';
import type { Dataset, Macro, Route } from '../types';
import type { Knowledge } from './completion';

export interface Known extends Knowledge {
  isLoading: boolean;
  /** Why the datasets could not be had. */
  failure?: string;
}

export function useKnowledge(datasource: DataSource, route: Route): Known {
  const [datasets, setDatasets] = useState<Dataset[]>();
  const [macros, setMacros] = useState<Macro[]>([]);
  const [failure, setFailure] = useState<string>();
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
  return useMemo(
    () => ({
      route,
      datasets: datasets ?? [],
      macros,
      variables: variables ? variables.split('\n') : [],
      isLoading: datasets === undefined && failure === undefined,
      failure,
    }),
    [route, datasets, macros, variables, failure]
  );
}
