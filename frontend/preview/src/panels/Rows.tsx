// Rows, by Grafana's table.
import { Table, type TableSortByFieldState } from '@grafana/ui';
import React from 'react';

import type { PanelProps } from './PanelBody';

export function Rows({ width, height, frames, options, title }: PanelProps) {
  const { sortBy } = options as { sortBy?: TableSortByFieldState[] };
  const [frame] = frames;
  if (!frame) {
    return null;
  }
  return <Table data={frame} width={width} height={height} initialSortBy={sortBy} ariaLabel={title} resizable />;
}
