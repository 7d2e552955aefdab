// Lists for the settings page, from the backend. It answers by the settings as they were saved last.
import { getBackendSrv } from '@grafana/runtime';

import type { DatasetHealth, LegHealth, Leg, Region } from '../types';

export class Resources {
  constructor(private readonly uid: string) {}

  /** A resource's answer. */
  get<T>(path: string, parameters: Record<string, string | undefined> = {}): Promise<T> {
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value));
    const url = `/api/datasources/uid/${this.uid}/resources/${path}`;
    return getBackendSrv().get<T>(url, given, undefined, { showErrorAlert: false });
  }

  regions(): Promise<Region[]> {
    return this.get<Region[]>('regions');
  }

  /** What a `POST` resource answers. */
  post<T>(path: string, body: unknown): Promise<T> {
    const url = `/api/datasources/uid/${this.uid}/resources/${path}`;
    return getBackendSrv().post<T>(url, body, { showErrorAlert: false });
  }

  /** Each leg's health, by the settings as they were saved last. */
  async health(): Promise<Health> {
    const url = `/api/datasources/uid/${this.uid}/health`;
    try {
      return await getBackendSrv().get<Health>(url, undefined, undefined, { showErrorAlert: false });
    } catch (error) {
      const answered = (error as { data?: Health }).data;
      return answered?.status ? answered : { status: 'ERROR', message: reason(error) };
    }
  }
}

export interface Health {
  status: 'OK' | 'ERROR' | 'UNKNOWN';
  message: string;
  details?: {
    legs?: Partial<Record<Leg, LegHealth>>;
    datasets?: DatasetHealth[];
    warnings?: string[];
    verboseMessage?: string;
  };
}

/** What went wrong, in the backend's words where it said any. */
export function reason(error: unknown): string {
  const { data, message } = (error ?? {}) as { data?: { message?: string }; message?: string };
  return data?.message || message || 'The backend did not answer.';
}
