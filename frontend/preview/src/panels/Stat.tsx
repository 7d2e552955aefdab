// Single figures, by Grafana's BigValue.
import { getFieldDisplayValues, VizOrientation, type FieldDisplay, type ReduceDataOptions } from '@grafana/data';
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  VizRepeater,
  useTheme2,
} from '@grafana/ui';
import React from 'react';

import { templates } from '../host/templates';
import type { PanelProps } from './PanelBody';

interface StatOptions {
  reduceOptions: ReduceDataOptions;
  colorMode?: BigValueColorMode;
  graphMode?: BigValueGraphMode;
  justifyMode?: BigValueJustifyMode;
  textMode?: BigValueTextMode;
}

/** The figures of a panel, reduced as its options say. */
export function useFigures({ frames, fieldConfig, timeZone, options }: PanelProps): () => FieldDisplay[] {
  const theme = useTheme2();
  const { reduceOptions, graphMode } = options as unknown as StatOptions;
  return () =>
    getFieldDisplayValues({
      data: frames,
      fieldConfig,
      reduceOptions,
      replaceVariables: (text, scoped) => templates.replace(text, scoped),
      sparkline: graphMode !== undefined && graphMode !== BigValueGraphMode.None,
      theme,
      timeZone,
    });
}

export function Stat(props: PanelProps) {
  const { width, height, frames, options } = props;
  const theme = useTheme2();
  const getValues = useFigures(props);
  const { colorMode, graphMode, justifyMode, textMode } = options as unknown as StatOptions;
  return (
    <VizRepeater
      getValues={getValues}
      source={frames}
      renderCounter={0}
      width={width}
      height={height}
      orientation={VizOrientation.Auto}
      autoGrid
      renderValue={({ value, width, height, count }) => (
        <BigValue
          value={value.display}
          sparkline={value.sparkline}
          width={width}
          height={height}
          theme={theme}
          count={count}
          colorMode={colorMode ?? BigValueColorMode.Value}
          graphMode={graphMode ?? BigValueGraphMode.None}
          justifyMode={justifyMode ?? BigValueJustifyMode.Auto}
          textMode={textMode ?? BigValueTextMode.Auto}
        />
      )}
    />
  );
}
