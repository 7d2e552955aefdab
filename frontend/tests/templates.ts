// Grafana's template service, as far as a data source sees it: variables with values, formats spelt out in the text.
import type { TemplateSrv } from '@grafana/runtime';

import type { Format, VariableValue } from '../src/sql/interpolate';

const VARIABLE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

const FORMATS: Record<string, (value: VariableValue) => string> = {
  csv: (value) => [value].flat().join(','),
  raw: (value) => [value].flat().join(','),
  regex: (value) => `(${[value].flat().join('|')})`,
  sqlstring: (value) =>
    [value]
      .flat()
      .map((item) => `'${String(item).replaceAll("'", "''")}'`)
      .join(','),
};

export function templateService(values: Record<string, VariableValue>): TemplateSrv {
  return {
    replace: (text = '', _scoped: unknown, format?: Format) =>
      text.replace(VARIABLE, (match, bare, bracketed, bracketFormat, braced, path, bracedFormat) => {
        const name = bare ?? bracketed ?? braced;
        const value = values[path ? `${name}.${path}` : name];
        if (value === undefined) {
          return match;
        }
        const named = FORMATS[bracketFormat ?? bracedFormat ?? ''];
        return named ? named(value) : typeof format === 'function' ? format(value) : [value].flat().join(',');
      }),
    getVariables: () => Object.keys(values).map((name) => ({ name })),
    containsTemplate: (text = '') => text.search(VARIABLE) >= 0,
    updateTimeRange: () => undefined,
  } as unknown as TemplateSrv;
}
