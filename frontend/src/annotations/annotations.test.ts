import type { AnnotationQuery } from '@grafana/data';

import type { SwitchboardQuery } from '../types';
import { annotationSupport } from './support';

const annotation = (fields: object) =>
  ({ name: 'Missed', enable: true, iconColor: 'red', ...fields }) as AnnotationQuery<SwitchboardQuery>;

describe('annotations', () => {
  it('run as annotations', () => {
    const target = { refId: '', sql: 'SELECT 1', format: 'table' as const };
    expect(annotationSupport.prepareQuery!(annotation({ target }))).toEqual({
      refId: 'Anno',
      sql: 'SELECT 1',
      format: 'annotations',
    });
    expect(annotationSupport.prepareQuery!(annotation({}))).toBeUndefined();
  });

  it('take a query that lies beside the target', () => {
    expect(annotationSupport.prepareAnnotation!(annotation({ sql: 'SELECT 1' }))).toMatchObject({
      name: 'Missed',
      target: { route: 'auto', sql: 'SELECT 1', format: 'annotations' },
    });
    const whole = annotation({ target: { refId: 'A', sql: 'x' } });
    expect(annotationSupport.prepareAnnotation!(whole)).toBe(whole);
  });
});
