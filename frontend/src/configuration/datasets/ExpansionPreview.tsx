// What $__dataset(name) becomes on each leg.
import { Alert, Button, Stack } from '@grafana/ui';
import React, { useState } from 'react';

import { LEGS, type Leg } from '../../types';
import { reason, type Resources } from '../resources';
import type { Entry } from './entries';

type Expansion = { leg: Leg; sql: string } | { leg: Leg; failure: string };

export function ExpansionPreview({ dataset, resources }: { dataset: Entry; resources: Resources }) {
  const [shown, setShown] = useState<{ of: Entry; expansions: Expansion[] }>();
  const show = async () => {
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
  };
  return (
    <Stack direction="column" gap={1} alignItems="stretch">
      <div>
        <Button variant="secondary" size="sm" icon="eye" type="button" onClick={() => void show()}>
          Preview its SQL
        </Button>
      </div>
      <div aria-live="polite">
        {shown?.of === dataset &&
          shown.expansions.map((expansion) =>
            'sql' in expansion ? (
              <figure key={expansion.leg}>
                <figcaption>{expansion.leg === 'realtime' ? 'On Timestream' : 'On Athena'}</figcaption>
                <pre style={{ whiteSpace: 'pre-wrap' }}>{expansion.sql}</pre>
              </figure>
            ) : (
              <Alert
                key={expansion.leg}
                severity="warning"
                title={`${expansion.leg === 'realtime' ? 'On Timestream' : 'On Athena'}: ${expansion.failure}`}
              />
            )
          )}
      </div>
    </Stack>
  );
}
