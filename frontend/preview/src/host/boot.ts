// What Grafana's server writes into its page before any script runs. Imported first of all.
Object.assign(window, {
  __grafana_public_path__: '/public/',
  grafanaBootData: { settings: { buildInfo: { version: '', env: 'production' } }, user: {}, navTree: [] },
  // Zod, within @grafana's packages, would try whether it may evaluate text; the page's policy forbids it.
  __zod_globalConfig: { jitless: true },
  MonacoEnvironment: { getWorkerUrl: () => '/preview/editor.worker.js' },
});

export {};
