// What the word under the pointer is: a macro, a function, a dataset or a column. Pure.
import { nameOf, placed, type Placed } from '../sql/tokens';
import type { DatasetColumn } from '../types';
import { described } from './calls';
import { macroName, macroText, servicesOf, whereabouts, type Knowledge } from './knowledge';
import { Desk, type Need } from './lists';
import { pathBefore } from './literals';
import { columnsOfTables, fieldsAt, type Named } from './native';
import { datasetsOf, isSame, readsOf, sourceOf } from './reads';

export interface Hover {
  from: number;
  to: number;
  /** Code and, below it, what it is. */
  title: string;
  text: string;
}

export interface Hovered {
  hover?: Hover;
  needs: Need[];
}

export function hoverAt(sql: string, offset: number, knowledge: Knowledge): Hovered {
  const tokens = placed(sql);
  const index = tokens.findIndex(({ from, to }) => from <= offset && offset < to);
  const token = tokens[index];
  const desk = new Desk(knowledge.listed);
  const name = nameOf(token);
  if (!token || name === undefined) {
    return { needs: [] };
  }
  const found = tell(tokens, index, name, sql, knowledge, desk);
  return { hover: found && { from: token.from, to: token.to, ...found }, needs: desk.needs };
}

function tell(
  tokens: Placed[],
  index: number,
  name: string,
  sql: string,
  knowledge: Knowledge,
  desk: Desk
): Pick<Hover, 'title' | 'text'> | undefined {
  const { kind } = tokens[index]!;
  const [before, next] = [tokens[index - 1]?.text, tokens[index + 1]?.text];
  if (kind === 'variable') {
    return macro(name, sql, knowledge);
  }
  if (before === '(' && tokens[index - 2]?.text === '$__dataset') {
    return dataset(name, knowledge);
  }
  if (next === '(' && kind === 'word') {
    const known = described(name, sql, knowledge);
    return known && { title: known.label, text: known.documentation };
  }
  if (next === '.') {
    return undefined;
  }
  const qualifier = before === '.' ? pathBefore(tokens, index - 2)?.path : undefined;
  return column(name, qualifier, sql, knowledge, desk);
}

function macro(name: string, sql: string, knowledge: Knowledge): Pick<Hover, 'title' | 'text'> | undefined {
  const known = described(name, sql, knowledge);
  if (known) {
    return { title: known.label, text: known.documentation };
  }
  // One of the other leg, which is worth knowing too.
  const other = knowledge.macros.find((macro) => macroName(macro) === name);
  return (
    other && {
      title: other.signature,
      text: [macroText(other), `On ${servicesOf(other.legs)}.`].filter(Boolean).join('\n\n'),
    }
  );
}

function dataset(name: string, { datasets }: Knowledge): Pick<Hover, 'title' | 'text'> | undefined {
  const known = datasets.find((dataset) => dataset.name === name);
  return (
    known && {
      title: `$__dataset(${name})`,
      text: [
        known.description,
        whereabouts(known),
        known.columns.map((column) => `\`${column.name}\` ${column.type}`).join(', '),
      ]
        .filter(Boolean)
        .join('\n\n'),
    }
  );
}

function column(
  name: string,
  qualifier: string[] | undefined,
  sql: string,
  knowledge: Knowledge,
  desk: Desk
): Pick<Hover, 'title' | 'text'> | undefined {
  const reads = readsOf(sql);
  const source = qualifier && sourceOf(qualifier, reads);
  if (qualifier && !source) {
    return nameText(fieldsAt(qualifier, reads, knowledge, desk), name);
  }
  const sources = source ? [source] : reads.sources;
  for (const { name: dataset, columns } of sources.length > 0 ? datasetsOf(sources, knowledge.datasets) : []) {
    const known = columns.find((column) => isSame(column.name, name));
    if (known) {
      return { title: titleOf(known), text: textOf(known, dataset) };
    }
  }
  const tables = sources.filter(({ path }) => path.length > 0);
  return nameText(columnsOfTables(tables, knowledge, desk), name);
}

function nameText(known: Named[], name: string): Pick<Hover, 'title' | 'text'> | undefined {
  const found = known.find(({ label }) => isSame(label, name));
  return found && { title: found.label, text: found.documentation };
}

function titleOf({ name, type, unit }: DatasetColumn): string {
  return `${name} ${type}${unit ? `, ${unit}` : ''}`;
}

function textOf(column: DatasetColumn, dataset: string): string {
  return [column.description, [`Column of ${dataset}`, whereabouts(column)].filter(Boolean).join(', ')]
    .filter(Boolean)
    .join('\n\n');
}
