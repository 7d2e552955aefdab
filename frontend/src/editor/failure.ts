// Why a query's last run failed, and where in its SQL.
import { LoadingState, type PanelData } from '@grafana/data';

import { importQuery } from '../import';
import type { Slice, SwitchboardQuery } from '../types';
import { faultSpan } from './fault';
import type { Problem } from './problems';

/** Why the last run failed. */
export function failureOf({ refId }: SwitchboardQuery, data: PanelData | undefined): string | undefined {
  return data?.errors?.find((error) => error.refId === refId)?.message;
}

/** Where the last run failed, if what ran is what is shown and nothing runs now. */
export function faultOf(
  query: SwitchboardQuery,
  data: PanelData | undefined,
  slices: Slice[] | undefined
): Problem | undefined {
  const message = data?.state === LoadingState.Loading ? undefined : failureOf(query, data);
  const ran = data?.request?.targets.find(({ refId }) => refId === query.refId) as SwitchboardQuery | undefined;
  if (!message || !query.sql || !ran || (ran.sql ?? importQuery(ran, [])?.sql) !== query.sql) {
    return undefined;
  }
  const span = faultSpan(query.sql, message, slices);
  return span && { ...span, message };
}
