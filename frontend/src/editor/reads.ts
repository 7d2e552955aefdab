// What a statement reads: datasets and tables with their aliases, and the names that WITH gives.
import { nameOf, placed, type Placed } from '../sql/tokens';
import type { Dataset } from '../types';

/** One entry of a FROM or JOIN: a dataset, or a table by the parts of its name. */
export interface Source {
  dataset?: string;
  /** `catalog.database.table`, `database.table` or `table`; variables as they are written. */
  path: string[];
  alias?: string;
}

export interface Reads {
  sources: Source[];
  /** Names of WITH. */
  named: string[];
}

/** Words that may follow a table and are no alias of it. */
const NO_ALIAS = new Set(
  (
    'as where group order having limit offset fetch on using join left right inner full outer cross natural union except ' +
    'intersect window tablesample select from and or with set values when then else end case'
  ).split(' ')
);

const isWord = (token: Placed | undefined, word: string) => token?.kind === 'word' && token.text.toLowerCase() === word;

export function readsOf(sql: string): Reads {
  const tokens = placed(sql);
  const named = tokens.flatMap((token, index) => {
    const isNamed = isWord(tokens[index + 1], 'as') && tokens[index + 2]?.text === '(';
    const before = tokens[index - 1];
    const name = nameOf(token);
    return isNamed && name && (before?.text === ',' || isWord(before, 'with') || isWord(before, 'recursive'))
      ? [name]
      : [];
  });
  const sources: Source[] = [];
  tokens.forEach((token, index) => {
    if (!isWord(token, 'join') && !(isWord(token, 'from') && !isWord(tokens[index - 1], 'distinct'))) {
      return;
    }
    let next = index + 1;
    for (;;) {
      const read = sourceAt(tokens, next);
      if (!read) {
        return;
      }
      sources.push(read.source);
      if (tokens[read.next]?.text !== ',') {
        return;
      }
      next = read.next + 1;
    }
  });
  const isNamed = ({ path }: Source) => path.length === 1 && named.some((name) => isSame(name, path[0]!));
  return { sources: sources.filter((source) => !isNamed(source)), named };
}

function sourceAt(tokens: Placed[], start: number): { source: Source; next: number } | undefined {
  const first = tokens[start];
  let next = start + 1;
  const source: Source = { path: [] };
  if (first?.text === '$__dataset') {
    source.dataset = nameOf(tokens[start + 2]);
    if (tokens[start + 1]?.text !== '(' || tokens[start + 3]?.text !== ')' || !source.dataset) {
      return undefined;
    }
    next = start + 4;
  } else {
    const name = isKeyword(first) ? undefined : nameOf(first);
    if (name === undefined) {
      return undefined;
    }
    source.path.push(name);
    while (tokens[next]?.text === '.') {
      const part = nameOf(tokens[next + 1]);
      next += part === undefined ? 1 : 2;
      source.path.push(part ?? '');
    }
    if (tokens[next]?.text === '(') {
      // A function such as UNNEST.
      return undefined;
    }
  }
  if (isWord(tokens[next], 'as')) {
    next++;
  }
  const alias = tokens[next];
  if (alias && (alias.kind === 'quoted' || (alias.kind === 'word' && !isKeyword(alias)))) {
    source.alias = nameOf(alias);
    next++;
  }
  return { source, next };
}

function isKeyword(token: Placed | undefined): boolean {
  return token?.kind === 'word' && NO_ALIAS.has(token.text.toLowerCase());
}

/** Whether two names mean the same: neither engine tells upper from lower case where it matters here. */
export function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The source that `path` qualifies a column by: an alias, or the end of a table's name. */
export function sourceOf(path: string[], { sources }: Reads): Source | undefined {
  const byAlias = path.length === 1 && sources.find(({ alias }) => alias !== undefined && isSame(alias, path[0]!));
  return (
    byAlias ||
    sources.find(
      (source) =>
        source.path.length >= path.length &&
        path.every((part, index) => isSame(part, source.path[source.path.length - path.length + index]!))
    )
  );
}

/** The datasets that are read; all of them where that is not said yet. */
export function datasetsOf(sources: Source[], datasets: Dataset[]): Dataset[] {
  const found = datasets.filter(({ name }) => sources.some(({ dataset }) => dataset === name));
  return found.length > 0 || sources.some(({ path }) => path.length > 0) ? found : datasets;
}
