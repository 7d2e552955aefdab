// Databases, tables and columns as the engines name them: what of them may come next, and which lists tell.
import { identifier, quoted } from '../sql/text';
import type { Leg } from '../types';
import { legsOf, servicesOf, type Knowledge } from './knowledge';
import type { Desk, Entry } from './lists';
import { isSame, type Source } from './reads';

/** Something that has a name on one leg or both. */
export interface Named {
  kind: 'database' | 'table' | 'column';
  label: string;
  /** The name by its parts, without quotes. */
  parts: string[];
  legs: Leg[];
  detail: string;
}

type Found = Omit<Named, 'legs' | 'detail'> & { leg: Leg; what: string };

/** What may follow FROM, JOIN or the `path` that stands there already. */
export function tablesAt(path: string[], knowledge: Knowledge, desk: Desk): Named[] {
  return merged(legsOf(knowledge).flatMap((leg) => tablesOn(leg, path, knowledge, desk)));
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
      what: `table of ${database}`,
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
      sources.flatMap((source) =>
        columnsOf(leg, source, knowledge, desk).map(({ name, type }): Found => ({
          kind: 'column',
          label: name,
          parts: [name],
          leg,
          what: type ?? 'column',
        }))
      )
    )
  );
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

/** What both legs have once, with the service that has it. */
function merged(found: Found[]): Named[] {
  const known = new Map<string, Named & { whats: string[] }>();
  for (const { leg, what, ...named } of found) {
    const key = JSON.stringify([named.kind, named.parts]);
    const before = known.get(key);
    const legs = before?.legs.includes(leg) ? before.legs : [...(before?.legs ?? []), leg];
    const whats = before?.whats.includes(what) ? before.whats : [...(before?.whats ?? []), what];
    known.set(key, { ...named, legs, whats, detail: `${whats.join(' or ')}, ${servicesOf(legs)}` });
  }
  return [...known.values()].map(({ kind, label, parts, legs, detail }) => ({ kind, label, parts, legs, detail }));
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
