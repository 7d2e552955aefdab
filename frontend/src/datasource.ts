// The data source in the browser: prepares queries for the backend, and asks it what editors need to know.
import {
  type AdHocVariableFilter,
  type CoreApp,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceGetTagKeysOptions,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type DataSourceWithQueryModificationSupport,
  type DataSourceWithToggleableQueryFiltersSupport,
  type MetricFindValue,
  type QueryFilterOptions,
  type QueryFixAction,
  type ScopedVars,
  type TimeRange,
  type ToggleFilterAction,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { map, type Observable } from 'rxjs';

import { annotationSupport } from './annotations/support';
import { startingQuery } from './builder/start';
import { queryText } from './display';
import { adhocFilters, hasFilter, withFilter, withoutFilter, type TypeOf } from './filters';
import { importQuery } from './import';
import { isAboutItself } from './kind';
import { namedFrames } from './series';
import { interpolate, valuesOf, type Replace } from './sql/interpolate';
import {
  PLUGIN_ID,
  type Dataset,
  type ExplainRequest,
  type Explanation,
  type Leg,
  type Macro,
  type SwitchboardOptions,
  type SwitchboardQuery,
  type TableColumn,
} from './types';
import { VariableSupport } from './variables/support';

/** Fields that hold SQL: ours, and those of queries that the official data sources saved. */
const SQL_FIELDS = ['sql', 'rawSQL', 'rawSql', 'rawQuery'] as const;

/** Fields that hold a name or a width, and may be a variable. */
const NAME_FIELDS = ['database', 'table', 'column', 'measure', 'catalog', 'region', 'step', 'dataset'] as const;

/** The same in what Athena's data source saves as `connectionArgs`. */
const CONNECTION_FIELDS = ['database', 'catalog', 'region'] as const;

type Fields = Partial<Record<(typeof SQL_FIELDS)[number] | (typeof NAME_FIELDS)[number], unknown>> & {
  connectionArgs?: object | null;
};

/** What a panel's place and size say beside its query. */
export interface PanelContext {
  range: TimeRange;
  intervalMs?: number;
  maxDataPoints?: number;
}

export class DataSource
  extends DataSourceWithBackend<SwitchboardQuery, SwitchboardOptions>
  implements
    DataSourceWithToggleableQueryFiltersSupport<SwitchboardQuery>,
    DataSourceWithQueryModificationSupport<SwitchboardQuery>
{
  readonly settings: SwitchboardOptions;
  private readonly answers = new Map<string, Promise<unknown>>();
  /** The datasets as they were last listed. */
  private listed: Dataset[] = [];

  constructor(
    instance: DataSourceInstanceSettings<SwitchboardOptions>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(instance);
    this.settings = instance.jsonData ?? {};
    this.annotations = annotationSupport;
    this.variables = new VariableSupport(this);
  }

  getDefaultQuery(_app: CoreApp): Partial<SwitchboardQuery> {
    return startingQuery(this.settings);
  }

  query(request: DataQueryRequest<SwitchboardQuery>): Observable<DataQueryResponse> {
    return super.query(request).pipe(map((response) => ({ ...response, data: namedFrames(response.data) })));
  }

  filterQuery(query: SwitchboardQuery): boolean {
    const fields = query as Fields;
    if (query.kind === 'values') {
      return Boolean(fields.dataset && fields.column);
    }
    // The data source tells of itself without SQL.
    if (isAboutItself(query)) {
      return true;
    }
    return SQL_FIELDS.some((field) => typeof fields[field] === 'string' && fields[field].trim() !== '');
  }

  applyTemplateVariables(
    query: SwitchboardQuery,
    scopedVars: ScopedVars,
    filters?: AdHocVariableFilter[]
  ): SwitchboardQuery {
    const replace: Replace = (variable, format) => this.templates.replace(variable, scopedVars, format);
    const applied: SwitchboardQuery & Fields = { ...query };
    for (const field of SQL_FIELDS) {
      const sql = applied[field];
      if (typeof sql === 'string') {
        Object.assign(applied, { [field]: interpolate(sql, replace) });
      }
    }
    const names = <T extends object>(fields: T, keys: readonly string[]): T => {
      const given = Object.entries(fields).filter(([key, name]) => keys.includes(key) && typeof name === 'string');
      const put = given.map(([key, name]) => [key, this.templates.replace(name, scopedVars)]);
      return { ...fields, ...Object.fromEntries(put) };
    };
    Object.assign(applied, names(applied, NAME_FIELDS));
    if (applied.connectionArgs) {
      applied.connectionArgs = names(applied.connectionArgs, CONNECTION_FIELDS);
    }
    const own = (query.adhocFilters ?? []).map((filter) => ({
      ...filter,
      value: this.templates.replace(filter.value, scopedVars),
      ...(filter.values ? { values: filter.values.flatMap((value) => valuesOf(value, replace)) } : {}),
    }));
    const all = [...own, ...adhocFilters(filters)];
    delete applied.adhocFilters;
    // The backend has no use for what only the editor reads.
    delete applied.builder;
    delete applied.chosen;
    if (isAboutItself(query)) {
      // It has nothing to fill, and the statement waits for its return.
      delete applied.fill;
      delete applied.sql;
    }
    return all.length > 0 ? { ...applied, adhocFilters: all } : applied;
  }

  getQueryDisplayText(query: SwitchboardQuery): string {
    return queryText(query);
  }

  async importQueries(queries: DataQuery[]): Promise<SwitchboardQuery[]> {
    return queries.flatMap((query) => {
      if (query.datasource?.type === PLUGIN_ID) {
        return [query as SwitchboardQuery];
      }
      const imported = importQuery(query, this.variableNames());
      return imported ? [imported] : [];
    });
  }

  modifyQuery(query: SwitchboardQuery, action: QueryFixAction): SwitchboardQuery {
    const { key, value } = action.options ?? {};
    if (key === undefined || value === undefined || isAboutItself(query)) {
      return query;
    }
    switch (action.type) {
      case 'ADD_FILTER':
        return withFilter(query, key, value, false, this.typeOf);
      case 'ADD_FILTER_OUT':
        return withFilter(query, key, value, true, this.typeOf);
      default:
        return query;
    }
  }

  getSupportedQueryModifications(): string[] {
    return ['ADD_FILTER', 'ADD_FILTER_OUT'];
  }

  toggleQueryFilter(query: SwitchboardQuery, { type, options: { key, value } }: ToggleFilterAction): SwitchboardQuery {
    if (isAboutItself(query)) {
      return query;
    }
    const isExcluded = type === 'FILTER_OUT';
    return hasFilter(query, key, value, isExcluded)
      ? withoutFilter(query, key, value, isExcluded)
      : withFilter(query, key, value, isExcluded, this.typeOf);
  }

  private readonly typeOf: TypeOf = (dataset, column) =>
    this.listed.find(({ name }) => name === dataset)?.columns.find(({ name }) => name === column)?.type;

  queryHasFilter(query: SwitchboardQuery, { key, value }: QueryFilterOptions): boolean {
    return hasFilter(query, key, value);
  }

  async getTagKeys(_options?: DataSourceGetTagKeysOptions<SwitchboardQuery>): Promise<MetricFindValue[]> {
    return this.getResource<MetricFindValue[]>('tag-keys');
  }

  async getTagValues(options: DataSourceGetTagValuesOptions<SwitchboardQuery>): Promise<MetricFindValue[]> {
    const { key, timeRange } = options;
    const range = timeRange ? { from: timeRange.from.valueOf(), to: timeRange.to.valueOf() } : {};
    return this.getResource<MetricFindValue[]>('tag-values', { key, ...range });
  }

  /** Where the query would go over this range, and why. Variables are put in first, as for a run. */
  explain(query: SwitchboardQuery, { range, intervalMs, maxDataPoints }: PanelContext): Promise<Explanation> {
    const request: ExplainRequest = {
      query: this.applyTemplateVariables(query, {}),
      range: { from: range.from.valueOf(), to: range.to.valueOf() },
      intervalMs: intervalMs ?? 60_000,
      maxDataPoints: maxDataPoints ?? 1_000,
    };
    return this.postResource<Explanation>('explain', request, { showErrorAlert: false });
  }

  /** The datasets that queries may name. */
  async datasets(): Promise<Dataset[]> {
    this.listed = await this.known<Dataset[]>('datasets');
    return this.listed;
  }

  /** The macros, with the legs that have them. */
  macros(): Promise<Macro[]> {
    return this.known('macros');
  }

  /** Names for a selector: `realtime/tables` and its like. */
  names(path: string, parameters?: Record<string, string | undefined>): Promise<string[]> {
    return this.known(path, parameters);
  }

  /** Names of the dashboard's variables. */
  variableNames(): string[] {
    return this.templates.getVariables().map(({ name }) => name);
  }

  /** A native table's columns. */
  columns(leg: Leg, parameters: Record<string, string | undefined>): Promise<TableColumn[]> {
    return this.known(`${leg}/columns`, parameters);
  }

  /** What a column held in a range, in milliseconds since 1970: `column`, or `dataset.column` where more than one has it. */
  async columnValues(key: string, range: { from?: number; to?: number } = {}): Promise<string[]> {
    const found = await this.getResource<MetricFindValue[]>('tag-values', { key, ...range }, { showErrorAlert: false });
    return found.map(({ text, value }) => String(value ?? text));
  }

  /** Asks a resource once; an answer that failed is asked for again. */
  private known<T>(path: string, parameters: Record<string, string | undefined> = {}): Promise<T> {
    const given = Object.fromEntries(
      Object.entries(parameters).flatMap(([key, value]) => (value ? [[key, this.templates.replace(value)]] : []))
    );
    const key = `${path}?${JSON.stringify(given)}`;
    const answered = this.answers.get(key);
    if (answered) {
      return answered as Promise<T>;
    }
    const asked = this.getResource<T>(path, given, { showErrorAlert: false });
    this.answers.set(key, asked);
    asked.catch(() => this.answers.delete(key));
    return asked;
  }
}
