// How values and names are written in SQL: in the one way that Trino and Timestream share.

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const NAME_PATH = /^(?:[A-Za-z_]\w*|"(?:[^"]|"")+")(?:\.(?:[A-Za-z_]\w*|"(?:[^"]|"")+"))*$/;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const DURATION = /^\d+(?:ns|us|ms|s|m|h|d)$/;

/** Words that Trino takes as a name only in quotes. */
const RESERVED = new Set(
  (
    'alter and as between by case cast constraint create cross cube current_catalog current_date current_path ' +
    'current_role current_schema current_time current_timestamp current_user deallocate delete describe distinct drop ' +
    'else end escape except execute exists extract false for from full group grouping having in inner insert intersect ' +
    'into is join left like listagg localtime localtimestamp natural normalize not null on or order outer prepare ' +
    'recursive right rollup select table then true uescape union unnest using values when where with'
  ).split(' ')
);

/** Text as a literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name, in quotes where SQL needs them. */
export function identifier(name: string): string {
  return PLAIN_NAME.test(name) && !RESERVED.has(name.toLowerCase()) ? name : quoted(name);
}

/** A name in quotes, whether SQL needs them or not. */
export function quoted(name: string, quote = '"'): string {
  return quote + name.replaceAll(quote, quote + quote) + quote;
}

/** Names joined by dots as they are, anything else as one name. */
export function namePath(name: string): string {
  return NAME_PATH.test(name) ? name : identifier(name);
}

/** Whether SQL reads `text` as one number. */
export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Whether `text` is a width such as `5m`. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}
