// A stand-in for Grafana's HTTP client in tests of components: answers by path, remembers what was asked.
import { setBackendSrv, type BackendSrv } from '@grafana/runtime';
import { of, throwError } from 'rxjs';

export interface Asked {
  method: string;
  path: string;
  parameters?: Record<string, unknown>;
  body?: unknown;
}

/** Answers a request to the last part of its path, such as `realtime/tables` or `health`; a thrown value fails it. */
export type Answers = Record<string, (asked: Asked) => unknown>;

export function serve(answers: Answers): Asked[] {
  const log: Asked[] = [];
  const answer = (asked: Asked) => {
    log.push(asked);
    const found = answers[asked.path];
    if (!found) {
      throw { status: 404, data: { message: `There is no resource ${asked.path}.` } };
    }
    return found(asked);
  };
  const pathOf = (url: string) => url.replace(/^\/api\/datasources\/uid\/[^/]+\/(?:resources\/)?/, '');
  const promised = async (asked: Asked) => answer(asked);
  setBackendSrv({
    get: (url: string, parameters?: Record<string, unknown>) =>
      promised({ method: 'GET', path: pathOf(url), parameters }),
    post: (url: string, body: unknown) => promised({ method: 'POST', path: pathOf(url), body }),
    put: () => Promise.resolve({}),
    fetch: ({
      url,
      method,
      params,
      data,
    }: {
      url: string;
      method?: string;
      params?: Record<string, unknown>;
      data?: unknown;
    }) => {
      try {
        return of({ data: answer({ method: method ?? 'GET', path: pathOf(url), parameters: params, body: data }) });
      } catch (error) {
        return throwError(() => error);
      }
    },
  } as unknown as BackendSrv);
  return log;
}
