// What the last run came to: how long it has been running, why it failed, or what each leg did.
import { LoadingState, type PanelData } from '@grafana/data';
import { Alert, Text } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import { outcomes, outcomeText, rowsOf } from './outcome';

interface Props {
  data?: PanelData;
  refId: string;
  failure?: string;
}

/** From here on a run is slow, in milliseconds. */
const PATIENCE = 5_000;

export function RunOutcome({ data, refId, failure }: Props) {
  if (data?.state === LoadingState.Loading) {
    return <Running since={data.request?.startTime} />;
  }
  if (failure) {
    return (
      <div style={{ overflowWrap: 'anywhere' }}>
        <Alert severity="error" title={failure} />
      </div>
    );
  }
  const series = data?.series ?? [];
  const found = outcomes(series, refId);
  return (
    <div role="status">
      {found.map((outcome) => (
        <Text key={outcome.leg} element="p" variant="bodySmall" color="secondary">
          {outcomeText(outcome)}
        </Text>
      ))}
      {found.length > 0 && rowsOf(series, refId) === 0 && (
        <Text element="p" variant="bodySmall" color="secondary">
          No rows: nothing in this time range fits. Try a longer range, or fewer filters.
        </Text>
      )}
    </div>
  );
}

function Running({ since }: { since?: number }) {
  const [began] = useState(() => since ?? Date.now());
  const [elapsed, setElapsed] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setElapsed(Date.now() - began), 1_000);
    return () => clearInterval(timer);
  }, [began]);
  return (
    <Text element="p" variant="bodySmall" color="secondary">
      {elapsed < PATIENCE
        ? 'Running…'
        : `Running for ${Math.floor(elapsed / 1_000)} s. Athena reads files for every row: a shorter range, fewer columns or a coarser bucket answers sooner.`}
    </Text>
  );
}
