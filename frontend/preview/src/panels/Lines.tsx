// Lines, bars and points over time, by Grafana's TimeSeries, with the marks of annotations.
import { FieldType, type DataFrame } from '@grafana/data';
import { SortOrder, TooltipDisplayMode, type VizLegendOptions } from '@grafana/schema';
import { TimeSeries, TooltipPlugin, ZoomPlugin, type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import React, { useLayoutEffect, useMemo, useRef } from 'react';

import type { Mark } from '../dashboard/annotations';
import type { PanelProps } from './PanelBody';

const LEGEND: VizLegendOptions = {
  displayMode: 'list' as VizLegendOptions['displayMode'],
  placement: 'bottom',
  showLegend: true,
  calcs: [],
};

/** Frames with what can be drawn over time: a time, and numbers. */
export function graphable(frames: DataFrame[]): DataFrame[] {
  return frames.flatMap((frame) => {
    const fields = frame.fields.filter(({ type }) => type === FieldType.time || type === FieldType.number);
    const kinds = new Set(fields.map(({ type }) => type));
    return kinds.size === 2 && frame.length > 0 ? [{ ...frame, fields }] : [];
  });
}

export function Lines({ width, height, frames, options, range, timeZone, marks, onZoom }: PanelProps) {
  const drawn = useMemo(() => graphable(frames), [frames]);
  const { legend, tooltip } = options as {
    legend?: VizLegendOptions;
    tooltip?: { mode?: TooltipDisplayMode; sort?: SortOrder };
  };
  if (drawn.length === 0) {
    return <>No series: the answer has no time with numbers.</>;
  }
  return (
    <TimeSeries
      width={width}
      height={height}
      frames={drawn}
      timeRange={range}
      timeZone={timeZone}
      legend={{ ...LEGEND, ...legend }}
      options={options}
    >
      {(config, aligned) => (
        <>
          <TooltipPlugin
            config={config}
            data={aligned}
            frames={drawn}
            mode={tooltip?.mode ?? TooltipDisplayMode.Multi}
            sortOrder={tooltip?.sort ?? SortOrder.Descending}
            timeZone={timeZone}
          />
          {onZoom && <ZoomPlugin config={config} onZoom={onZoom} />}
          <Marks config={config} marks={marks ?? []} />
        </>
      )}
    </TimeSeries>
  );
}

/** Draws each mark as a dashed line, or a band where it has an end. */
function Marks({ config, marks }: { config: UPlotConfigBuilder; marks: Mark[] }) {
  const theme = useTheme2();
  const current = useRef(marks);
  const plot = useRef<{ redraw: () => void }>();
  useLayoutEffect(() => {
    config.addHook('ready', (made) => {
      plot.current = { redraw: () => made.redraw(false, false) };
    });
    config.addHook('draw', (made) => {
      const { ctx, bbox } = made;
      ctx.save();
      for (const mark of current.current) {
        const color = theme.visualization.getColorByName(mark.color);
        const x = made.valToPos(mark.time, 'x', true);
        const end = mark.timeEnd === undefined ? x : made.valToPos(mark.timeEnd, 'x', true);
        if (end < bbox.left || x > bbox.left + bbox.width) {
          continue;
        }
        const right = Math.min(end, bbox.left + bbox.width);
        const left = Math.max(x, bbox.left);
        ctx.fillStyle = ctx.strokeStyle = color;
        ctx.globalAlpha = 0.15;
        ctx.fillRect(left, bbox.top, Math.max(0, right - left), bbox.height);
        ctx.globalAlpha = 1;
        ctx.lineWidth = Math.max(1, Math.round(devicePixelRatio * 1.5));
        ctx.setLineDash([5, 4]);
        ctx.beginPath();
        ctx.moveTo(left, bbox.top);
        ctx.lineTo(left, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    });
  }, [config, theme]);
  useLayoutEffect(() => {
    current.current = marks;
    plot.current?.redraw();
  }, [marks]);
  return null;
}
