// The list of datasets in settings: built-in ones by name, changed ones, own ones.
import type { ColumnSettings, DatasetSettings } from '../../types';

export type Entry = string | DatasetSettings;

/** The built-in datasets; the backend's resource `templates` has their definitions. */
export const BUILT_IN = ['contacts', 'contact_events', 'agent_events'];

const NAME = /^[a-z_][a-z0-9_]*$/;

export function entryName(entry: Entry): string {
  return typeof entry === 'string' ? entry : (entry.name ?? entry.template ?? '');
}

/** The built-in dataset that an entry is or starts from. */
export function templateOf(entry: Entry): string | undefined {
  return typeof entry === 'string' ? entry : entry.template;
}

/** What is wrong with the name of `entries[index]`. */
export function nameFault(entries: Entry[], index: number): string | undefined {
  const name = entryName(entries[index] ?? '');
  if (!NAME.test(name)) {
    return 'Write a name of lower-case letters, digits and underscores.';
  }
  return entries.findIndex((entry) => entryName(entry) === name) < index
    ? `There is a dataset ${name} already.`
    : undefined;
}

/** A name that no entry has. */
export function freeName(entries: Entry[], wanted: string): string {
  const taken = new Set(entries.map(entryName));
  let name = wanted;
  for (let count = 2; taken.has(name); count++) {
    name = `${wanted}_${count}`;
  }
  return name;
}

/** A built-in dataset's definition as one's own. */
export function copied(template: DatasetSettings, entries: Entry[]): DatasetSettings {
  return { ...structuredCopy(template), name: freeName(entries, `my_${template.name ?? 'dataset'}`) };
}

/** An own dataset, to be filled in. */
export function blank(entries: Entry[]): DatasetSettings {
  return {
    name: freeName(entries, 'my_dataset'),
    realtime: { table: '', timeColumn: 'time' },
    historical: { table: '', timeColumn: '' },
    columns: [{ name: '', type: 'text' }],
  };
}

/** `list` with one item changed, or taken out where `item` is nothing. */
export function withItem<T>(list: T[], index: number, item: T | undefined): T[] {
  return list.flatMap((known, place) => (place !== index ? [known] : item === undefined ? [] : [item]));
}

/** What a template says, where a field has room to show it. */
export function ofTemplate(text: string | undefined): string | undefined {
  return text !== undefined && text.length > 30 ? 'as the template' : text;
}

/** What is wrong with a column. */
export function columnFault(columns: ColumnSettings[], index: number): string | undefined {
  const name = columns[index]?.name ?? '';
  if (!NAME.test(name)) {
    return 'Lower-case letters, digits and underscores.';
  }
  return columns.findIndex((column) => column.name === name) < index ? 'There already.' : undefined;
}

function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
