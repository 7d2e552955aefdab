// Where the two legs meet, worked out from retention, margin and lag as the backend's planner does.

const UNITS: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** Milliseconds of a duration such as `24h` or `0s`; nothing where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text.trim()) ?? [];
  const milliseconds = Number(count) * (UNITS[unit ?? ''] ?? NaN);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** Whether the text is a duration longer than nothing, as a retention and a bucket are. */
export function isWidth(text: string): boolean {
  return (parseDuration(text) ?? 0) > 0;
}

/** A duration in words that fit on a time line: `15 min`, `6 h`, `3 d`. */
export function durationText(milliseconds: number): string {
  const [unit, name] = (
    [
      ['d', 'd'],
      ['h', 'h'],
      ['m', 'min'],
    ] as const
  ).find(([unit]) => milliseconds >= UNITS[unit]! * (unit === 'd' ? 2 : 1)) ?? ['s', 's'];
  return `${+(milliseconds / UNITS[unit]!).toFixed(1)} ${name}`;
}

export const DEFAULTS = { retention: '24h', margin: '15m', lag: '1h' } as const;

/** Ages, in milliseconds before now. */
export interface Seam {
  /** How far back the real-time leg reaches. */
  retention: number;
  /** How late the historical leg is complete. */
  lag: number;
  /** The boundary is never older than this. */
  oldest: number;
  /** Whether an instant is left that both legs hold. */
  isPossible: boolean;
}

/** The seam, or which of the settings is no duration. */
export function seam(settings: { retention?: string; margin?: string; lag?: string }): Seam | { wrong: string } {
  const read = (key: keyof typeof DEFAULTS) => parseDuration(settings[key] || DEFAULTS[key]);
  const [retention, margin, lag] = [read('retention'), read('margin'), read('lag')];
  if (!retention || margin === undefined || lag === undefined) {
    return { wrong: !retention ? 'retention' : margin === undefined ? 'margin' : 'lag' };
  }
  const oldest = retention - margin;
  return { retention, lag, oldest, isPossible: lag < oldest };
}

/** The seam in one sentence. */
export function seamText(found: Seam): string {
  const { retention, lag, oldest, isPossible } = found;
  if (!isPossible) {
    return (
      `Athena is complete only ${durationText(lag)} back, Timestream is relied on only ${durationText(Math.max(oldest, 0))} back: ` +
      `no instant is held by both. Shorten the lag or lengthen the retention.`
    );
  }
  return (
    `Athena answers what is older than the boundary, Timestream what is newer. The boundary lies between ` +
    `${durationText(lag)} and ${durationText(oldest)} ago; Timestream reaches ${durationText(retention)} back.`
  );
}
