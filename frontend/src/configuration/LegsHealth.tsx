// Each leg's health, with what to do: what Save & test says in one sentence, told apart.
import { Alert, Button, Stack, Text } from '@grafana/ui';
import React, { useState } from 'react';

import { LEGS, type DatasetHealth, type Leg, type LegHealth } from '../types';
import type { Health, Resources } from './resources';

const NAMES: Record<Leg, string> = { realtime: 'Real-time leg', historical: 'Historical leg' };

/** `version` counts saves: what was found before a save is about other settings. */
export function LegsHealth({ resources, version }: { resources: Resources; version?: number }) {
  const [found, setFound] = useState<{ version?: number; health: Health }>();
  const [isChecking, setChecking] = useState(false);
  const check = async () => {
    setChecking(true);
    setFound({ version, health: await resources.health() });
    setChecking(false);
  };
  const health = found?.version === version ? found?.health : undefined;
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      <Button
        variant="secondary"
        icon={isChecking ? 'spinner' : 'heart'}
        type="button"
        disabled={isChecking}
        onClick={() => void check()}
      >
        {isChecking ? 'Checking both legs' : 'Check each leg'}
      </Button>
      <Text color="secondary" variant="bodySmall">
        By the settings as they were saved last; each leg runs a query to its end.
      </Text>
      <div aria-live="polite" style={{ width: '100%' }}>
        {health && <Report health={health} />}
      </div>
    </Stack>
  );
}

function Report({ health }: { health: Health }) {
  const legs = LEGS.flatMap((leg) => {
    const found = health.details?.legs?.[leg];
    return found ? [[leg, found] as const] : [];
  });
  if (legs.length === 0) {
    return (
      <Alert severity={health.status === 'OK' ? 'success' : 'error'} title={health.message}>
        {health.details?.verboseMessage}
      </Alert>
    );
  }
  return (
    <>
      {legs.map(([leg, found]) => (
        <LegReport key={leg} leg={leg} found={found} />
      ))}
      <DatasetsReport datasets={health.details?.datasets ?? []} warnings={health.details?.warnings ?? []} />
    </>
  );
}

function DatasetsReport({ datasets, warnings }: { datasets: DatasetHealth[]; warnings: string[] }) {
  const failing = datasets.filter(({ status }) => status === 'error');
  const names = [...new Set(datasets.map(({ name }) => name))];
  return (
    <>
      {failing.map(({ name, leg, error, advice }) => (
        <Alert key={`${name} ${leg}`} severity="error" title={error ?? `Dataset ${name} fails.`}>
          {advice}
        </Alert>
      ))}
      {warnings.map((warning) => (
        <Alert key={warning} severity="warning" title={warning} />
      ))}
      {names.length > 0 && failing.length === 0 && (
        <Alert severity="success" title={`Datasets: ${names.join(', ')} OK, with the columns that the settings name`} />
      )}
    </>
  );
}

function LegReport({ leg, found }: { leg: Leg; found: LegHealth }) {
  const { status, service, region, latencyMs, error, advice, results, warnings } = found;
  const title = `${NAMES[leg]} (${service} in ${region}): ${status === 'ok' ? `OK in ${latencyMs} ms` : error}`;
  const severity = status === 'error' ? 'error' : warnings.length > 0 ? 'warning' : 'success';
  return (
    <Alert severity={severity} title={title}>
      {[advice, results && `Larger results come ${results}.`, ...warnings].filter(Boolean).map((line) => (
        <div key={line}>{line}</div>
      ))}
    </Alert>
  );
}
