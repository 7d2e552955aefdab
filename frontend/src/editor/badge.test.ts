import { dateTimeFormat } from '@grafana/data';

import type { Explanation, Leg } from '../types';

import { badgeText, spanText } from './badge';

const HOUR = 3_600_000;

function explanation(parts: Array<[Leg, number]>, now = Date.now()): Explanation {
  let to = now - parts.reduce((sum, [, hours]) => sum + hours * HOUR, 0);
  const slices = parts.map(([leg, hours]) => {
    const from = to;
    to += hours * HOUR;
    return { leg, region: '', from, to, sql: '', partition: null, estimatedCost: null };
  });
  const meets = slices.find((slice) => slice.leg === 'realtime')?.from ?? now;
  const boundary = new Set(parts.map(([leg]) => leg)).size > 1 ? { at: meets, why: '' } : null;
  return {
    kind: 'rows',
    reason: '',
    why: '',
    route: 'auto',
    boundary,
    step: null,
    slices,
    notices: [],
    summary: '',
    text: '',
  };
}

it('says who answers, and where the legs meet', () => {
  expect(badgeText(explanation([['realtime', 24]]))).toBe('24 h: Timestream');
  expect(badgeText(explanation([['historical', 720]]))).toBe('30 d: Athena');
  const across = explanation([
    ['historical', 360],
    ['historical', 358],
    ['realtime', 2],
  ]);
  const at = across.boundary?.at ?? 0;
  expect(badgeText(across)).toMatch(/^30 d: Athena until .*\d\d:\d\d, Timestream since$/);
  expect(badgeText(across)).toContain(dateTimeFormat(at, { format: 'HH:mm' }));
  const old = explanation([
    ['historical', 1],
    ['realtime', 60],
  ]);
  expect(badgeText(old)).toContain(dateTimeFormat(old.boundary?.at ?? 0, { format: 'D MMM' }));
});

it('writes lengths of time as people say them', () => {
  const texts = [0.25, 1, 24, 47, 48, 720].map((hours) => spanText(hours * HOUR));
  expect(texts).toEqual(['15 min', '1 h', '24 h', '47 h', '2 d', '30 d']);
  expect(spanText(5_000)).toBe('5 s');
});
