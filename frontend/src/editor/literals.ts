// Where a value of a column is being typed: within a text that the column is compared with.
import { nameOf, type Placed } from '../sql/tokens';
import type { Dataset } from '../types';
import { readsOf, sourceOf } from './reads';

/** A column of a dataset. */
export interface ValueColumn {
  dataset: string;
  column: string;
}

/** The column that the text after `before` is compared with, by `=`, `<>`, `!=` or `IN (`; nothing where it is not known. */
export function comparedColumn(before: Placed[], sql: string, datasets: Dataset[]): ValueColumn | undefined {
  const path = comparedPath(before);
  const column = path?.pop();
  if (!path || !column) {
    return undefined;
  }
  const reads = readsOf(sql);
  const source = path.length > 0 ? sourceOf(path, reads) : reads.sources.length === 1 ? reads.sources[0] : undefined;
  const found = datasets
    .find(({ name }) => name === source?.dataset)
    ?.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
  return source?.dataset && found?.type === 'text' ? { dataset: source.dataset, column: found.name } : undefined;
}

/** The name before the operator, by its parts. */
function comparedPath(before: Placed[]): string[] | undefined {
  let end = before.length - 1;
  const text = (index: number) => before[index]?.text.toLowerCase() ?? '';
  // The values of a list that stand already.
  while (text(end) === ',' && ['string', 'number', 'variable'].includes(before[end - 1]?.kind ?? '')) {
    end -= 2;
  }
  const isList = text(end) === '(' && text(end - 1) === 'in';
  if (isList) {
    end -= text(end - 2) === 'not' ? 3 : 2;
  } else if (end < before.length - 1) {
    return undefined;
  } else if (text(end) === '=') {
    end -= text(end - 1) === '!' ? 2 : 1;
  } else if (text(end) === '>' && text(end - 1) === '<') {
    end -= 2;
  } else {
    return undefined;
  }
  return pathBefore(before, end)?.path;
}

/** The dotted name that ends at `end`, and where it begins. */
export function pathBefore(tokens: Placed[], end: number): { path: string[]; start: number } | undefined {
  const path: string[] = [];
  let start = end + 1;
  for (let index = end; index >= 0; index -= 2) {
    const name = nameOf(tokens[index]);
    if (name === undefined) {
      break;
    }
    path.unshift(name);
    start = index;
    if (tokens[index - 1]?.text !== '.') {
      break;
    }
  }
  return path.length > 0 ? { path, start } : undefined;
}
