// Rows, by the table that Grafana's own panel uses since 12.
import { css } from '@emotion/css';
import { cacheFieldDisplayNames } from '@grafana/data';
import { TableCellHeight } from '@grafana/schema';
import { TableNG } from '@grafana/ui/unstable';
import type { TableSortByFieldState } from '@grafana/ui';
import React, { useMemo } from 'react';

import type { PanelProps } from './PanelBody';

/** Rows below the fold are there too: for the browser's search, and in pictures of the whole page. */
const LOOK = css({ '[role=grid], [role=treegrid]': { contentVisibility: 'visible' } });

/** The bundled dashboards' rows are this high. */
const DENSE = TableCellHeight.Sm;

export function Rows({ width, height, frames, options }: PanelProps) {
  const { sortBy, cellHeight } = options as { sortBy?: TableSortByFieldState[]; cellHeight?: TableCellHeight };
  const frame = useMemo(() => {
    // The table reads its headers where this puts them.
    cacheFieldDisplayNames(frames);
    return frames[0];
  }, [frames]);
  // Rows that are there already stay where they are when columns are the same.
  const structure = useMemo(() => hashOf(frame), [frame]);
  if (!frame) {
    return null;
  }
  return (
    <div className={LOOK}>
      <TableNG
        data={frame}
        width={width}
        height={height}
        cellHeight={cellHeight ?? DENSE}
        sortBy={sortBy}
        structureRev={structure}
        // The other way compiles code, which the page's content security policy does not let it.
        protoParserEnabled
      />
    </div>
  );
}

/** A number that changes with the columns' names. */
function hashOf(frame?: PanelProps['frames'][number]): number {
  const text = (frame?.fields ?? []).map(({ name }) => name).join('\n');
  return [...text].reduce((hash, character) => (hash * 31 + character.charCodeAt(0)) | 0, 7);
}
