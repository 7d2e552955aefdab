// Annotations: rows with a time, and perhaps a timeEnd, a text, tags and an id.
import type { AnnotationQuery, AnnotationSupport } from '@grafana/data';

import type { SwitchboardQuery } from '../types';
import { AnnotationEditor } from './AnnotationEditor';

const STARTING_SQL = `SELECT
  time,
  concat('Missed by ', agent) AS text,
  queue AS tags
FROM $__dataset(agent_events)
WHERE contact_state = 'MISSED'
ORDER BY time
LIMIT 100`;

export const annotationSupport: AnnotationSupport<SwitchboardQuery> = {
  QueryEditor: AnnotationEditor,

  prepareAnnotation(saved: AnnotationQuery<SwitchboardQuery> & { sql?: string; rawQuery?: string }) {
    if (saved.target || !saved.sql) {
      return saved;
    }
    const { sql, ...rest } = saved;
    return { ...rest, target: { refId: 'Anno', route: 'auto', sql, format: 'annotations', editorMode: 'sql' } };
  },

  prepareQuery(annotation) {
    const { target } = annotation;
    return target ? { ...target, refId: target.refId || 'Anno', format: 'annotations' } : undefined;
  },

  getDefaultQuery: () => ({ route: 'auto', format: 'annotations', editorMode: 'sql', sql: STARTING_SQL }),
};
