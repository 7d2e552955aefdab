// Where a panel's range goes, in a few words: "24 h: Timestream", "30 d: Athena until 14:00, Timestream since".
import { dateTime, dateTimeFormat } from '@grafana/data';

import type { Explanation, Leg } from '../types';

const SERVICES: Record<Leg, string> = { realtime: 'Timestream', historical: 'Athena' };

const MINUTE = 60_000;
const UNITS: Array<[string, number]> = [
  ['d', 24 * 60 * MINUTE],
  ['h', 60 * MINUTE],
  ['min', MINUTE],
];

export function badgeText({ slices, boundary }: Explanation): string {
  const [first, last] = [slices[0], slices[slices.length - 1]];
  if (!first || !last) {
    return 'Nothing to ask';
  }
  const span = spanText(last.to - first.from);
  if (!boundary || first.leg === last.leg) {
    return `${span}: ${SERVICES[first.leg]}`;
  }
  return `${span}: ${SERVICES[first.leg]} until ${instantText(boundary.at)}, ${SERVICES[last.leg]} since`;
}

/** A length of time in milliseconds, in the largest unit of which it has at least one, or two days' worth of hours. */
export function spanText(millis: number): string {
  const [unit, width] = UNITS.find(([, width], index) => millis >= width * (index === 0 ? 2 : 1)) ?? ['s', 1000];
  return `${Math.max(1, Math.round(millis / width))} ${unit}`;
}

/** The time of day, with the date where it is not today's. */
function instantText(millis: number): string {
  const isToday = dateTime(millis).isSame(dateTime(), 'day');
  return dateTimeFormat(millis, { format: isToday ? 'HH:mm' : 'D MMM HH:mm' });
}
