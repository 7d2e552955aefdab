// The services that Grafana gives its plugins.
import '@testing-library/jest-dom';

import { EventBusSrv } from '@grafana/data';
import { setAppEvents, setEchoSrv } from '@grafana/runtime';

setAppEvents(new EventBusSrv());
setEchoSrv({ addBackend: () => undefined, addEvent: () => undefined, flush: () => undefined });
