import './public-path';

import { DataSourcePlugin } from '@grafana/data';

import { ConfigEditor } from './configuration/ConfigEditor';
import { DataSource } from './datasource';
import { CheatSheet } from './editor/CheatSheet';
import { QueryEditor } from './editor/QueryEditor';
import type { SwitchboardOptions, SwitchboardQuery, SwitchboardSecrets } from './types';

export const plugin = new DataSourcePlugin<DataSource, SwitchboardQuery, SwitchboardOptions, SwitchboardSecrets>(
  DataSource
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor)
  // Explore and query rows offer help only of a component; the file query_help.md is for older pages.
  .setQueryEditorHelp(CheatSheet);
