// Grafana's service for calls of its HTTP API, as far as a data source uses it: calls of this preview's server.
import type { BackendSrv, BackendSrvRequest, FetchResponse } from '@grafana/runtime';
import { Observable, lastValueFrom } from 'rxjs';

/** Calls end when nobody listens any more, and with them what they started in the backend. */
function fetchJson<T>(request: BackendSrvRequest): Observable<FetchResponse<T>> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    request.abortSignal?.addEventListener('abort', () => controller.abort());
    call<T>(request, controller.signal).then(
      (response) => {
        subscriber.next(response);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error)
    );
    return () => controller.abort();
  });
}

async function call<T>(request: BackendSrvRequest, signal: AbortSignal): Promise<FetchResponse<T>> {
  const { url, params, method = 'GET', data, headers } = request;
  const target = new URL(url.startsWith('/') ? url : `/${url}`, window.location.origin);
  for (const [name, value] of Object.entries(params ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) {
        target.searchParams.append(name, String(one));
      }
    }
  }
  const response = await fetch(target, {
    method,
    signal,
    headers: { 'Content-Type': 'application/json', ...(headers as Record<string, string>) },
    body: data === undefined || method === 'GET' ? undefined : JSON.stringify(data),
  });
  const answered = (await response.json().catch(() => ({}))) as T;
  if (!response.ok) {
    const { message } = answered as { message?: string };
    throw Object.assign(new Error(message ?? response.statusText), {
      status: response.status,
      statusText: response.statusText,
      data: answered,
      config: request,
    });
  }
  const { ok, status, statusText, redirected, type } = response;
  return { data: answered, ok, status, statusText, redirected, type, url, headers: response.headers, config: request };
}

const data = async <T>(request: BackendSrvRequest): Promise<T> => (await lastValueFrom(fetchJson<T>(request))).data;

export const backend = {
  fetch: fetchJson,
  datasourceRequest: <T>(request: BackendSrvRequest) => lastValueFrom(fetchJson<T>(request)),
  request: data,
  get: <T>(url: string, params?: BackendSrvRequest['params']) => data<T>({ url, params }),
  post: <T>(url: string, body?: unknown) => data<T>({ url, method: 'POST', data: body ?? {} }),
  put: <T>(url: string, body?: unknown) => data<T>({ url, method: 'PUT', data: body ?? {} }),
} as unknown as BackendSrv;
