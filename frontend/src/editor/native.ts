// Databases, tables and columns as the engines name them: what of them may come next, and which lists tell.
import { identifier, quoted } from '../sql/text';
import type { Leg } from '../types';
import { legsOf, SERVICES, servicesOf, type Knowledge } from './knowledge';
import type { Desk, Entry } from './lists';
import { isSame, sourceOf, type Reads, type Source } from './reads';
import { fieldsOf, shortType } from './structs';

/** Something that has a name on one leg or both. */
export interface Named {
  kind: 'database' | 'table' | 'column';
  label: string;
  /** The name by its parts, without quotes. */
  parts: string[];
  legs: Leg[];
  /** What it is, and where: in short, and in full. */
  detail: string;
  documentation: string;
}

type Found = Pick<Named, 'kind' | 'label' | 'parts'> & { leg: Leg; what: string };

/** What may follow FROM, JOIN or the `path` that stands there already. */
export function tablesAt(path: string[], knowledge: Knowledge, desk: Desk): Named[] {
  const found = merged(legsOf(knowledge).flatMap((leg) => tablesOn(leg, path, knowledge, desk)));
  return [...found.filter(({ kind }) => kind === 'table'), ...found.filter(({ kind }) => kind === 'database')];
}

function tablesOn(leg: Leg, path: string[], { places }: Knowledge, desk: Desk): Found[] {
  const place = places?.[leg] ?? {};
  const [first = '', second] = path;
  const tables = (catalog: string | undefined, database: string, before: string[]) =>
    desk.list(`${leg}/tables`, { catalog, database }).map(({ name }): Found => ({
      kind: 'table',
      label: name,
      parts: [...before, name],
      leg,
      what: 'table',
    }));
  const databases = (catalog: string | undefined) =>
    desk
      .list(`${leg}/databases`, { catalog })
      .map(({ name }): Found => ({ kind: 'database', label: name, parts: [name], leg, what: 'database' }));
  switch (path.length) {
    case 0:
      // Timestream knows no table without its database, and Athena takes it.
      return [
        ...(place.database ? tables(place.catalog, place.database, [place.database]) : []),
        ...databases(place.catalog),
      ];
    case 1: {
      const database = databaseOf(leg, place.catalog, first === '$__database' ? place.database : first, desk);
      const isCatalog = leg === 'historical' && isSame(first, place.catalog ?? '');
      return [...(database ? tables(place.catalog, database, []) : []), ...(isCatalog ? databases(first) : [])];
    }
    case 2: {
      const database = leg === 'historical' ? databaseOf(leg, first, second, desk) : undefined;
      return database ? tables(first, database, []) : [];
    }
    default:
      return [];
  }
}

/** A database as the leg lists it: what is half typed is not asked about any further. */
function databaseOf(leg: Leg, catalog: string | undefined, name: string | undefined, desk: Desk): string | undefined {
  return name && (isVariable(name) ? name : listedAs(name, desk.list(`${leg}/databases`, { catalog })));
}

/** The columns of the tables that a statement names. */
export function columnsOfTables(sources: Source[], knowledge: Knowledge, desk: Desk): Named[] {
  return merged(
    legsOf(knowledge).flatMap((leg) =>
      sources.flatMap((source) => columnsOf(leg, source, knowledge, desk).map((entry) => column(leg, entry)))
    )
  );
}

/** The fields of the struct that `path` names: a column, perhaps with its table before and fields behind. */
export function fieldsAt(path: string[], reads: Reads, knowledge: Knowledge, desk: Desk): Named[] {
  return merged(
    legsOf(knowledge).flatMap((leg) => {
      const named = path.flatMap((_, index) => {
        const source = sourceOf(path.slice(0, index), reads);
        const sources = index === 0 ? reads.sources : source ? [source] : [];
        let entries = sources.flatMap((source) => columnsOf(leg, source, knowledge, desk));
        for (const part of path.slice(index)) {
          entries = fieldsOf(entries.find(({ name }) => isSame(name, part))?.type);
        }
        return entries;
      });
      return named.map((entry) => column(leg, entry));
    })
  );
}

function column(leg: Leg, { name, type }: Entry): Found {
  return { kind: 'column', label: name, parts: [name], leg, what: type ?? 'column' };
}

function columnsOf(leg: Leg, { path }: Source, { places }: Knowledge, desk: Desk): Entry[] {
  const place = places?.[leg] ?? {};
  const [named, inDatabase = '$__database', inCatalog] = [...path].reverse();
  if (!named || path.length > (leg === 'historical' ? 3 : 2)) {
    return [];
  }
  const catalog = inCatalog ?? place.catalog;
  const database = inDatabase === '$__database' ? place.database : databaseOf(leg, catalog, inDatabase, desk);
  if (!database) {
    return [];
  }
  const table =
    named === '$__table'
      ? place.table
      : isVariable(named)
        ? named
        : listedAs(named, desk.list(`${leg}/tables`, { catalog, database }));
  return table ? desk.list(`${leg}/columns`, { catalog, database, table }) : [];
}

function listedAs(name: string, entries: Entry[]): string | undefined {
  return (entries.find((entry) => entry.name === name) ?? entries.find((entry) => isSame(entry.name, name)))?.name;
}

/** The dashboard's variables are put in when lists are asked for. */
function isVariable(name: string): boolean {
  return /^(?:\$|\[\[)/.test(name) && !name.startsWith('$__');
}

/** What both legs have once, with what it is to each. */
function merged(found: Found[]): Named[] {
  const known = new Map<string, Found[]>();
  for (const one of found) {
    const key = JSON.stringify([one.kind, one.parts]);
    const before = known.get(key) ?? [];
    known.set(key, before.some(({ leg }) => leg === one.leg) ? before : [...before, one]);
  }
  return [...known.values()].map((all) => {
    const { kind, label, parts } = all[0]!;
    const legs = all.map(({ leg }) => leg);
    return { kind, label, parts, legs, detail: detailOf(all, shortType), documentation: detailOf(all, (type) => type) };
  });
}

/** `table, Timestream and Athena`, or `Timestream varchar, Athena string`: short, since lists are narrow. */
function detailOf(found: Found[], write: (what: string) => string): string {
  return new Set(found.map(({ what }) => what)).size > 1
    ? found.map(({ leg, what }) => `${SERVICES[leg]} ${write(what)}`).join(', ')
    : `${write(found[0]!.what)}, ${servicesOf(found.map(({ leg }) => leg))}`;
}

/** A name as the engine reads it. `quote` puts it in quotes whether it needs them or not. */
export function written({ kind, parts }: Named, quote: string | undefined): string {
  // Timestream's measures carry their type behind the name, which quotes would make part of it.
  if (kind === 'column' && /^measure_value::\w+$/.test(parts[0] ?? '')) {
    return parts[0]!;
  }
  const path = parts.map((part) => (quote ? quoted(part, quote) : identifier(part))).join('.');
  return kind === 'database' ? `${path}.` : path;
}
