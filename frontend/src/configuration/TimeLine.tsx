// Retention, lag and the boundary between them, drawn as a time line that moves as they are edited.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, useStyles2 } from '@grafana/ui';
import React from 'react';

import { durationText, seam, seamText, type Seam } from './seam';

interface Props {
  retention?: string;
  margin?: string;
  lag?: string;
}

export function TimeLine(props: Props) {
  const found = seam(props);
  if ('wrong' in found) {
    return (
      <Alert severity="warning" title={`The ${found.wrong} is no duration: write it as 15m, 24h or 7d.`}>
        The time line appears once it is.
      </Alert>
    );
  }
  return (
    <>
      {!found.isPossible && <Alert severity="error" title={seamText(found)} />}
      <Drawing seam={found} />
    </>
  );
}

function Drawing({ seam }: { seam: Seam }) {
  const styles = useStyles2(getStyles);
  const { retention, lag, oldest, isPossible } = seam;
  const span = Math.max(retention, lag) * 1.3;
  /** Percent from the left: now is at the right. */
  const at = (age: number) => `${(100 - (age / span) * 100).toFixed(2)}%`;
  const bar = (from: string, to: string) => ({ left: from, width: `calc(${to} - ${from})` });
  return (
    <figure className={styles.figure}>
      <div className={styles.track} aria-hidden="true" data-testid="seam">
        {isPossible && <div className={styles.window} style={bar(at(oldest), at(lag))} />}
        <div className={styles.historical} style={bar('0%', at(lag))}>
          Athena
        </div>
        <div className={styles.realtime} style={bar(at(retention), '100%')}>
          Timestream
        </div>
      </div>
      <div className={styles.scale} aria-hidden="true">
        <span style={{ left: at(retention) }}>{durationText(retention)}</span>
        {/* Never over the word at the end. */}
        <span style={{ left: `min(${at(lag)}, calc(100% - 5em))` }}>{durationText(lag)}</span>
        <span className={styles.now}>now</span>
      </div>
      {isPossible && <figcaption>{seamText(seam)}</figcaption>}
    </figure>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  // The window's edge must not run through a word.
  const opaque = (tint: string) => `linear-gradient(${tint}, ${tint}), ${theme.colors.background.primary}`;
  const bar = css({
    position: 'absolute',
    height: theme.spacing(3),
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(0, 1),
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: `calc(${theme.spacing(3)} - 2px)`,
    color: theme.colors.text.primary,
    overflow: 'hidden',
    whiteSpace: 'nowrap',
  });
  return {
    figure: css({ maxWidth: 640, margin: theme.spacing(0, 0, 3), figcaption: { color: theme.colors.text.secondary } }),
    track: css({ position: 'relative', height: theme.spacing(8) }),
    historical: css(bar, {
      top: theme.spacing(0.5),
      background: opaque(theme.colors.info.transparent),
      border: `1px solid ${theme.colors.info.border}`,
    }),
    realtime: css(bar, {
      top: theme.spacing(4.5),
      background: opaque(theme.colors.success.transparent),
      border: `1px solid ${theme.colors.success.border}`,
      textAlign: 'right',
    }),
    window: css({
      position: 'absolute',
      top: 0,
      bottom: 0,
      border: `1px dashed ${theme.colors.border.strong}`,
      background: theme.colors.action.hover,
    }),
    scale: css({
      position: 'relative',
      height: theme.spacing(3),
      borderTop: `1px solid ${theme.colors.border.medium}`,
      fontSize: theme.typography.bodySmall.fontSize,
      color: theme.colors.text.secondary,
      span: { position: 'absolute', transform: 'translateX(-50%)' },
    }),
    now: css({ right: 0, transform: 'none !important' }),
  };
};
