// What is inside a panel: by its kind, or why there is nothing to draw.
import type { DataFrame, FieldConfigSource, TimeRange } from '@grafana/data';
import React from 'react';

import type { Mark } from '../dashboard/annotations';
import { Bars } from './Bars';
import { Lines } from './Lines';
import { Rows } from './Rows';
import { Stat } from './Stat';
import { States } from './States';

export interface PanelProps {
  type: string;
  title: string;
  width: number;
  height: number;
  /** With fields that know how to show themselves. */
  frames: DataFrame[];
  options: Record<string, unknown>;
  fieldConfig: FieldConfigSource;
  range: TimeRange;
  timeZone: string;
  marks?: Mark[];
  onZoom?: (range: { from: number; to: number }) => void;
}

export const PANELS: Record<string, (props: PanelProps) => React.JSX.Element | null> = {
  stat: Stat,
  bargauge: Bars,
  timeseries: Lines,
  table: Rows,
  'state-timeline': States,
};

export function PanelBody(props: PanelProps) {
  const Drawn = PANELS[props.type];
  return Drawn ? <Drawn {...props} /> : <>The preview does not draw panels of the kind {props.type}.</>;
}
