// What a panel asks a data source: Grafana's request, with the interval that fits the panel's width.
import {
  dateMath,
  dateTime,
  rangeUtil,
  type AdHocVariableFilter,
  type DataQueryRequest,
  type RawTimeRange,
  type TimeRange,
} from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

export interface Asked {
  targets: DataQuery[];
  range: TimeRange;
  /** Of the panel, in pixels: as many points at most. */
  width: number;
  app: string;
  minInterval?: string;
  maxDataPoints?: number;
  timeZone?: string;
  filters?: AdHocVariableFilter[];
  dashboard?: { uid: string; title: string };
  panel?: { id: number; title: string; type: string };
}

let made = 0;

export function requestFor(asked: Asked): DataQueryRequest<DataQuery> {
  const { targets, range, width, app, minInterval, timeZone, filters, dashboard, panel } = asked;
  const maxDataPoints = asked.maxDataPoints ?? Math.max(100, Math.floor(width));
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, maxDataPoints, minInterval);
  made += 1;
  return {
    app,
    requestId: `Q${made}`,
    targets,
    range,
    interval,
    intervalMs,
    maxDataPoints,
    filters,
    timezone: timeZone ?? 'browser',
    startTime: Date.now(),
    scopedVars: {
      __interval: { text: interval, value: interval },
      __interval_ms: { text: String(intervalMs), value: intervalMs },
    },
    dashboardUID: dashboard?.uid,
    dashboardTitle: dashboard?.title,
    panelId: panel?.id,
    panelName: panel?.title,
    panelPluginId: panel?.type,
  };
}

/** The range that expressions such as `now-6h` mean at this moment. */
export function rangeOf(raw: RawTimeRange, timeZone?: string): TimeRange {
  const end = (text: RawTimeRange['from'], roundUp: boolean) =>
    (typeof text === 'string' ? dateMath.toDateTime(text, { roundUp, timezone: timeZone }) : text) ?? dateTime();
  return { from: end(raw.from, false), to: end(raw.to, true), raw };
}
