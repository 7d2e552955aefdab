// Shows a component as Grafana shows a plugin's: with the plugin known to what it contains.
import { PluginContextProvider, PluginType, type PluginMeta } from '@grafana/data';
import { act, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';

import { PLUGIN_ID } from '../src/types';

const meta: PluginMeta = {
  id: PLUGIN_ID,
  name: 'Switchboard',
  type: PluginType.datasource,
  module: '',
  baseUrl: '',
  info: {
    author: { name: '' },
    description: '',
    links: [],
    logos: { large: '', small: '' },
    screenshots: [],
    updated: '',
    version: '1.0.0',
  },
};

/** Shows `element`, and waits for what it asks at once. */
export async function renderInPlugin(element: React.ReactElement) {
  const view = render(<PluginContextProvider meta={meta}>{element}</PluginContextProvider>);
  await act(async () => undefined);
  return view;
}

/** Somebody who clicks and types without a pause. */
export const user = userEvent.setup({ delay: null, pointerEventsCheck: 0 });
