// Lines, bars and points over time, by Grafana's TimeSeries, with the marks of annotations.
import { FieldType, type DataFrame } from '@grafana/data';
import { SortOrder, TooltipDisplayMode, type VizLegendOptions } from '@grafana/schema';
import { TimeSeries, TooltipPlugin, ZoomPlugin } from '@grafana/ui';
import React, { useMemo } from 'react';

import { Marks } from './Marks';
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
