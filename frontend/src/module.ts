import './public-path';

import { DataSourcePlugin } from '@grafana/data';

import { ConfigEditor } from './configuration/ConfigEditor';
import { DataSource } from './datasource';
import { QueryEditor } from './editor/QueryEditor';
import type { SwitchboardOptions, SwitchboardQuery, SwitchboardSecrets } from './types';

export const plugin = new DataSourcePlugin<DataSource, SwitchboardQuery, SwitchboardOptions, SwitchboardSecrets>(
  DataSource
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
