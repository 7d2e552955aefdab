// What the SQL editor knows when it thinks of completions, signatures and descriptions.
import type { Dataset, Leg, Macro, Route } from '../types';
import type { Listed, Need } from './lists';
import { MACRO_WORDS } from './macroWords';
import { readsOf } from './reads';

/** What a leg's statements mean where they leave names out. */
export interface Place {
  catalog?: string;
  database?: string;
  table?: string;
}

export interface Knowledge {
  route: Route;
  datasets: Dataset[];
  macros: Macro[];
  /** Names of template variables. */
  variables: string[];
  /** The legs that are switched on. */
  places?: Partial<Record<Leg, Place>>;
  /** Of which values are offered, in milliseconds since 1970. */
  range?: { from: number; to: number };
  listed?: Listed;
  /** Has what is needed listed; never fails. */
  fetch?: (needs: Need[]) => Promise<void>;
}

export const SERVICES: Record<Leg, string> = { realtime: 'Timestream', historical: 'Athena' };

/** The legs whose tables a statement may name. */
export function legsOf({ route, places = {} }: Pick<Knowledge, 'route' | 'places'>): Leg[] {
  const all: Leg[] = route === 'auto' ? ['realtime', 'historical'] : [route];
  return all.filter((leg) => places[leg]);
}

/** `Timestream`, `Athena`, or both. */
export function servicesOf(legs: Leg[]): string {
  return legs.map((leg) => SERVICES[leg]).join(' and ');
}

/** Where a column or a dataset is, if it is on one leg only. */
export function whereabouts({ realtime, historical }: { realtime: boolean; historical: boolean }): string {
  return realtime && historical ? '' : `${SERVICES[realtime ? 'realtime' : 'historical']} only`;
}

/** On auto, either leg may run the statement: only what both have. */
export function isOn(route: Route, legs: Leg[]): boolean {
  return route === 'auto' ? legs.length === 2 : legs.includes(route);
}

/** What a macro stands for, and a use of it. */
export function macroText(macro: Macro): string {
  return [MACRO_WORDS[macroName(macro).slice('$__'.length)], macro.example && `\`${macro.example}\``]
    .filter(Boolean)
    .join('\n\n');
}

export function macroName({ name }: Macro): string {
  return name.startsWith('$__') ? name : `$__${name}`;
}

/** The macros that a statement may use, each name once, as the backend chooses: with a dataset the portable ones first, else the
 * leg's own. */
export function macrosOf(sql: string, { macros, route }: Knowledge): Macro[] {
  const { sources } = readsOf(sql);
  const isPortable = sources.some(({ dataset }) => dataset) || (sources.length === 0 && route === 'auto');
  const rank = ({ portable }: Macro) => (Boolean(portable) === isPortable ? 0 : 1);
  const known = new Map<string, Macro>();
  for (const macro of macros.filter(({ legs }) => isOn(route, legs)).sort((one, other) => rank(one) - rank(other))) {
    if (!known.has(macroName(macro))) {
      known.set(macroName(macro), macro);
    }
  }
  return [...known.values()];
}
