// One panel's query: asked when its inputs change, given up when nobody needs it any more.
import type { DataFrame, DataQueryRequest, DataSourceApi, QueryResultMetaNotice } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { useEffect, useState } from 'react';
import { from, isObservable } from 'rxjs';

export interface Answer {
  state: 'loading' | 'done' | 'error';
  frames: DataFrame[];
  error?: string;
  /** When the answer came, in milliseconds since the epoch. */
  at?: number;
  took?: number;
}

const NOTHING: Answer = { state: 'loading', frames: [] };

/** `key` names all that the answer depends on; frames of the answer before stay until the next one is there. */
export function useAnswer(
  source: DataSourceApi | undefined,
  make: () => DataQueryRequest<DataQuery> | undefined,
  key: string
): Answer {
  const [answer, setAnswer] = useState<Answer>(NOTHING);
  useEffect(() => {
    const request = source && make();
    if (!source || !request) {
      return undefined;
    }
    // What is shown stays until the new answer is there.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setAnswer((before) => ({ ...before, state: 'loading' }));
    const began = Date.now();
    const fail = (error: unknown) =>
      setAnswer({ state: 'error', frames: [], error: messageOf(error), at: Date.now(), took: Date.now() - began });
    try {
      const asked = source.query(request);
      const subscription = (isObservable(asked) ? asked : from(asked)).subscribe({
        next: ({ data, error, errors, state }) => {
          const failed = error ?? errors?.[0];
          if (failed) {
            fail(failed);
          } else if (state !== 'Loading') {
            setAnswer({ state: 'done', frames: data as DataFrame[], at: Date.now(), took: Date.now() - began });
          }
        },
        error: fail,
      });
      return () => subscription.unsubscribe();
    } catch (error) {
      fail(error);
      return undefined;
    }
    // `make` is a new function at each rendering; `key` says when it would make something else.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [source, key]);
  return answer;
}

function messageOf(error: unknown): string {
  const { message, data } = error as { message?: string; data?: { message?: string; error?: string } };
  return data?.error || data?.message || message || 'The query failed.';
}

export function noticesOf(frames: DataFrame[]): QueryResultMetaNotice[] {
  const all = frames.flatMap((frame) => frame.meta?.notices ?? []);
  return all.filter((notice, index) => all.findIndex(({ text }) => text === notice.text) === index);
}

export function rowsOf(frames: DataFrame[]): number {
  return frames.reduce((rows, frame) => rows + frame.length, 0);
}
