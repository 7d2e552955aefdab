// A page for hosts of other Grafana versions: the built module, its two editors side by side, one query.
import './host/boot';

import { createTheme, PluginContextProvider, ThemeContext } from '@grafana/data';
import { config } from '@grafana/runtime';
import React, { useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { rangeOf, requestFor } from './dashboard/request';
import { useAnswer } from './dashboard/useAnswer';
import { loadPlugin, type Plugin, type Sources } from './host/plugin';

function Editors({ plugin, sources }: { plugin: Plugin; sources: Sources }) {
  const [instance] = sources.list();
  const source = useMemo(() => sources.open(instance!.uid), [sources, instance]);
  const [options, setOptions] = useState<unknown>(instance);
  const [query, setQuery] = useState<{ refId: string }>({
    refId: 'A',
    ...source.getDefaultQuery?.('explore' as never),
  });
  const range = useMemo(() => rangeOf({ from: 'now-30d', to: 'now' }), []);
  const request = useMemo(() => requestFor({ targets: [query], range, width: 1000, app: 'explore' }), [query, range]);
  const answer = useAnswer(source, () => request, request.requestId);
  const { ConfigEditor, QueryEditor } = plugin;
  const data = {
    series: answer.frames,
    state: answer.state === 'loading' ? 'Loading' : 'Done',
    timeRange: range,
    request,
  };
  return (
    <>
      <section aria-label="Query editor" data-answer={answer.state} data-error={answer.error}>
        <QueryEditor
          datasource={source}
          query={query}
          onChange={setQuery}
          onRunQuery={() => {}}
          app="explore"
          range={range}
          data={data}
        />
      </section>
      <section aria-label="Settings">
        <ConfigEditor options={options} onOptionsChange={setOptions} />
      </section>
    </>
  );
}

async function start(): Promise<void> {
  const theme = createTheme({ colors: { mode: 'dark' } });
  config.theme2 = theme;
  const { plugin, sources } = await loadPlugin();
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={theme}>
      <PluginContextProvider meta={plugin.meta}>
        <main style={{ background: theme.colors.background.primary, color: theme.colors.text.primary }}>
          <h1>Compatibility</h1>
          <Editors plugin={plugin} sources={sources} />
        </main>
      </PluginContextProvider>
    </ThemeContext.Provider>
  );
}

void start();
