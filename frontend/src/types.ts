// What passes between the browser half and the backend: queries, settings, and the answers of resources. The backend's
// src/query/, src/settings/ and src/datasource/ are the other side.
import type { AwsAuthDataSourceJsonData, AwsAuthDataSourceSecureJsonData } from '@grafana/aws-sdk';
import type { DataQuery } from '@grafana/schema';

export const PLUGIN_ID = 'switchboard-connect-datasource';

/** One of the two halves: Timestream or Athena. */
export type Leg = 'realtime' | 'historical';

export const LEGS: readonly Leg[] = ['realtime', 'historical'];

/** What a query asks for: one leg, or whichever the time range needs. */
export type Route = 'auto' | Leg;

/** How a panel wants its rows. */
export type Format = 'table' | 'time_series' | 'logs' | 'annotations';

/** How time series are laid out in frames. */
export type Layout = 'wide' | 'multi';

/** What fills an empty bucket. */
export interface Fill {
  mode: 'none' | 'null' | 'previous' | 'value';
  value?: number;
}

/** What counts where a range could be answered by either leg. */
export type Freshness = 'fastest' | 'cheapest' | 'complete';

export interface ResultReuse {
  enabled: boolean;
  maxAgeMinutes?: number;
}

export const FILTER_OPERATORS = ['=', '!=', '=|', '!=|', '=~', '!~', '<', '<=', '>', '>='] as const;

export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** A dashboard's filter; `values` holds what several-valued operators compare with. */
export interface AdhocFilter {
  key: string;
  operator: string;
  value: string;
  values?: string[];
}

export type EditorMode = 'builder' | 'sql';

/** What a query asks: a statement (`sql` unless said), a column's values, or the data source about itself. */
export type QueryKind = 'sql' | 'values' | 'activity' | 'boundary';

/** What is counted of the statements that ran, over time. */
export const FIGURES = ['statements', 'failures', 'elapsed_ms', 'bytes_scanned', 'dollars'] as const;

export type Figure = (typeof FIGURES)[number];

/** Fields that follow the builder until somebody chooses them. */
export type Chosen = 'format' | 'fill';

/** One panel query, as dashboards save it. */
export interface SwitchboardQuery extends DataQuery {
  kind?: QueryKind;
  route?: Route;
  /** SQL with macros. */
  sql?: string;
  format?: Format;
  layout?: Layout;
  fill?: Fill;
  /** Bucket width to fill by, where the SQL does not say: `5m`. */
  step?: string;
  freshness?: Freshness;
  /** Accept one leg's part when the other leg fails. */
  allowPartial?: boolean;
  /**
   * What `$__database`, `$__table` and `$__measure` mean, in place of the settings. Of kind `activity`, `column` is the figure;
   * of kind `boundary`, `table` is the dataset.
   */
  database?: string;
  table?: string;
  column?: string;
  measure?: string;
  catalog?: string;
  resultReuse?: ResultReuse;
  adhocFilters?: AdhocFilter[];
  /** The builder's choices that `sql` was written from; only the editor reads it. */
  builder?: BuilderState;
  /** Which editor opens; only the editor reads it. */
  editorMode?: EditorMode;
  /** What a person chose, so that the builder leaves it; only the editor reads it. */
  chosen?: Chosen[];
  /** The leg of the official data source that the query came from; only the editor reads it. */
  importedFrom?: Leg;
}

/** What the builder knows of a query. */
export interface BuilderState {
  dataset: string;
  measures: BuilderMeasure[];
  /** Columns to group by; without measures, the columns to list. */
  groupBy: string[];
  /** Width of the time buckets: `auto`, `none`, or a width such as `5m`, `1d`. */
  bucket: string;
  filters: BuilderFilter[];
  orderBy: BuilderOrder[];
  limit?: number;
}

export const AGGREGATES = ['count', 'count_if', 'distinct', 'sum', 'avg', 'min', 'max', 'percentile'] as const;

export type Aggregate = (typeof AGGREGATES)[number];

export interface BuilderMeasure {
  aggregate: Aggregate;
  /** The column that is aggregated; `count` without one counts rows, `count_if` counts where it is true. */
  column?: string;
  /** From 0 to 1, for `percentile`. */
  percentile?: number;
  /** The measure's name in the answer. */
  alias?: string;
}

export const BUILDER_OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'is null', 'is not null'] as const;

export type BuilderOperator = (typeof BUILDER_OPERATORS)[number];

export interface BuilderFilter {
  column: string;
  operator: BuilderOperator;
  /** One value, several for `in` and `not in`, none for `is null`; each may be a template variable. */
  values: string[];
  /** What the column holds, which decides how values are written; text unless said. */
  type?: ColumnType;
}

export interface BuilderOrder {
  /** A measure's alias, a group-by column, or `time`. */
  by: string;
  descending: boolean;
}

/** A variable's query: the values of a dataset's column, or what an SQL statement answers. */
export interface VariableQuery extends SwitchboardQuery {
  kind: 'values' | 'sql';
  dataset?: string;
  column?: string;
}

export interface RealtimeSettings {
  enabled?: boolean;
  region?: string;
  endpoint?: string;
  database?: string;
  table?: string;
  measure?: string;
  /** How far back the tables reach: `24h`. */
  retention?: string;
  /** How much of the retention's oldest end is not relied on: `15m`. */
  margin?: string;
  assumeRoleArn?: string;
  externalId?: string;
}

export interface HistoricalSettings {
  enabled?: boolean;
  region?: string;
  endpoint?: string;
  s3Endpoint?: string;
  catalog?: string;
  database?: string;
  workgroup?: string;
  outputLocation?: string;
  /** How late the tables are complete: `1h`. */
  lag?: string;
  resultReuse?: Partial<ResultReuse>;
  assumeRoleArn?: string;
  externalId?: string;
}

