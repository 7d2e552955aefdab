// The plugin's settings page, with what Grafana puts around it: Save & test.
import type { DataSourceSettings } from '@grafana/data';
import { Alert, Button, Stack, Text } from '@grafana/ui';
import React, { useState } from 'react';

import { backend } from '../host/backend';
import type { Instance, Plugin, Sources } from '../host/plugin';
import { Boundary } from '../panels/Boundary';

interface Props {
  uid?: string;
  plugin: Plugin;
  sources: Sources;
  onOpen: (uid: string) => void;
}

interface Tested {
  status: 'success' | 'error';
  message: string;
  verbose?: string;
}

export function SettingsPage({ uid, plugin, sources, onOpen }: Props) {
  const all = sources.list();
  const instance = all.find((one) => one.uid === uid) ?? all[0];
  const add = async () => {
    const { uid: added } = await backend.post<Instance>('/api/datasources');
    await sources.reload();
    onOpen(added);
  };
  return (
    <Stack direction="column" gap={2}>
      <Text element="h1" variant="h3">
        Data sources
      </Text>
      <Stack wrap="wrap" gap={1}>
        {all.map(({ uid: one, name }) => (
          <Button key={one} variant={one === instance?.uid ? 'primary' : 'secondary'} onClick={() => onOpen(one)}>
            {name}
          </Button>
        ))}
        <Button variant="secondary" fill="outline" icon="plus" onClick={() => void add()}>
          Add data source
        </Button>
      </Stack>
      {instance && <Settings key={instance.uid} instance={instance} plugin={plugin} sources={sources} />}
    </Stack>
  );
}

function Settings({ instance, plugin, sources }: { instance: Instance; plugin: Plugin; sources: Sources }) {
  const [options, setOptions] = useState<DataSourceSettings>(() => optionsOf(instance));
  const [tested, setTested] = useState<Tested>();
  const [isTesting, setTesting] = useState(false);
  const test = async () => {
    setTesting(true);
    setTested(undefined);
    setTested(await saveAndTest(options, sources, (saved) => setOptions(optionsOf(saved))));
    setTesting(false);
  };
  const { ConfigEditor } = plugin;
  return (
    <Stack direction="column" gap={2}>
      {instance.readOnly && (
        <Alert severity="info" title="Provisioned data source">
          This data source was added by a file, and cannot be changed here.
        </Alert>
      )}
      <Boundary>
        <ConfigEditor options={options} onOptionsChange={setOptions} />
      </Boundary>
      <div aria-live="polite">
        {tested && (
          <Alert severity={tested.status} title={tested.message}>
            {tested.verbose}
          </Alert>
        )}
      </div>
      <div>
        <Button disabled={isTesting} icon={isTesting ? 'spinner' : undefined} onClick={() => void test()}>
          {instance.readOnly ? 'Test' : 'Save & test'}
        </Button>
      </div>
    </Stack>
  );
}

async function saveAndTest(
  options: DataSourceSettings,
  sources: Sources,
  onSaved: (saved: Instance) => void
): Promise<Tested> {
  try {
    if (!options.readOnly) {
      const saved = await backend.put<Instance>(`/api/datasources/uid/${options.uid}`, options);
      await sources.reload();
      onSaved(saved);
    }
    const { status, message } = (await sources.open(options.uid).testDatasource()) as Tested;
    return { status: status === 'success' ? 'success' : 'error', message };
  } catch (error) {
    const { message, data, details } = error as {
      message?: string;
      data?: { message?: string };
      details?: { verboseMessage?: string };
    };
    return {
      status: 'error',
      message: data?.message ?? message ?? 'The test failed.',
      verbose: details?.verboseMessage,
    };
  }
}

function optionsOf(instance: Instance): DataSourceSettings {
  const { id, uid, type, name, access, readOnly, jsonData, secureJsonFields, version } = instance;
  return {
    id: id ?? 0,
    uid,
    type,
    name,
    access,
    readOnly,
    jsonData,
    secureJsonFields,
    version,
    orgId: 1,
    typeName: '',
    typeLogoUrl: '',
    url: '',
    user: '',
    database: '',
    basicAuth: false,
    basicAuthUser: '',
    isDefault: false,
    withCredentials: false,
  };
}
