// Starts the page: the plugin first, as Grafana loads it, then what shows it.
import './host/boot';

import React from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App';
import type { DashboardEntry } from './dashboard/model';
import { backend } from './host/backend';
import { loadPlugin } from './host/plugin';

async function start(): Promise<void> {
  const root = document.getElementById('root')!;
  try {
    const { plugin, sources } = await loadPlugin();
    const dashboards = await backend.get<DashboardEntry[]>('/api/dashboards');
    createRoot(root).render(<App plugin={plugin} sources={sources} dashboards={dashboards} />);
  } catch (error) {
    root.textContent = `The preview cannot start: ${(error as Error).message}`;
    throw error;
  }
}

void start();
