// The marks of annotations on a panel over time: a dashed line each, or a band where it has an end, with its title.
import { Tooltip, useTheme2, type UPlotConfigBuilder } from '@grafana/ui';
import React, { useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

import type { Mark } from '../dashboard/annotations';

/** Titles nearer to each other than this, in pixels, would lie on each other: then the first one stays. */
const ROOM = 180;

interface Placed {
  mark: Mark;
  /** Pixels from the plot's left edge. */
  left: number;
  width: number;
  isTitled: boolean;
}

interface Plot {
  over: HTMLElement;
  redraw: () => void;
}

export function Marks({ config, marks }: { config: UPlotConfigBuilder; marks: Mark[] }) {
  const [over, setOver] = useState<HTMLElement>();
  const [placed, setPlaced] = useState<Placed[]>([]);
  const current = useRef(marks);
  const plot = useRef<Plot>();
  useLayoutEffect(() => {
    config.addHook('ready', (made) => {
      plot.current = { over: made.over, redraw: () => made.redraw(false, false) };
      setOver(made.over);
    });
    config.addHook('draw', (made) => {
      const found = place(current.current, (time) => made.valToPos(time, 'x'), made.over.clientWidth);
      setPlaced((before) => (JSON.stringify(before) === JSON.stringify(found) ? before : found));
    });
  }, [config]);
  useLayoutEffect(() => {
    current.current = marks;
    plot.current?.redraw();
  }, [marks]);
  return over
    ? createPortal(
        placed.map((one, index) => <MarkLine key={index} {...one} over={over} />),
        over
      )
    : null;
}

function place(marks: Mark[], positionOf: (time: number) => number, width: number): Placed[] {
  let titledUntil = -Infinity;
  return [...marks]
    .sort((one, other) => one.time - other.time)
    .flatMap((mark) => {
      const from = positionOf(mark.time);
      const to = mark.timeEnd === undefined ? from : positionOf(mark.timeEnd);
      if (to < 0 || from > width) {
        return [];
      }
      const left = Math.max(0, from);
      const isTitled = left - titledUntil >= ROOM;
      titledUntil = isTitled ? left : titledUntil;
      return [{ mark, left, width: Math.min(to, width) - left, isTitled }];
    });
}

function MarkLine({ mark, left, width, isTitled, over }: Placed & { over: HTMLElement }) {
  const theme = useTheme2();
  const color = theme.visualization.getColorByName(mark.color);
  // A title near the right edge stands to the left of its line.
  const isRight = left > over.clientWidth / 2;
  const line: React.CSSProperties = {
    position: 'absolute',
    top: 0,
    bottom: 0,
    left,
    width,
    borderLeft: `2px dashed ${color}`,
    pointerEvents: 'none',
  };
  const title: React.CSSProperties = {
    position: 'absolute',
    top: 0,
    [isRight ? 'right' : 'left']: isRight ? width + 2 : 0,
    padding: theme.spacing(0, 0.75),
    whiteSpace: 'nowrap',
    pointerEvents: 'auto',
    color: theme.colors.text.primary,
    background: theme.colors.background.secondary,
    border: `1px solid ${color}`,
    borderRadius: theme.shape.radius.default,
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: 1.5,
  };
  return (
    <div style={line} data-mark={mark.time}>
      {width > 0 && <div style={{ height: '100%', background: color, opacity: 0.15 }} />}
      {isTitled && (
        <Tooltip content={[mark.text, mark.tags.join(', ')].filter(Boolean).join('\n')}>
          <span style={title}>{mark.title}</span>
        </Tooltip>
      )}
    </div>
  );
}
