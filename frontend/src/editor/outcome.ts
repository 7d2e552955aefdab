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
  /** Why a larger answer came in pages, which takes longer, and not from its file in S3. */
  whyPages?: string;
}

/** A statement that ran for a slice, as the backend tells of it in the frame's meta. */
interface Run {
  leg: Leg;
  region?: string;
  rows?: number;
  elapsedMs?: number;
  bytesScanned?: number;
  dollars?: number | null;
  shared?: boolean;
  reused?: boolean;
  whyPages?: string | null;
}

export function outcomes(frames: DataFrame[], refId: string): LegOutcome[] {
  const meta = frames.find((frame) => frame.refId === refId && frame.meta?.custom?.runs)?.meta;
  const runs: Run[] = meta?.custom?.runs ?? [];
  return LEGS.flatMap((leg) => {
    const own = runs.filter((run) => run.leg === leg);
    if (own.length === 0) {
      return [];
    }
    return [
      {
        leg,
        region: own[0]!.region,
        rows: total(own, (run) => run.rows),
        // Slices run side by side.
        time: total(own, (run) => run.elapsedMs, Math.max),
        bytes: total(own, (run) => run.bytesScanned),
        cost: total(own, (run) => run.dollars),
        isCached: own.every(({ shared, reused }) => shared || reused),
        whyPages: own.map((run) => run.whyPages).find(Boolean) ?? undefined,
      },
    ];
  });
}

/** How many rows a query's answer has. */
export function rowsOf(frames: DataFrame[], refId: string): number {
  return frames.filter((frame) => frame.refId === refId).reduce((rows, { length }) => rows + length, 0);
}

/** The figure of all runs that have it; none where none has. */
function total(
  runs: Run[],
  figure: (run: Run) => number | null | undefined,
  together: (one: number, other: number) => number = (one, other) => one + other
): number | undefined {
  const figures = runs.map(figure).filter((value) => typeof value === 'number');
  return figures.length > 0 ? figures.reduce((one, other) => together(one, other)) : undefined;
}

const format = (unit: string, value: number, decimals?: number) =>
  formattedValueToString(getValueFormat(unit)(value, decimals));

/** `Timestream: 1,204 rows, 0.8 s, 12 MB, $0.0001`. */
export function outcomeText({ leg, region, rows, time, bytes, cost, isCached, whyPages }: LegOutcome): string {
  const figures = [
    rows !== undefined && `${rows.toLocaleString('en-GB')} ${rows === 1 ? 'row' : 'rows'}`,
    time !== undefined && format('ms', time, 1),
    bytes !== undefined && `${format('decbytes', bytes, 1)} scanned`,
    cost !== undefined && `about $${cost < 0.01 ? cost.toPrecision(1) : cost.toFixed(2)}`,
    isCached && 'from an earlier result',
  ].filter(Boolean);
  const service = leg === 'realtime' ? 'Timestream' : 'Athena';
  const pages = whyPages ? `; in pages of 1,000 rows and not from S3: ${whyPages}` : '';
  return `${service}${region ? ` in ${region}` : ''}: ${figures.join(', ') || 'answered'}${pages}`;
}