export interface LimitSettings {
  maxRows?: number;
  timeoutSeconds?: number;
  maxConcurrent?: number;
}

export const COLUMN_TYPES = ['text', 'integer', 'double', 'boolean', 'timestamp'] as const;

export type ColumnType = (typeof COLUMN_TYPES)[number];

/** How Athena's files are partitioned by the time of their arrival. */
export interface PartitionSettings {
  style: 'columns' | 'projection';
  /** For style `columns`: names that mean year, month, day, hour, or the first few of them. */
  columns?: string[];
  type?: 'string' | 'int';
  padded?: boolean;
  /** For style `projection`: the one column, and its format in Java's letters. */
  column?: string;
  format?: string;
  timezone?: string;
  arrivalLagBefore?: string;
  arrivalLagAfter?: string;
}

/** How rows delivered more than once become one: of each key, the row with the greatest `order`. */
export interface DedupeSettings {
  key: string | string[];
  order?: string;
}

export interface RealtimeTableSettings {
  database?: string;
  table?: string;
  timeColumn?: string;
  measureName?: string;
  where?: string;
  dedupe?: DedupeSettings | false;
  retention?: string;
}

export interface HistoricalTableSettings {
  catalog?: string;
  database?: string;
  table?: string;
  timeColumn?: string;
  partitions?: PartitionSettings | false;
  where?: string;
  dedupe?: DedupeSettings | false;
  lag?: string;
}

export interface ColumnSettings {
  name: string;
  type: ColumnType;
  /** SQL of its value on that leg; `false` where the leg lacks it, absent where it has the column's name. */
  realtime?: string | false;
  historical?: string | false;
  unit?: string;
  description?: string;
  /** Takes the template's column of this name away. */
  remove?: boolean;
}

/** A dataset as settings define it: on its own, or as what differs from a template. */
export interface DatasetSettings {
  name?: string;
  /** The built-in template that it starts from. */
  template?: string;
  description?: string;
  /** `false` gives the template's leg up. */
  realtime?: RealtimeTableSettings | false;
  historical?: HistoricalTableSettings | false;
  columns?: ColumnSettings[];
}

/** `jsonData`. The backend refuses keys that it does not know. */
export interface SwitchboardOptions extends Omit<AwsAuthDataSourceJsonData, 'endpoint'> {
  stsEndpoint?: string;
  realtime?: RealtimeSettings;
  historical?: HistoricalSettings;
  limits?: LimitSettings;
  /** Whether EXECUTE of a prepared statement may run. */
  allowExecute?: boolean;
  /** Names of built-in templates, or definitions; absent means all templates as they are. */
  datasets?: Array<string | DatasetSettings>;
}

export type SwitchboardSecrets = Pick<AwsAuthDataSourceSecureJsonData, 'accessKey' | 'secretKey' | 'sessionToken'>;

/** Resource `regions`. */
export interface Region {
  name: string;
  timestream: boolean;
}

/** A column of a dataset, as the resource `datasets` lists it. */
export interface DatasetColumn {
  name: string;
  type: ColumnType;
  unit?: string | null;
  description?: string | null;
  /** Whether the leg has it. */
  realtime: boolean;
  historical: boolean;
}

/** Resource `datasets`. */
export interface Dataset {
  name: string;
  description?: string | null;
  realtime: boolean;
  historical: boolean;
  /** Its columns; the event time, `time`, is the first. */
  columns: DatasetColumn[];
}

/** A column of a table, as the resources `realtime/columns` and `historical/columns` list it. */
export interface TableColumn {
  name: string;
  type: string;
}

/** Resource `macros`. */
export interface Macro {
  name: string;
  signature: string;
  example: string;
  /** Whether it means the same on both legs, in statements that read a dataset. */
  portable: boolean;
  legs: Leg[];
}

/** What `POST explain` is asked: a query, and what its panel knows. */
export interface ExplainRequest {
  query: SwitchboardQuery;
  /** Milliseconds since 1970. */
  range: { from: number; to: number };
  intervalMs: number;
  maxDataPoints: number;
}

/** One part of a range, on one leg. */
export interface Slice {
  leg: Leg;
  region: string;
  from: number;
  to: number;
  sql: string;
  /** The partition predicate, on the historical leg. */
  partition: string | null;
  /** Dollars, where known. */
  estimatedCost: number | null;
}

/** What `POST explain` answers: where a query would go, and why. Times are milliseconds since 1970. */
export interface Explanation {
  kind: 'buckets' | 'rows' | 'totals' | 'opaque';
  reason: string;
  /** Why these slices, as a sentence. */
  why: string;
  route: Route;
  /** Where historical ends and real-time begins. */
  boundary: { at: number; why: string } | null;
  /** Bucket width, as people write it: `5m`, `day in Europe/London`. */
  step: string | null;
  slices: Slice[];
  notices: Array<{ severity: 'info' | 'warning' | 'error'; text: string }>;
  summary: string;
  /** All of it as text. */
  text: string;
}

/** How a dataset is on a leg, in the health check's details. */
export interface DatasetHealth {
  name: string;
  leg: Leg;
  status: 'ok' | 'error';
  error?: string;
  advice?: string;
}

/** What a leg says of itself in the health check's details. */
export interface LegHealth {
  status: 'ok' | 'error';
  service: string;
  region: string;
  endpoint?: string;
  latencyMs?: number;
  version?: string;
  /** Which way larger results come. */
  results?: string;
  warnings: string[];
  error?: string;
  kind?: string;
  advice?: string;
}
