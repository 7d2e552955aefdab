// States over time: a row a field, an interval a value. @grafana/ui has no such panel, so it is drawn here.
import { dateTimeFormat, FieldType, getFieldDisplayName, type DataFrame, type Field } from '@grafana/data';
import { VizLegend, useTheme2, type VizLegendItem } from '@grafana/ui';
import { LegendDisplayMode } from '@grafana/schema';
import React from 'react';

import type { PanelProps } from './PanelBody';

interface Interval {
  from: number;
  to: number;
  text: string;
  color: string;
}

const LEGEND_LINE = 26;
const AXIS_HEIGHT = 22;

/** Equal neighbours become one interval; the last one lasts until the end of what is shown. */
export function intervalsOf(times: number[], field: Field, end: number): Interval[] {
  const found: Interval[] = [];
  times.forEach((from, row) => {
    const value: unknown = field.values[row];
    const to = Math.min(times[row + 1] ?? end, end);
    if (value === null || value === undefined || to <= from) {
      return;
    }
    const { text, color } = field.display?.(value) ?? { text: String(value), color: '#888888' };
    const last = found.at(-1);
    if (last?.text === text && last.to === from) {
      last.to = to;
    } else {
      found.push({ from, to, text, color: color ?? '#888888' });
    }
  });
  return found;
}

export function States({ width, height, frames, range, timeZone }: PanelProps) {
  const theme = useTheme2();
  const begin = range.from.valueOf();
  const end = range.to.valueOf();
  const rows = frames.flatMap((frame) => rowsOfStates(frame, frames, end));
  const names = rows.length > 1 ? 120 : 0;
  const across = Math.max(1, width - names);
  const place = (at: number) => names + ((at - begin) / (range.to.valueOf() - begin)) * across;
  const items = new Map<string, VizLegendItem>();
  for (const { intervals } of rows) {
    for (const { text, color } of intervals) {
      items.set(text, { label: text, color, yAxis: 1 });
    }
  }
  const legend = LEGEND_LINE * linesOf([...items.keys()], width);
  const tall = (height - legend - AXIS_HEIGHT) / Math.max(1, rows.length);
  return (
    <div>
      <svg
        width={width}
        height={height - legend}
        role="img"
        aria-label={`States over time: ${[...items.keys()].join(', ')}`}
      >
        {rows.map(({ name, intervals }, row) => (
          <g key={name}>
            {names > 0 && (
              <text x={0} y={(row + 0.5) * tall} fill={theme.colors.text.primary} fontSize={12} dy={4}>
                {name}
              </text>
            )}
            {intervals.map(({ from, to, text, color }) => {
              const left = place(Math.max(from, begin));
              const wide = Math.max(0.5, place(to) - left);
              return (
                <g key={from}>
                  <rect x={left} y={row * tall + 2} width={wide} height={tall * 0.9 - 4} fill={color}>
                    <title>{`${text}, from ${clock(from, timeZone)} to ${clock(to, timeZone)}`}</title>
                  </rect>
                  {wide > text.length * 7 + 8 && (
                    <text
                      x={left + 4}
                      y={(row + 0.45) * tall}
                      dy={4}
                      fontSize={12}
                      fill={theme.colors.getContrastText(color)}
                    >
                      {text}
                    </text>
                  )}
                </g>
              );
            })}
          </g>
        ))}
        {ticksOf(begin, range.to.valueOf(), across).map((at) => (
          <text
            key={at}
            x={place(at)}
            y={height - legend - 6}
            fontSize={12}
            textAnchor="middle"
            fill={theme.colors.text.secondary}
          >
            {clock(at, timeZone)}
          </text>
        ))}
      </svg>
      <VizLegend items={[...items.values()]} displayMode={LegendDisplayMode.List} placement="bottom" />
    </div>
  );
}

function rowsOfStates(frame: DataFrame, all: DataFrame[], end: number) {
  const times = frame.fields.find(({ type }) => type === FieldType.time)?.values as number[] | undefined;
  return times
    ? frame.fields
        .filter(({ type }) => type !== FieldType.time)
        .map((field) => ({ name: getFieldDisplayName(field, frame, all), intervals: intervalsOf(times, field, end) }))
    : [];
}

/** How many lines names take in a legend, by what a character and what is around a name take at most. */
function linesOf(names: string[], width: number): number {
  let lines = 1;
  let taken = 0;
  for (const name of names) {
    const wide = name.length * 7 + 40;
    if (taken > 0 && taken + wide > width) {
      lines += 1;
      taken = 0;
    }
    taken += wide;
  }
  return lines;
}

function clock(at: number, timeZone: string): string {
  return dateTimeFormat(at, { timeZone, format: 'HH:mm' });
}

const STEPS = [5, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * 60_000);

function ticksOf(from: number, to: number, width: number): number[] {
  const least = ((to - from) / Math.max(1, width)) * 80;
  const step = STEPS.find((one) => one >= least) ?? STEPS.at(-1)!;
  const ticks: number[] = [];
  // A tick's text needs room on both sides.
  const room = ((to - from) / Math.max(1, width)) * 20;
  for (let at = Math.ceil((from + room) / step) * step; at < to - room && ticks.length < 100; at += step) {
    ticks.push(at);
  }
  return ticks;
}
