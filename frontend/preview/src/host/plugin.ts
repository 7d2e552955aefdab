// Loads the plugin's built module as Grafana does, and makes instances of its data source.
import {
  DataSourcePlugin,
  EventBusSrv,
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourcePluginMeta,
  type DataSourceRef,
  type ScopedVars,
} from '@grafana/data';
import {
  config,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setEchoSrv,
  setTemplateSrv,
  type DataSourceSrv,
} from '@grafana/runtime';
import type { ComponentType } from 'react';

import { backend } from './backend';
import { shareModules, system } from './shared';
import { templates } from './templates';

export const PLUGIN_ID = 'switchboard-connect-datasource';

export type Instance = DataSourceInstanceSettings & {
  version: number;
  secureJsonFields: Record<string, boolean>;
  readOnly: boolean;
};

/** The plugin's parts, as the page uses them: the types of queries are the plugin's affair. */
export interface Plugin {
  meta: DataSourcePluginMeta;
  DataSourceClass: new (settings: DataSourceInstanceSettings) => DataSourceApi;
  ConfigEditor: ComponentType<Record<string, unknown>>;
  QueryEditor: ComponentType<Record<string, unknown>>;
  QueryEditorHelp?: ComponentType<Record<string, unknown>>;
}

/** The data sources that there are, for the page and for the plugin. */
export class Sources {
  private made = new Map<string, { version: number; api: DataSourceApi }>();
  private settings: Instance[] = [];

  constructor(private readonly plugin: Plugin) {}

  async reload(): Promise<Instance[]> {
    const found = await backend.get<Instance[]>('/api/datasources');
    this.settings = found.map((one) => ({ ...one, meta: this.plugin.meta }));
    return this.settings;
  }

  list(): Instance[] {
    return this.settings;
  }

  find(ref?: DataSourceRef | string | null, scoped?: ScopedVars): Instance | undefined {
    const asked = typeof ref === 'string' ? ref : ref?.uid;
    const uid = templates.replace(asked ?? '', scoped);
    return this.settings.find((one) => one.uid === uid || one.name === uid) ?? (uid ? undefined : this.settings[0]);
  }

  /** The data source itself, made anew when its settings were saved. */
  open(uid: string): DataSourceApi {
    const settings = this.find(uid);
    if (!settings) {
      throw new Error(`There is no data source ${uid}.`);
    }
    const before = this.made.get(settings.uid);
    if (before?.version === settings.version) {
      return before.api;
    }
    const api = new this.plugin.DataSourceClass(settings);
    api.meta = this.plugin.meta;
    this.made.set(settings.uid, { version: settings.version, api });
    return api;
  }
}

function provideServices(): void {
  setBackendSrv(backend);
  setTemplateSrv(templates);
  setEchoSrv({ addBackend: () => {}, addEvent: () => {}, flush: () => {} });
  setAppEvents(new EventBusSrv());
  config.awsAllowedAuthProviders = ['default', 'keys', 'credentials', 'ec2_iam_role'];
  config.awsAssumeRoleEnabled = true;
}

export async function loadPlugin(): Promise<{ plugin: Plugin; sources: Sources }> {
  shareModules();
  provideServices();
  const baseUrl = `public/plugins/${PLUGIN_ID}`;
  const meta = await backend.get<DataSourcePluginMeta>(`/${baseUrl}/plugin.json`);
  Object.assign(meta, { module: `${baseUrl}/module.js`, baseUrl });
  const module = await system().import(`${window.location.origin}/${meta.module}`);
  const loaded = module.plugin as DataSourcePlugin<DataSourceApi>;
  const components = loaded.components as unknown as Pick<Plugin, 'ConfigEditor' | 'QueryEditor' | 'QueryEditorHelp'>;
  const DataSourceClass = loaded.DataSourceClass as unknown as Plugin['DataSourceClass'];
  loaded.meta = meta;
  const plugin: Plugin = { meta, DataSourceClass, ...components };
  const sources = new Sources(plugin);
  await sources.reload();
  setDataSourceSrv({
    get: async (ref?: DataSourceRef | string | null, scoped?: ScopedVars) =>
      sources.open(sources.find(ref, scoped)?.uid ?? ''),
    getList: () => sources.list(),
    getInstanceSettings: (ref?: DataSourceRef | string | null, scoped?: ScopedVars) => sources.find(ref, scoped),
    reload: async () => void (await sources.reload()),
    registerRuntimeDataSource: () => {},
  } as unknown as DataSourceSrv);
  return { plugin, sources };
}
