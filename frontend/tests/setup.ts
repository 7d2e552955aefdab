// The services that Grafana gives its plugins.
import '@testing-library/jest-dom';

import { EventBusSrv } from '@grafana/data';
import { setAppEvents, setEchoSrv } from '@grafana/runtime';
import { configure } from '@testing-library/react';

setAppEvents(new EventBusSrv());
setEchoSrv({ addBackend: () => undefined, addEvent: () => undefined, flush: () => undefined });

// Looking whether every element is hidden takes most of the time of looking for one.
configure({ defaultHidden: true, asyncUtilTimeout: 30_000 });
