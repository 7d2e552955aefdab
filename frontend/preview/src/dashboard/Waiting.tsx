// What stands in a panel until its first answer: where its figures, lines or rows will be.
import { css, keyframes } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

/** Heights of a graph's bars, in percent. */
const BARS = [28, 40, 36, 62, 78, 70, 88, 64, 74, 52, 44, 32];

export function Waiting({ type }: { type: string }) {
  const styles = useStyles2(getStyles);
  if (type === 'stat') {
    return (
      <div className={styles.centre} aria-hidden>
        <div className={styles.figure} />
      </div>
    );
  }
  if (type === 'table' || type === 'bargauge') {
    return (
      <div className={styles.rows} aria-hidden>
        {Array.from({ length: 6 }, (_, row) => (
          <div key={row} className={styles.row} style={{ width: type === 'table' ? '100%' : `${95 - row * 13}%` }} />
        ))}
      </div>
    );
  }
  return (
    <div className={styles.graph} aria-hidden>
      {BARS.map((height, bar) => (
        <div key={bar} className={styles.bar} style={{ height: `${height}%` }} />
      ))}
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  const breathe = keyframes({ '50%': { opacity: 0.45 } });
  const block = {
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    '@media (prefers-reduced-motion: no-preference)': { animation: `${breathe} 1.6s ease-in-out infinite` },
  };
  return {
    centre: css({ display: 'grid', placeItems: 'center', height: '100%' }),
    figure: css({ ...block, width: '55%', height: '45%' }),
    rows: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), height: '100%', overflow: 'hidden' }),
    row: css({ ...block, flex: 'none', height: theme.spacing(3.5) }),
    graph: css({ display: 'flex', alignItems: 'flex-end', gap: theme.spacing(1), height: '100%' }),
    bar: css({ ...block, flex: 1 }),
  };
}
