// Which leg answers: the choice, and what it means for this panel's range.
import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, Icon, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { useId, useState, type ReactNode } from 'react';

import { ROUTE_NAMES } from '../display';
import type { Explanation, Route, Slice } from '../types';
import { badgeText } from './badge';
import type { Explained } from './useExplanation';

interface Props {
  route: Route;
  explained: Explained;
  /** What stands in the same row, before and after. */
  before?: ReactNode;
  after?: ReactNode;
  onChange: (route: Route) => void;
}

const ROUTES = (Object.keys(ROUTE_NAMES) as Route[]).map((value) => ({
  value,
  label: ROUTE_NAMES[value],
  description: {
    auto: 'Whichever leg holds the range, or both',
    realtime: 'Timestream',
    historical: 'Athena',
  }[value],
}));

export function RouteRow({ route, explained, before, after, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [isOpen, setOpen] = useState(false);
  const details = useId();
  return (
    <div className={styles.whole}>
      <div className={styles.row}>
        {before}
        <RadioButtonGroup size="sm" aria-label="Route" options={ROUTES} value={route} onChange={onChange} />
        <span aria-live="polite" className={styles.badge}>
          {explained.state === 'asking' && <Badge color="darkgrey" text="Working out the route" />}
          {explained.state === 'known' && (
            <Button
              size="sm"
              variant="secondary"
              fill="outline"
              type="button"
              icon={isOpen ? 'angle-down' : 'angle-right'}
              aria-expanded={isOpen}
              aria-controls={details}
              onClick={() => setOpen(!isOpen)}
            >
              {badgeText(explained.explanation)}
            </Button>
          )}
        </span>
        {after}
      </div>
      {explained.state === 'failed' && (
        <div className={styles.failure} role="status">
          <Icon name="exclamation-triangle" /> No route: {explained.message}
        </div>
      )}
      {explained.state === 'known' && isOpen && (
        <div id={details} className={styles.details}>
          <Details explanation={explained.explanation} />
        </div>
      )}
    </div>
  );
}

function Details({ explanation }: { explanation: Explanation }) {
  const { kind, reason, why, boundary, slices, notices } = explanation;
  return (
    <>
      <p>{why}</p>
      <p>
        Kind: {kind}. {reason}
      </p>
      {boundary && (
        <p>
          Boundary: {dateTimeFormat(boundary.at)}, {boundary.why}
        </p>
      )}
      <ol>
        {slices.map((slice) => (
          <li key={`${slice.leg} ${slice.from}`}>
            <SliceText slice={slice} isOpen={slices.length === 1} />
          </li>
        ))}
      </ol>
      {notices.map((notice) => (
        <p key={notice.text}>{notice.text}</p>
      ))}
    </>
  );
}

/** A long range has many slices: what each of them runs is there when it is asked for. */
function SliceText({ slice, isOpen }: { slice: Slice; isOpen: boolean }) {
  const { leg, region, from, to, partition, estimatedCost, sql } = slice;
  return (
    <details open={isOpen}>
      <summary>
        {leg === 'realtime' ? 'Timestream' : 'Athena'} in {region}: {dateTimeFormat(from)} to {dateTimeFormat(to)}
        {estimatedCost !== null && `, about $${estimatedCost.toPrecision(2)}`}
      </summary>
      {partition && (
        <p>
          Partitions: <code>{partition}</code>
        </p>
      )}
      <pre>{sql}</pre>
    </details>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  whole: css({ flex: '1 1 100%', minWidth: 0, overflowWrap: 'anywhere' }),
  row: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1, 2), alignItems: 'center' }),
  badge: css({
    minWidth: 0,
    button: { height: 'auto', minHeight: theme.spacing(3), whiteSpace: 'normal', textAlign: 'left' },
  }),
  failure: css({
    marginTop: theme.spacing(1),
    color: theme.colors.warning.text,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  details: css({
    marginTop: theme.spacing(1),
    padding: theme.spacing(1, 2),
    background: theme.colors.background.primary,
    borderRadius: theme.shape.radius.default,
    fontSize: theme.typography.bodySmall.fontSize,
    p: { margin: theme.spacing(0.5, 0) },
    ol: { listStyle: 'none', margin: 0, padding: 0 },
    li: { marginBottom: theme.spacing(0.5) },
    summary: { cursor: 'pointer' },
    pre: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: theme.spacing(0.5, 0) },
    // Grafana keeps code on one line, and a partition predicate is longer than any page.
    code: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  }),
});
