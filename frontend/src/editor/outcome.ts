// What a run was like, from the frames' meta: rows, time, bytes, cost, and what was answered from an earlier result.
import { getValueFormat, formattedValueToString, type DataFrame } from '@grafana/data';

import { LEGS, type Leg } from '../types';

/** What one leg did for an answer. */
export interface LegOutcome {
  leg: Leg;
  region?: string;
  rows?: number;
  /** Milliseconds. */
  time?: number;
  bytes?: number;
  /** Dollars. */
  cost?: number;
  /** Nothing was scanned, or nothing was run a second time. */
  isCached: boolean;
}

interface Run {
  leg: Leg;
  region?: string;
  shared?: boolean;
  reused?: boolean;
}

const FIGURES: Record<string, 'rows' | 'time' | 'bytes' | 'cost'> = {
  Rows: 'rows',
  'Total time': 'time',
  'Bytes scanned': 'bytes',
  'Estimated cost': 'cost',
};

export function outcomes(frames: DataFrame[], refId: string): LegOutcome[] {
  const meta = frames.find((frame) => frame.refId === refId && frame.meta?.custom?.runs)?.meta;
  const runs: Run[] = meta?.custom?.runs ?? [];
  return LEGS.flatMap((leg) => {
    const own = runs.filter((run) => run.leg === leg);
    if (own.length === 0) {
      return [];
    }
    const outcome: LegOutcome = {
      leg,
      region: own[0]!.region,
      isCached: own.every(({ shared, reused }) => shared || reused),
    };
    for (const { displayName, value } of meta?.stats ?? []) {
      const [, name, of] = /^(.*?)(?: \((\w+)\))?$/.exec(displayName ?? '') ?? [];
      const figure = FIGURES[name ?? ''];
      if (figure && (of === undefined || of === leg)) {
        outcome[figure] = (outcome[figure] ?? 0) + value;
      }
    }
    return [outcome];
  });
}

const format = (unit: string, value: number, decimals?: number) =>
  formattedValueToString(getValueFormat(unit)(value, decimals));

/** `Timestream: 1,204 rows, 0.8 s, 12 MB, $0.0001`. */
export function outcomeText({ leg, region, rows, time, bytes, cost, isCached }: LegOutcome): string {
  const figures = [
    rows !== undefined && `${rows.toLocaleString('en-GB')} ${rows === 1 ? 'row' : 'rows'}`,
    time !== undefined && format('ms', time, 1),
    bytes !== undefined && `${format('decbytes', bytes, 1)} scanned`,
    cost !== undefined && `about $${cost < 0.01 ? cost.toPrecision(1) : cost.toFixed(2)}`,
    isCached && 'from an earlier result',
  ].filter(Boolean);
  const service = leg === 'realtime' ? 'Timestream' : 'Athena';
  return `${service}${region ? ` in ${region}` : ''}: ${figures.join(', ') || 'answered'}`;
}
