// A dashboard's variables: from what its file says to options and a current value, as Grafana works them out.
import {
  FieldType,
  getFieldDisplayName,
  isDataFrame,
  type DataFrame,
  type DataSourceApi,
  type MetricFindValue,
  type TimeRange,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import { filter } from 'rxjs/operators';

import type { Sources } from '../host/plugin';
import { templates, type Variable } from '../host/templates';
import { requestFor } from './request';
import type { SavedVariable } from './model';

export interface Option {
  label: string;
  value: string;
}

/** A variable on the screen. */
export interface ShownVariable {
  saved: SavedVariable;
  options: Option[];
  /** What is chosen; `ALL` alone for everything. */
  chosen: string[];
  error?: string;
}

export const ALL = '$__all';

/** Every variable. Those that name others wait for them; the rest are asked for side by side. */
export async function resolveVariables(
  saved: SavedVariable[],
  chosen: Record<string, string[]>,
  sources: Sources,
  range: TimeRange
): Promise<ShownVariable[]> {
  const found = new Map<string, ShownVariable>();
  let waiting = saved;
  while (waiting.length > 0) {
    const names = waiting.map(({ name }) => name);
    const free = waiting.filter((one) => !names.some((name) => name !== one.name && refersTo(one, name)));
    // Variables that name each other in a circle are asked for as they are.
    const batch = free.length > 0 ? free : waiting;
    const known = saved.flatMap(({ name }) => found.get(name) ?? []);
    templates.set(known.map(asVariable));
    const resolved = await Promise.all(batch.map((one) => resolve(one, chosen[one.name], sources, range)));
    resolved.forEach((one) => found.set(one.saved.name, one));
    waiting = waiting.filter((one) => !batch.includes(one));
  }
  const shown = saved.flatMap(({ name }) => found.get(name) ?? []);
  templates.set(shown.map(asVariable));
  return shown;
}

function refersTo(variable: SavedVariable, name: string): boolean {
  return new RegExp(`\\$${name}\\b|\\$\\{${name}\\b|\\[\\[${name}\\b`).test(JSON.stringify(variable));
}

async function resolve(
  saved: SavedVariable,
  wanted: string[] | undefined,
  sources: Sources,
  range: TimeRange
): Promise<ShownVariable> {
  try {
    const options = await optionsOf(saved, sources, range);
    return { saved, options, chosen: choose(saved, options, wanted ?? listed(saved.current?.value)) };
  } catch (error) {
    return { saved, options: [], chosen: [], error: (error as Error).message };
  }
}

function choose(saved: SavedVariable, options: Option[], wanted: string[]): string[] {
  if (saved.type === 'textbox') {
    return [wanted[0] ?? String(saved.query ?? '')];
  }
  if (saved.includeAll && (wanted.includes(ALL) || wanted.length === 0)) {
    return [ALL];
  }
  const known = wanted.filter((value) => options.some((option) => option.value === value));
  return known.length > 0 ? known : options.slice(0, 1).map(({ value }) => value);
}

async function optionsOf(saved: SavedVariable, sources: Sources, range: TimeRange): Promise<Option[]> {
  switch (saved.type) {
    case 'datasource':
      return sources.list().map(({ name, uid }) => ({ label: name, value: uid }));
    case 'custom':
      return String(saved.query)
        .split(',')
        .map((text) => ({ label: text.trim(), value: text.trim() }));
    case 'query':
      return sorted(matching(await ask(saved, sources, range), saved.regex), saved.sort);
    default:
      return [];
  }
}

async function ask(saved: SavedVariable, sources: Sources, range: TimeRange): Promise<Option[]> {
  const uid = (saved as { datasource?: { uid?: string } }).datasource?.uid ?? '';
  const source = sources.open(templates.replace(uid));
  return valuesOf(source, saved.query as object, range);
}

/** What a variable's query finds, by the plugin's own support for variables. */
export async function valuesOf(source: DataSourceApi, query: object, range: TimeRange): Promise<Option[]> {
  const support = source.variables as
    | { query?: (request: unknown) => import('rxjs').Observable<{ data: unknown[]; state?: string; error?: Error }> }
    | undefined;
  if (!support?.query) {
    throw new Error('The plugin has no support for variables.');
  }
  const request = requestFor({ targets: [{ refId: 'variable', ...query }], range, width: 1000, app: 'dashboard' });
  const found = await firstValueFrom(support.query(request).pipe(filter(({ state }) => state !== 'Loading')));
  if (found.error) {
    throw new Error(found.error.message);
  }
  return optionsIn(found.data);
}

/** As Grafana reads an answer: from fields of text alone, those named `text` and `value` where there are such. */
function optionsIn(found: unknown[]): Option[] {
  if (found.length === 0) {
    return [];
  }
  if (!isDataFrame(found[0])) {
    return (found as MetricFindValue[]).map(({ text, value }) => ({ label: text, value: String(value ?? text) }));
  }
  const frames = found as DataFrame[];
  const texts = frames.flatMap((frame) =>
    frame.fields
      .filter(({ type }) => type === FieldType.string)
      .map((field) => ({ field, name: getFieldDisplayName(field, frame, frames).toLowerCase() }))
  );
  if (texts.length === 0) {
    throw new Error("Couldn't find any field of type string in the results.");
  }
  const named = (wanted: string) => texts.find(({ name }) => name === wanted)?.field;
  const first = texts[0]!.field;
  const labels = named('text') ?? named('value') ?? first;
  const values = named('value') ?? labels;
  return Array.from(labels.values, (label, row) => ({ label: String(label), value: String(values.values[row]) }));
}

/** Keeps what the pattern matches; its groups `text` and `value`, or its first one, take the parts that count. */
function matching(options: Option[], pattern?: string): Option[] {
  const written = /^\/(.*)\/([gimsu]*)$/s.exec(pattern ?? '');
  if (!pattern) {
    return options;
  }
  const expression = written ? new RegExp(written[1]!, written[2]!.replace('g', '')) : new RegExp(pattern);
  return options.flatMap(({ label, value }) => {
    const found = expression.exec(value);
    if (!found) {
      return [];
    }
    const { text, value: part } = found.groups ?? {};
    const first = found[1] ?? label;
    return [{ label: text ?? part ?? first, value: part ?? text ?? first }];
  });
}

function sorted(options: Option[], order?: number): Option[] {
  const distinct = [...new Map(options.map((option) => [option.value, option])).values()];
  if (!order) {
    return distinct;
  }
  const numeric = order === 3 || order === 4;
  const descending = order % 2 === 0;
  const collator = new Intl.Collator('en', { numeric, sensitivity: order >= 5 ? 'base' : 'variant' });
  distinct.sort((left, right) => collator.compare(left.label, right.label));
  return descending ? distinct.reverse() : distinct;
}

function listed(value: string | string[] | undefined): string[] {
  return value === undefined || value === '' ? [] : [value].flat();
}

/** The variable as templates put it in. */
export function asVariable({ saved, options, chosen }: ShownVariable): Variable {
  const { name, type, label, multi, includeAll, allValue } = saved;
  const isAll = chosen[0] === ALL;
  const values = isAll ? options.map(({ value }) => value) : chosen;
  const text = isAll ? 'All' : chosen.map((value) => options.find((one) => one.value === value)?.label ?? value);
  return {
    name,
    type,
    label,
    multi,
    includeAll,
    value: multi ? values : (values[0] ?? ''),
    text: [text].flat().join(' + '),
    allValue: isAll && allValue ? allValue : undefined,
  };
}
