// Bars of single figures, by Grafana's BarGauge.
import { getDisplayValueAlignmentFactors, VizOrientation, type FieldDisplay } from '@grafana/data';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode } from '@grafana/schema';
import { BarGauge, VizRepeater, useTheme2 } from '@grafana/ui';
import React from 'react';

import type { PanelProps } from './PanelBody';
import { useFigures } from './Stat';

interface BarOptions {
  displayMode?: BarGaugeDisplayMode;
  orientation?: VizOrientation;
  showUnfilled?: boolean;
  valueMode?: BarGaugeValueMode;
  namePlacement?: BarGaugeNamePlacement;
  minVizHeight?: number;
  minVizWidth?: number;
  maxVizHeight?: number;
}

export function Bars(props: PanelProps) {
  const { width, height, frames, options } = props;
  const theme = useTheme2();
  const getValues = useFigures(props);
  const { displayMode, orientation, showUnfilled, valueMode, namePlacement, ...sizes } =
    options as unknown as BarOptions;
  return (
    <VizRepeater<FieldDisplay, ReturnType<typeof getDisplayValueAlignmentFactors>>
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      source={frames}
      renderCounter={0}
      width={width}
      height={height}
      orientation={orientation ?? VizOrientation.Horizontal}
      minVizHeight={sizes.minVizHeight}
      minVizWidth={sizes.minVizWidth}
      maxVizHeight={sizes.maxVizHeight}
      itemSpacing={8}
      renderValue={({ value, width, height, orientation, alignmentFactors, count }) => (
        <BarGauge
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
          width={width}
          height={height}
          orientation={orientation}
          theme={theme}
          alignmentFactors={count > 1 ? alignmentFactors : undefined}
          displayMode={displayMode ?? BarGaugeDisplayMode.Gradient}
          valueDisplayMode={valueMode}
          namePlacement={namePlacement}
          showUnfilled={showUnfilled}
        />
      )}
    />
  );
}
