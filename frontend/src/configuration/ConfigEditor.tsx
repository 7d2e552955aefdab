// The settings page: the connection, the two legs, where they meet, datasets, limits.
import { css, cx } from '@emotion/css';
import { ConnectionConfig } from '@grafana/aws-sdk';
import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { ConfigSection } from '@grafana/plugin-ui';
import { Alert, Divider, Field, SecretInput } from '@grafana/ui';
import React, { useMemo } from 'react';

import type { SwitchboardOptions, SwitchboardSecrets } from '../types';
import { withField, withSetting } from './change';
import { DatasetsSection } from './datasets/DatasetsSection';
import { HistoricalSection } from './HistoricalSection';
import { LegsHealth } from './LegsHealth';
import { LimitsSection } from './LimitsSection';
import { ReadOnly } from './readOnly';
import { RealtimeSection } from './RealtimeSection';
import { DEFAULT_REGIONS } from './regions';
import { Resources } from './resources';
import { TextField } from './TextField';
import { TimeLine } from './TimeLine';

type Props = DataSourcePluginOptionsEditorProps<SwitchboardOptions, SwitchboardSecrets>;

const styles = {
  // Names of settings and of roles are longer than a small page is wide.
  page: css({ overflowWrap: 'anywhere' }),
  /** Wide enough for a sentence, and never wider than the page. */
  section: css({ maxWidth: 720, minWidth: 0, border: 'none', padding: 0, margin: 0 }),
  /** Grafana's editor of the connection opens its lists even where its fields are disabled. */
  connection: css({ '&:disabled': { pointerEvents: 'none' } }),
};

export function ConfigEditor(props: Props) {
  const { options, onOptionsChange } = props;
  const settings = options.jsonData;
  const resources = useMemo(() => new Resources(options.uid), [options.uid]);
  const change = (jsonData: SwitchboardOptions) => onOptionsChange({ ...options, jsonData });
  const { realtime = {}, historical = {}, limits = {} } = settings;
  const areBothOff = realtime.enabled === false && historical.enabled === false;
  const areBothOn = realtime.enabled !== false && historical.enabled !== false;
  return (
    <ReadOnly.Provider value={options.readOnly ?? false}>
      <div className={styles.page}>
        <fieldset className={cx(styles.section, styles.connection)} disabled={options.readOnly}>
          <Connection {...props} />
        </fieldset>
        <Divider />
        <fieldset className={styles.section} disabled={options.readOnly}>
          <RealtimeSection
            settings={realtime}
            resources={resources}
            onChange={(key, value) => change(withSetting(settings, 'realtime', key, value))}
          />
          <Divider />
          <HistoricalSection
            settings={historical}
            defaultRegion={settings.defaultRegion}
            resources={resources}
            onChange={(key, value) => change(withSetting(settings, 'historical', key, value))}
          />
          <Divider />
          {areBothOff && <Alert severity="error" title="Both legs are switched off: switch at least one on." />}
          {areBothOn && (
            <ConfigSection title="Where the legs meet">
              <TimeLine retention={realtime.retention} margin={realtime.margin} lag={historical.lag} />
            </ConfigSection>
          )}
        </fieldset>
        {/* What cannot be changed can be opened and checked all the same. */}
        <DatasetsSection
          datasets={settings.datasets}
          resources={resources}
          onChange={(datasets) => change(withField(settings, 'datasets', datasets))}
        />
        <Divider />
        <div className={styles.section}>
          <LimitsSection
            settings={limits}
            allowExecute={settings.allowExecute ?? false}
            onChange={(key, value) => change(withSetting(settings, 'limits', key, value))}
            onAllowExecute={(isAllowed) => change(withField(settings, 'allowExecute', isAllowed || undefined))}
          />
        </div>
        <Divider />
        <div className={styles.section}>
          <LegsHealth resources={resources} version={options.version} />
        </div>
      </div>
    </ReadOnly.Provider>
  );
}

/** Credentials by Grafana's conventions for AWS, and what its editor of them leaves out. */
function Connection(props: Props) {
  const { options, onOptionsChange } = props;
  const settings = options.jsonData;
  const isSet = Boolean(options.secureJsonFields?.sessionToken);
  return (
    <ConnectionConfig
      {...(props as React.ComponentProps<typeof ConnectionConfig>)}
      skipEndpoint
      loadRegions={undefined}
    >
      <Alert severity="info" title="Each leg has a region of its own, below">
        The default region serves the historical leg where that leg names none; without either it is{' '}
        {DEFAULT_REGIONS.historical}.
      </Alert>
      {settings.authType === 'keys' && (
        <Field label="Session token" htmlFor="session-token" description="Only for temporary keys.">
          <SecretInput
            id="session-token"
            isConfigured={isSet}
            value={options.secureJsonData?.sessionToken ?? ''}
            onChange={(event) =>
              onOptionsChange({
                ...options,
                secureJsonData: { ...options.secureJsonData, sessionToken: event.currentTarget.value },
              })
            }
            onReset={() =>
              onOptionsChange({
                ...options,
                secureJsonFields: { ...options.secureJsonFields, sessionToken: false },
                secureJsonData: { ...options.secureJsonData, sessionToken: '' },
              })
            }
          />
        </Field>
      )}
      <TextField
        id="sts-endpoint"
        label="STS endpoint"
        description="Where roles are assumed, if not at the region's own endpoint."
        placeholder="https://sts.eu-west-2.amazonaws.com"
        value={settings.stsEndpoint}
        onChange={(value) => onOptionsChange({ ...options, jsonData: withField(settings, 'stsEndpoint', value) })}
      />
    </ConnectionConfig>
  );
}
