// Annotations: asked for by the plugin's own support, turned into marks as Grafana does.
import type { AnnotationQuery, DataFrame, DataSourceApi, TimeRange } from '@grafana/data';
import { from, isObservable, lastValueFrom } from 'rxjs';

import { requestFor } from './request';

export interface Mark {
  time: number;
  timeEnd?: number;
  /** The event's own, or the annotation's name. */
  title: string;
  text: string;
  tags: string[];
  color: string;
}

export async function marksOf(source: DataSourceApi, saved: AnnotationQuery, range: TimeRange): Promise<Mark[]> {
  const support = source.annotations;
  if (!support) {
    throw new Error('The plugin has no support for annotations.');
  }
  const annotation = support.prepareAnnotation ? support.prepareAnnotation(saved) : saved;
  const query = support.prepareQuery ? support.prepareQuery(annotation) : annotation.target;
  if (!query) {
    return [];
  }
  const request = requestFor({ targets: [query], range, width: 1000, app: 'dashboard' });
  const asked = source.query(request);
  const found = await lastValueFrom(isObservable(asked) ? asked : from(asked));
  const error = found.error ?? found.errors?.[0];
  if (error) {
    throw new Error(error.message);
  }
  return (found.data as DataFrame[]).flatMap((frame) => marksIn(frame, saved));
}

function marksIn(frame: DataFrame, { name, iconColor }: AnnotationQuery): Mark[] {
  const column = (name: string) => frame.fields.find((field) => field.name.toLowerCase() === name)?.values;
  const times = column('time') ?? frame.fields.find((field) => field.type === 'time')?.values ?? [];
  const [ends, titles, texts, tags] = ['timeend', 'title', 'text', 'tags'].map(column);
  return Array.from({ length: frame.length }, (_, row) => ({
    time: Number(times[row]),
    timeEnd: ends?.[row] === undefined || ends[row] === null ? undefined : Number(ends[row]),
    title: titles?.[row] ?? name,
    text: String(texts?.[row] ?? ''),
    tags: [tags?.[row] ?? []].flat().flatMap((text: string) => text.split(',')),
    color: iconColor,
  }));
}
