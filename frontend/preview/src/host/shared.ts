// What Grafana shares with plugins, registered with SystemJS under the names that a plugin's module asks for.
import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';

import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import i18next from 'i18next';
import lodash from 'lodash';
import moment from 'moment';
import * as React from 'react';
import * as ReactDOM from 'react-dom';
import * as reactRedux from 'react-redux';
import * as redux from 'redux';
import * as rxjs from 'rxjs';
import * as rxjsOperators from 'rxjs/operators';

interface SystemJs {
  set(id: string, module: object): void;
  addImportMap(map: { imports: Record<string, string> }): void;
  import(url: string): Promise<Record<string, unknown>>;
}

/** Where the loader, which is a script of the page's, puts itself. */
export function system(): SystemJs {
  return (window as unknown as { System: SystemJs }).System;
}

const MODULES: Record<string, object> = {
  '@emotion/css': emotionCss,
  '@emotion/react': emotionReact,
  '@grafana/data': grafanaData,
  '@grafana/runtime': grafanaRuntime,
  '@grafana/ui': grafanaUi,
  i18next: { ...i18next, default: i18next },
  lodash: { ...lodash, default: lodash },
  moment: { default: moment, __useDefault: true },
  react: { ...React, default: React },
  'react-dom': { ...ReactDOM, default: ReactDOM },
  'react-redux': reactRedux,
  redux,
  rxjs,
  'rxjs/operators': rxjsOperators,
};

export function shareModules(): void {
  const imports: Record<string, string> = {};
  for (const [name, module] of Object.entries(MODULES)) {
    imports[name] = `shared:${name}`;
    system().set(`shared:${name}`, module);
  }
  system().addImportMap({ imports });
}
