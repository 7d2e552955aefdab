// Queries about the data source itself: what it ran lately, and where its legs meet. They have no SQL.
import { formatOf } from './builder/follow';
import { toBuilder, toSql, type Switch } from './builder/state';
import type { BuilderState, EditorMode, Figure, SwitchboardQuery } from './types';

/** What a query is edited as. */
export type Mode = EditorMode | 'activity' | 'boundary';

/** Whether the query asks the data source about itself. */
export function isAboutItself({ kind }: SwitchboardQuery): boolean {
  return kind === 'activity' || kind === 'boundary';
}

export function modeOf({ kind, editorMode }: SwitchboardQuery): Mode {
  return kind === 'activity' || kind === 'boundary' ? kind : (editorMode ?? 'sql');
}

/**
 * The query in another mode; its SQL and the builder's choices stay for when it comes back. `start` is where the builder
 * starts that has no choices yet.
 */
export function inMode(query: SwitchboardQuery, mode: Mode, start: BuilderState): Switch {
  const asked = withoutKind(query);
  switch (mode) {
    case 'activity': {
      const { column: _column, ...rest } = asked;
      const format = asked.format === 'logs' ? 'table' : asked.format;
      return { safe: true, query: { ...rest, kind: mode, route: 'auto', format } };
    }
    case 'boundary': {
      const { table: _table, ...rest } = asked;
      return { safe: true, query: { ...rest, kind: mode, route: 'auto' } };
    }
    case 'sql':
      // SQL that a person wrote stays; the builder's is written out.
      return { safe: true, query: isAboutItself(query) && asked.editorMode === 'sql' ? asked : toSql(asked) };
    case 'builder':
      return toBuilder(asked, start);
  }
}

/** Without the kind, and without what only that kind means. */
function withoutKind(query: SwitchboardQuery): SwitchboardQuery {
  const { kind, ...rest } = query;
  if (kind === 'activity') {
    delete rest.column;
    delete rest.step;
    if (rest.builder && rest.editorMode === 'builder' && !rest.chosen?.includes('format')) {
      rest.format = formatOf(rest.builder);
    }
  } else if (kind === 'boundary') {
    delete rest.table;
  }
  return rest;
}

/** What figures are called. */
export const FIGURE_NAMES: Record<Figure, string> = {
  statements: 'Statements',
  failures: 'Failures',
  elapsed_ms: 'Mean time',
  bytes_scanned: 'Bytes scanned',
  dollars: 'Dollars',
};
