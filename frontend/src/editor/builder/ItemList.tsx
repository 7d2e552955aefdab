// A list of choices that can be added to and taken from.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import React from 'react';

import { withItem } from '../../configuration/datasets/entries';

interface Props<T> {
  title: string;
  /** What one is called. */
  item: string;
  items: T[];
  /** What is added; nothing where no more can be. */
  blank: T | undefined;
  /** What an empty list means. */
  empty: string;
  render: (item: T, index: number, replace: (item: T) => void) => React.ReactNode;
  onChange: (items: T[]) => void;
}

export function ItemList<T>({ title, item, items, blank, empty, render, onChange }: Props<T>) {
  const styles = useStyles2(getStyles);
  return (
    <div role="group" aria-label={title} className={styles.group}>
      <div className={styles.title}>{title}</div>
      <div className={styles.items}>
        {items.map((one, index) => (
          <div key={index} className={styles.item}>
            {render(one, index, (changed) => onChange(withItem(items, index, changed)))}
            <Button
              variant="secondary"
              icon="times"
              type="button"
              aria-label={`Remove ${item} ${index + 1}`}
              onClick={() => onChange(withItem(items, index, undefined))}
            />
          </div>
        ))}
        {items.length === 0 && <span className={styles.empty}>{empty}</span>}
        {blank !== undefined && (
          <Button
            variant="secondary"
            icon="plus"
            type="button"
            aria-label={`Add ${item}`}
            onClick={() => onChange([...items, blank])}
          />
        )}
      </div>
    </div>
  );
}

/** Where the fields of one item have no room beside each other, a frame says which belong together. */
const NARROW = '@container (max-width: 480px)';

const getStyles = (theme: GrafanaTheme2) => ({
  group: css({ minWidth: 0, maxWidth: '100%' }),
  title: css({
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    marginBottom: theme.spacing(0.5),
  }),
  items: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1, 2) }),
  item: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5),
    maxWidth: '100%',
    [NARROW]: {
      padding: theme.spacing(0.5),
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
    },
  }),
  empty: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }),
});
