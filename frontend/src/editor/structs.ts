// Types as Athena's catalogue writes them: the fields of a struct, and a form that is short enough for a list.
import type { Entry } from './lists';

/** The fields of `struct<name:type,...>`, in order; none of any other type. */
export function fieldsOf(type: string | undefined): Entry[] {
  const inside = /^struct<(.*)>$/is.exec(type?.trim() ?? '')?.[1];
  if (inside === undefined) {
    return [];
  }
  const fields: string[] = [''];
  let depth = 0;
  for (const character of inside) {
    depth += '<('.includes(character) ? 1 : '>)'.includes(character) ? -1 : 0;
    if (character === ',' && depth === 0) {
      fields.push('');
    } else {
      fields.push(fields.pop()! + character);
    }
  }
  return fields.flatMap((field) => {
    const [, name, type] = /^\s*([^:]+?)\s*:\s*(.+)$/s.exec(field) ?? [];
    return name && type ? [{ name, type }] : [];
  });
}

/** `struct<…>` of a type with types within. */
export function shortType(type: string): string {
  return type.replace(/<.*>/s, '<…>');
}
