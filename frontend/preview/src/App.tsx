// The page around all: where to go, which theme, and that this is no Grafana.
import { createTheme, PluginContextProvider, ThemeContext, type GrafanaTheme2 } from '@grafana/data';
import { config } from '@grafana/runtime';
import { GlobalStyles, IconButton, LinkButton, PortalContainer, Stack, Text } from '@grafana/ui';
import React, { useEffect, useLayoutEffect, useMemo, useState } from 'react';

import type { DashboardEntry } from './dashboard/model';
import type { Plugin, Sources } from './host/plugin';
import { DashboardPage } from './pages/DashboardPage';
import { ExplorePage } from './pages/ExplorePage';
import { SettingsPage } from './pages/SettingsPage';

interface Props {
  plugin: Plugin;
  sources: Sources;
  dashboards: DashboardEntry[];
}

const THEME = 'switchboard-preview-theme';

function useHash(): string {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const follow = () => setHash(window.location.hash);
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return hash;
}

/** For what asks Grafana's configuration and not React. */
function provideTheme(theme: GrafanaTheme2): void {
  config.theme2 = theme;
}

export function App({ plugin, sources, dashboards }: Props) {
  const [mode, setMode] = useState<'dark' | 'light'>(localStorage.getItem(THEME) === 'light' ? 'light' : 'dark');
  const theme = useMemo(() => createTheme({ colors: { mode } }), [mode]);
  useLayoutEffect(() => provideTheme(theme), [theme]);
  const [page = '', uid] = useHash().replace(/^#\//, '').split('/');
  const other = mode === 'dark' ? 'light' : 'dark';
  const change = () => {
    localStorage.setItem(THEME, other);
    setMode(other);
  };
  const shown = page === '' ? `d/${dashboards[0]?.uid}` : [page, uid].filter(Boolean).join('/');
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PluginContextProvider meta={plugin.meta}>
        <div
          style={{ minHeight: '100vh', background: theme.colors.background.canvas, color: theme.colors.text.primary }}
        >
          <header
            style={{
              background: theme.colors.background.primary,
              borderBottom: `1px solid ${theme.colors.border.weak}`,
              padding: theme.spacing(1, 2),
            }}
          >
            <Stack alignItems="center" gap={1}>
              <img src={`/${plugin.meta.baseUrl}/img/logo.svg`} alt="" width={24} height={24} />
              <Text weight="medium">Switchboard</Text>
              <div style={{ flex: 1 }}>
                <Text color="secondary" variant="bodySmall">
                  A preview with Grafana&apos;s components. It is not Grafana: nothing is saved when it ends.
                </Text>
              </div>
              <IconButton name="adjust-circle" size="lg" tooltip={`Show in ${other} colours`} onClick={change} />
            </Stack>
            <nav aria-label="Pages">
              <Stack wrap="wrap" gap={0.5}>
                {[
                  ...dashboards.map(({ uid, title }) => ({ to: `d/${uid}`, title })),
                  { to: 'explore', title: 'Explore' },
                  { to: 'settings', title: 'Settings' },
                ].map(({ to, title }) => {
                  const isHere = shown === to || shown.startsWith(`${to}/`);
                  return (
                    <LinkButton
                      key={to}
                      href={`#/${to}`}
                      size="sm"
                      variant="secondary"
                      fill={isHere ? 'solid' : 'text'}
                      aria-current={isHere ? 'page' : undefined}
                    >
                      {title}
                    </LinkButton>
                  );
                })}
              </Stack>
            </nav>
          </header>
          <main style={{ padding: theme.spacing(2) }}>
            {page === 'explore' ? (
              <ExplorePage plugin={plugin} sources={sources} />
            ) : page === 'settings' ? (
              <SettingsPage
                uid={uid}
                plugin={plugin}
                sources={sources}
                onOpen={(opened) => (window.location.hash = `#/settings/${opened}`)}
              />
            ) : (
              <DashboardPage key={uid} uid={uid ?? dashboards[0]?.uid ?? ''} sources={sources} />
            )}
          </main>
        </div>
        <PortalContainer />
      </PluginContextProvider>
    </ThemeContext.Provider>
  );
}
