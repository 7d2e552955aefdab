// The real-time leg: Timestream.
import { ConfigSection } from '@grafana/plugin-ui';
import { Alert, Field, Switch } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import type { RealtimeSettings } from '../types';
import { NameField } from './NameField';
import { DEFAULT_REGIONS, TIMESTREAM_REGIONS, timestreamFault } from './regions';
import type { Resources } from './resources';
import { DEFAULTS, isWidth, parseDuration } from './seam';
import { TextField } from './TextField';

interface Props {
  settings: RealtimeSettings;
  resources: Resources;
  onChange: <K extends keyof RealtimeSettings>(key: K, value: RealtimeSettings[K] | undefined) => void;
}

export function RealtimeSection({ settings, resources, onChange }: Props) {
  const [regions, setRegions] = useState(TIMESTREAM_REGIONS);
  useEffect(() => {
    let isCurrent = true;
    resources.regions().then(
      (known) => isCurrent && setRegions(known.filter(({ timestream }) => timestream).map(({ name }) => name)),
      // The built-in list does, until the backend answers.
      () => undefined
    );
    return () => {
      isCurrent = false;
    };
  }, [resources]);

  const isOn = settings.enabled ?? true;
  const region = settings.region ?? DEFAULT_REGIONS.realtime;
  const { database, table } = settings;
  return (
    <ConfigSection title="Real-time leg: Timestream" description="Answers the last hours, within seconds of an event.">
      <Field label="Use the real-time leg" htmlFor="realtime-enabled">
        <Switch
          id="realtime-enabled"
          value={isOn}
          onChange={(event) => onChange('enabled', event.currentTarget.checked ? undefined : false)}
        />
      </Field>
      {isOn && (
        <>
          <Alert severity="info" title="Timestream for LiveAnalytics is closed to new AWS customers">
            Accounts that used it before June 2025 keep it. Without it, switch this leg off: Athena serves all panels.
          </Alert>
          <NameField
            id="realtime-region"
            label="Region"
            value={region}
            error={timestreamFault(region, regions)}
            list={async () => regions}
            onChange={(value) => onChange('region', value)}
          />
          <NameField
            id="realtime-database"
            label="Database"
            description="What $__database means, and where datasets look for their tables."
            placeholder="such as connect"
            value={database}
            list={() => resources.get('realtime/databases')}
            onChange={(value) => onChange('database', value)}
          />
          <NameField
            id="realtime-table"
            label="Table"
            description="What $__table means in SQL."
            placeholder="such as contact_events"
            value={table}
            list={() => resources.get('realtime/tables', { database })}
            onChange={(value) => onChange('table', value)}
          />
          <NameField
            id="realtime-measure"
            label="Measure"
            description="What $__measure means in SQL."
            placeholder="such as event"
            value={settings.measure}
            list={() => resources.get('realtime/measures', { database, table })}
            onChange={(value) => onChange('measure', value)}
          />
          <DurationField
            id="realtime-retention"
            label="Retention"
            description="How far back the tables reach: the memory store's retention, or the magnetic store's where late data is written there."
            placeholder={DEFAULTS.retention}
            value={settings.retention}
            onChange={(value) => onChange('retention', value)}
          />
          <DurationField
            id="realtime-margin"
            label="Margin"
            description="How much of the retention's oldest end is not relied on, since rows there are about to be dropped."
            placeholder={DEFAULTS.margin}
            isZeroAllowed
            value={settings.margin}
            onChange={(value) => onChange('margin', value)}
          />
          <TextField
            id="realtime-endpoint"
            label="Endpoint"
            description={`A VPC endpoint, if there is one, such as https://query-cell1.timestream.${region}.amazonaws.com; switches Timestream's endpoint discovery off.`}
            placeholder="AWS's own, by discovery"
            value={settings.endpoint}
            onChange={(value) => onChange('endpoint', value)}
          />
          <RoleFields leg="realtime" settings={settings} onChange={onChange} />
        </>
      )}
    </ConfigSection>
  );
}

interface DurationProps {
  id: string;
  label: string;
  description: string;
  placeholder: string;
  value?: string;
  /** Whether no time at all is a value, too. */
  isZeroAllowed?: boolean;
  onChange: (value: string) => void;
}

export function DurationField({ isZeroAllowed, ...props }: DurationProps) {
  const { value } = props;
  const isWrong = Boolean(value) && !(isZeroAllowed ? parseDuration(value!) !== undefined : isWidth(value!));
  return <TextField {...props} error={isWrong ? 'Write a duration such as 15m, 24h or 7d.' : undefined} />;
}

interface RoleProps {
  leg: 'realtime' | 'historical';
  settings: { assumeRoleArn?: string; externalId?: string };
  onChange: (key: 'assumeRoleArn' | 'externalId', value: string | undefined) => void;
}

/** A role for one leg alone. */
export function RoleFields({ leg, settings, onChange }: RoleProps) {
  return (
    <>
      <TextField
        id={`${leg}-role`}
        label="Role for this leg"
        description="Assumed for this leg instead of the role above."
        placeholder="arn:aws:iam::123456789012:role/grafana"
        value={settings.assumeRoleArn}
        onChange={(value) => onChange('assumeRoleArn', value)}
      />
      {settings.assumeRoleArn && (
        <TextField
          id={`${leg}-external-id`}
          label="External id of this leg's role"
          value={settings.externalId}
          onChange={(value) => onChange('externalId', value)}
        />
      )}
    </>
  );
}
