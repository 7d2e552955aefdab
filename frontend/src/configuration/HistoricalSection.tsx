// The historical leg: Athena.
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Switch } from '@grafana/ui';
import React from 'react';

import type { HistoricalSettings } from '../types';
import { typedNumber, withField } from './change';
import { NameField } from './NameField';
import { DurationField, RoleFields } from './RealtimeSection';
import { DEFAULT_REGIONS } from './regions';
import type { Resources } from './resources';
import { DEFAULTS } from './seam';
import { TextField } from './TextField';

interface Props {
  settings: HistoricalSettings;
  /** The connection's default region, which this leg takes where it has none of its own. */
  defaultRegion?: string;
  resources: Resources;
  onChange: <K extends keyof HistoricalSettings>(key: K, value: HistoricalSettings[K] | undefined) => void;
}

export function HistoricalSection({ settings, defaultRegion, resources, onChange }: Props) {
  const isOn = settings.enabled ?? true;
  const region = settings.region ?? defaultRegion ?? DEFAULT_REGIONS.historical;
  const { catalog, database } = settings;
  const reuse = settings.resultReuse ?? {};
  const isReuseOn = reuse.enabled ?? true;
  return (
    <ConfigSection title="Historical leg: Athena" description="Answers everything older, from S3.">
      <Field label="Use the historical leg" htmlFor="historical-enabled">
        <Switch
          id="historical-enabled"
          value={isOn}
          onChange={(event) => onChange('enabled', event.currentTarget.checked ? undefined : false)}
        />
      </Field>
      {isOn && (
        <>
          <NameField
            id="historical-region"
            label="Region"
            value={region}
            list={async () => (await resources.regions()).map(({ name }) => name)}
            onChange={(value) => onChange('region', value)}
          />
          <NameField
            id="historical-catalog"
            label="Catalog"
            placeholder="AwsDataCatalog"
            value={catalog}
            list={() => resources.get('historical/catalogs')}
            onChange={(value) => onChange('catalog', value)}
          />
          <NameField
            id="historical-database"
            label="Database"
            description="Where unqualified names and datasets look for their tables."
            placeholder="such as connect"
            value={database}
            list={() => resources.get('historical/databases', { catalog })}
            onChange={(value) => onChange('database', value)}
          />
          <NameField
            id="historical-workgroup"
            label="Workgroup"
            description="Runs the queries and pays for them."
            placeholder="primary"
            value={settings.workgroup}
            list={() => resources.get('historical/workgroups')}
            onChange={(value) => onChange('workgroup', value)}
          />
          <TextField
            id="historical-output"
            label="Output location"
            description="Where results go, if the workgroup does not say."
            placeholder="s3://bucket/prefix/"
            value={settings.outputLocation}
            error={
              settings.outputLocation && !/^s3:\/\/[^/]{3,}/.test(settings.outputLocation)
                ? 'Write it as s3://bucket/prefix/.'
                : undefined
            }
            onChange={(value) => onChange('outputLocation', value)}
          />
          <DurationField
            id="historical-lag"
            label="Lag"
            description="How late the tables are complete: what is older will not change any more."
            placeholder={DEFAULTS.lag}
            isZeroAllowed
            value={settings.lag}
            onChange={(value) => onChange('lag', value)}
          />
          <Field
            label="Reuse results"
            htmlFor="historical-reuse"
            description="The same statement is answered from Athena's earlier result and scans nothing."
          >
            <Switch
              id="historical-reuse"
              value={isReuseOn}
              onChange={(event) =>
                onChange('resultReuse', withField(reuse, 'enabled', event.currentTarget.checked ? undefined : false))
              }
            />
          </Field>
          {isReuseOn && (
            <TextField
              id="historical-reuse-age"
              label="Reuse results up to this old, in minutes"
              type="number"
              min={0}
              max={10_080}
              placeholder="60"
              value={reuse.maxAgeMinutes}
              onChange={(value) => onChange('resultReuse', withField(reuse, 'maxAgeMinutes', typedNumber(value)))}
            />
          )}
          <TextField
            id="historical-endpoint"
            label="Endpoint"
            description="A VPC endpoint of Athena, if there is one."
            placeholder={`https://athena.${region}.amazonaws.com`}
            value={settings.endpoint}
            onChange={(value) => onChange('endpoint', value)}
          />
          <TextField
            id="historical-s3-endpoint"
            label="S3 endpoint"
            description="A VPC endpoint of S3, if there is one."
            placeholder={`https://s3.${region}.amazonaws.com`}
            value={settings.s3Endpoint}
            onChange={(value) => onChange('s3Endpoint', value)}
          />
          <RoleFields leg="historical" settings={settings} onChange={onChange} />
        </>
      )}
    </ConfigSection>
  );
}
