// Where a query's range goes, asked a moment after its last change.
import type { TimeRange } from '@grafana/data';
import { useEffect, useState } from 'react';

import { reason } from '../configuration/resources';
import type { DataSource } from '../datasource';
import { isAboutItself } from '../kind';
import type { Explanation, SwitchboardQuery } from '../types';

const PAUSE = 600;

export type Explained =
  | { state: 'none' }
  | { state: 'asking' }
  | { state: 'known'; explanation: Explanation }
  | { state: 'failed'; message: string };

interface Panel {
  range?: TimeRange;
  intervalMs?: number;
  maxDataPoints?: number;
}

export function useExplanation(datasource: DataSource, query: SwitchboardQuery, panel: Panel): Explained {
  const [answered, setAnswered] = useState<{ key: string; explained: Explained }>();
  const { range, intervalMs, maxDataPoints } = panel;
  // A relative range moves on with every refresh, and means the same.
  const rangeKey = range ? `${String(range.raw.from)} ${String(range.raw.to)}` : '';
  const key = JSON.stringify([
    ...[query.sql, query.route, query.freshness, query.format, query.step, query.fill, query.database, query.table],
    ...[query.measure, query.catalog, query.adhocFilters, rangeKey, intervalMs, maxDataPoints],
  ]);
  const isAskable = range !== undefined && !isAboutItself(query) && datasource.filterQuery(query);
  useEffect(() => {
    if (!isAskable) {
      return;
    }
    let isCurrent = true;
    const answer = (explained: Explained) => isCurrent && setAnswered({ key, explained });
    const timer = setTimeout(() => {
      datasource.explain(query, { range, intervalMs, maxDataPoints }).then(
        (explanation) => answer({ state: 'known', explanation }),
        (error: unknown) => answer({ state: 'failed', message: reason(error) })
      );
    }, PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
    // The key holds all that matters of the query and the range.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [datasource, key, isAskable]);
  if (!isAskable) {
    return { state: 'none' };
  }
  // What was known of the query before stays until more is.
  return answered?.key === key || answered?.explained.state === 'known' ? answered.explained : { state: 'asking' };
}
