// A dashboard as its file has it, as far as the page draws it.
import type { AnnotationQuery, DataTransformerConfig, FieldConfigSource } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

export interface SavedVariable {
  type: 'query' | 'datasource' | 'textbox' | 'custom' | 'constant' | 'interval' | 'adhoc';
  name: string;
  label?: string;
  description?: string;
  query: unknown;
  regex?: string;
  sort?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string;
  hide?: number;
  current?: { text?: string | string[]; value?: string | string[] };
}

export interface SavedPanel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: DataQuery[];
  options: Record<string, unknown>;
  fieldConfig: FieldConfigSource;
  transformations?: DataTransformerConfig[];
  interval?: string;
  maxDataPoints?: number;
  timeFrom?: string;
  hideTimeOverride?: boolean;
}

export interface Dashboard {
  uid: string;
  title: string;
  description?: string;
  timezone?: string;
  time: { from: string; to: string };
  refresh?: string;
  timepicker?: { refresh_intervals?: string[] };
  panels: SavedPanel[];
  templating: { list: SavedVariable[] };
  annotations: { list: Array<AnnotationQuery & { builtIn?: number; hide?: boolean }> };
}

/** A dashboard as the list of them names it. */
export interface DashboardEntry {
  uid: string;
  title: string;
  description: string;
}
