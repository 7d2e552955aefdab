// Grafana's service for template variables, as far as data sources and panels use it.
import type { Field, ScopedVars, TimeRange, TypedVariableModel } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

export type Value = string | string[];

/** A variable with its current value. */
export interface Variable {
  name: string;
  type: string;
  label?: string;
  multi?: boolean;
  includeAll?: boolean;
  /** Chosen values, or every one of the list where `All` is chosen. */
  value: Value;
  text: string;
  /** Set where `All` is chosen and stands for this very text: it is put in as it is. */
  allValue?: string;
}

type Formatter = (value: unknown, variable: object, fallback?: unknown) => string;

const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

const quoted = (quote: string) => (text: string) => quote + text.replaceAll(quote, quote + quote) + quote;

/** How Grafana writes a value in a format that a reference names. */
function write(value: Value, format: string, text: string): string {
  const values = Array.isArray(value) ? value : [value];
  switch (format) {
    case 'csv':
    case 'raw':
      return values.join(',');
    case 'text':
      return text;
    case 'json':
      return JSON.stringify(value);
    case 'pipe':
      return values.join('|');
    case 'regex': {
      const escaped = values.map((one) => one.replace(/[-[\]{}()*+?.,\\^$|#\s]/g, '\\$&'));
      return escaped.length === 1 ? escaped[0]! : `(${escaped.join('|')})`;
    }
    case 'singlequote':
    case 'sqlstring':
      return values.map(quoted("'")).join(',');
    case 'doublequote':
      return values.map(quoted('"')).join(',');
    case 'queryparam':
    case 'percentencode':
      return values.map(encodeURIComponent).join(',');
    default:
      return values.length === 1 ? values[0]! : `{${values.join(',')}}`;
  }
}

export class Templates implements TemplateSrv {
  private variables: Variable[] = [];
  private range?: TimeRange;

  set(variables: Variable[]): void {
    this.variables = variables;
  }

  updateTimeRange(range: TimeRange): void {
    this.range = range;
  }

  getVariables(): TypedVariableModel[] {
    return this.variables as unknown as TypedVariableModel[];
  }

  containsTemplate(target?: string): boolean {
    return [...(target ?? '').matchAll(REFERENCE)].some((found) => this.find(nameOf(found)) !== undefined);
  }

  replace(target?: string, scoped?: ScopedVars, format?: string | Function): string {
    return (target ?? '').replace(REFERENCE, (...found: string[]) => {
      const name = nameOf(found);
      if (name === '__field') {
        return ofField(found[5] ?? 'name', scoped);
      }
      const own = found[6] ?? found[3] ?? format;
      const local = scoped?.[name];
      if (local) {
        return this.write({ name, type: 'scoped', value: local.value as Value, text: String(local.text) }, own);
      }
      const variable = this.find(name);
      return variable ? this.write(variable, own) : found[0]!;
    });
  }

  private write(variable: Variable, format?: string | Function): string {
    const { value, text, allValue } = variable;
    if (allValue !== undefined) {
      return allValue;
    }
    if (typeof format === 'function') {
      return (format as Formatter)(value, variable);
    }
    const plain = Array.isArray(value) ? value.map(String) : String(value);
    return write(plain, format ?? 'glob', text);
  }

  private find(name: string): Variable | undefined {
    if ((name === '__from' || name === '__to') && this.range) {
      const value = String(this.range[name === '__from' ? 'from' : 'to'].valueOf());
      return { name, type: 'system', value, text: value };
    }
    return this.variables.find((variable) => variable.name === name);
  }
}

function nameOf(found: ArrayLike<string | undefined>): string {
  return found[1] ?? found[2] ?? found[4] ?? '';
}

/** What a field's display name may say of it, such as `${__field.labels.queue}`: nothing where it has no such label. */
function ofField(path: string, scoped?: ScopedVars): string {
  const field = (scoped?.__dataContext?.value as { field?: Field } | undefined)?.field;
  return (path.startsWith('labels.') ? field?.labels?.[path.slice('labels.'.length)] : field?.name) ?? '';
}

export const templates = new Templates();
