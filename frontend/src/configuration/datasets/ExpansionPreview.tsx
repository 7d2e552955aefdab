// What $__dataset(name) becomes on each leg.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Stack, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';

import { LEGS, type Leg } from '../../types';
import { reason, type Resources } from '../resources';
import type { Entry } from './entries';

type Expansion = { leg: Leg; sql: string } | { leg: Leg; failure: string };

const PLACES: Record<Leg, string> = { realtime: 'On Timestream', historical: 'On Athena' };

export function ExpansionPreview({ dataset, resources }: { dataset: Entry; resources: Resources }) {
  const [shown, setShown] = useState<{ of: Entry; expansions: Expansion[] }>();
  const [isAsking, setAsking] = useState(false);
  const show = async () => {
    setAsking(true);
    const expansions = await Promise.all(
      LEGS.map(async (leg): Promise<Expansion> => {
        try {
          return { leg, ...(await resources.post<{ sql: string }>('expand', { dataset, leg })) };
        } catch (error) {
          return { leg, failure: reason(error) };
        }
      })
    );
    setShown({ of: dataset, expansions });
    setAsking(false);
  };
  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      <div>
        <Button
          variant="secondary"
          size="sm"
          icon={isAsking ? 'spinner' : 'eye'}
          type="button"
          disabled={isAsking}
          onClick={() => void show()}
        >
          {isAsking ? 'Asking both legs' : 'Preview its SQL'}
        </Button>
      </div>
      <div aria-live="polite">{shown?.of === dataset && <Expansions expansions={shown.expansions} />}</div>
    </Stack>
  );
}

function Expansions({ expansions }: { expansions: Expansion[] }) {
  const styles = useStyles2(getStyles);
  const failures = expansions.flatMap((expansion) => ('failure' in expansion ? [expansion.failure] : []));
  // What is wrong with the settings as a whole is wrong on both legs: once is enough.
  if (failures.length === LEGS.length && new Set(failures).size === 1) {
    return <Alert severity="warning" title={failures[0]!} />;
  }
  return (
    <>
      {expansions.map((expansion) =>
        'sql' in expansion ? (
          <figure key={expansion.leg} className={styles.figure}>
            <figcaption>{PLACES[expansion.leg]}</figcaption>
            <pre>{expansion.sql}</pre>
          </figure>
        ) : (
          <Alert key={expansion.leg} severity="warning" title={`${PLACES[expansion.leg]}: ${expansion.failure}`} />
        )
      )}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({
    margin: theme.spacing(0, 0, 1),
    figcaption: { fontWeight: theme.typography.fontWeightMedium, marginBottom: theme.spacing(0.5) },
    pre: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 },
  }),
});
