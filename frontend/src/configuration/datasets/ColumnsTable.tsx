// A dataset's columns: one name and type, and what they are on each leg.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { ConfigSubSection } from '@grafana/plugin-ui';
import { Button, Combobox, IconButton, Input, useStyles2 } from '@grafana/ui';
import React from 'react';

import { COLUMN_TYPES, type ColumnSettings } from '../../types';
import { withField } from '../change';
import { useReadOnly } from '../readOnly';
import { columnFault, ofTemplate, withItem } from './entries';

interface Props {
  columns: ColumnSettings[];
  /** The columns that the template has. */
  template?: ColumnSettings[];
  onChange: (columns: ColumnSettings[]) => void;
}

const TYPES = COLUMN_TYPES.map((value) => ({ value, label: value }));

const TEXTS: ReadonlyArray<{ key: 'name' | 'realtime' | 'historical' | 'unit' | 'description'; label: string }> = [
  { key: 'name', label: 'Name' },
  { key: 'realtime', label: 'On Timestream' },
  { key: 'historical', label: 'On Athena' },
  { key: 'unit', label: 'Unit' },
  { key: 'description', label: 'Description' },
];

export function ColumnsTable({ columns, template, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const isReadOnly = useReadOnly();
  const [name, ...others] = TEXTS;
  const cell = (column: ColumnSettings, index: number, { key, label }: (typeof TEXTS)[number]) => (
    <td key={key} data-label={label}>
      <Input
        aria-label={`${label} of column ${index + 1}`}
        value={String(column[key] ?? '')}
        placeholder={otherwise(key, column, template)}
        invalid={key === 'name' && Boolean(columnFault(columns, index))}
        title={key === 'name' ? columnFault(columns, index) : undefined}
        onChange={(event: React.ChangeEvent<HTMLInputElement>) => {
          const text = event.currentTarget.value;
          const changed =
            key === 'name'
              ? { ...column, name: text }
              : withField(column, key, isOfLeg(key) && text.trim() === 'false' ? false : text);
          onChange(withItem(columns, index, changed));
        }}
      />
    </td>
  );
  return (
    <ConfigSubSection
      title="Columns"
      description={
        template
          ? `Only what differs: the dataset has ${template.map((column) => column.name).join(', ')}.`
          : 'Beside the time, which every dataset has. On a leg, a column is what bears its name there, an expression, or false where the leg lacks it.'
      }
    >
      <div className={styles.container}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" id="column-types">
                Type
              </th>
              {others.map(({ key, label }) => (
                <th key={key} scope="col">
                  {label}
                </th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {columns.map((column, index) => (
              <tr key={index}>
                {cell(column, index, name!)}
                <td className={styles.type} data-label="Type">
                  <Combobox
                    id={`column-type-${index}`}
                    aria-labelledby="column-types"
                    options={TYPES}
                    value={column.type}
                    disabled={isReadOnly}
                    onChange={({ value }) => onChange(withItem(columns, index, { ...column, type: value }))}
                  />
                </td>
                {others.map((field) => cell(column, index, field))}
                <td className={styles.remove}>
                  {!isReadOnly && (
                    <IconButton
                      name="trash-alt"
                      tooltip={`Remove column ${column.name || index + 1}`}
                      onClick={() => onChange(withItem(columns, index, undefined))}
                    />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Button
        variant="secondary"
        icon="plus"
        size="sm"
        type="button"
        onClick={() => onChange([...columns, { name: '', type: 'text' }])}
      >
        Column
      </Button>
    </ConfigSubSection>
  );
}

const isOfLeg = (key: keyof ColumnSettings) => key === 'realtime' || key === 'historical';

/** What holds where a cell is empty: what the template says, else what the backend takes. */
function otherwise(
  key: (typeof TEXTS)[number]['key'],
  column: ColumnSettings,
  template: ColumnSettings[] | undefined
): string | undefined {
  if (key === 'name') {
    return undefined;
  }
  if (column.remove) {
    return 'taken away';
  }
  const known = template?.find(({ name }) => name === column.name)?.[key];
  return known === undefined ? (isOfLeg(key) ? column.name || undefined : undefined) : ofTemplate(String(known));
}

/** Where a row of all fields has no room, each column is a card with its fields one below the other. */
const NARROW = '@container (max-width: 700px)';

const getStyles = (theme: GrafanaTheme2) => ({
  container: css({ containerType: 'inline-size', marginBottom: theme.spacing(1) }),
  table: css({
    width: '100%',
    td: { padding: theme.spacing(0.25) },
    // Expressions and descriptions have the room that is left.
    'td[data-label="Name"]': { width: 170 },
    'td[data-label="Unit"]': { width: 80 },
    th: { padding: theme.spacing(0.25), fontWeight: theme.typography.fontWeightMedium },
    [NARROW]: {
      '&, tbody, tr, td': { display: 'block', width: '100%' },
      thead: { display: 'none' },
      tr: {
        position: 'relative',
        borderTop: `1px solid ${theme.colors.border.weak}`,
        padding: theme.spacing(1, 4, 1, 0),
      },
      'td[data-label]': {
        display: 'grid',
        gridTemplateColumns: '7em minmax(0, 1fr)',
        alignItems: 'center',
        '&::before': {
          content: 'attr(data-label)',
          fontSize: theme.typography.bodySmall.fontSize,
          color: theme.colors.text.secondary,
        },
      },
    },
  }),
  type: css({ width: 130 }),
  remove: css({
    width: theme.spacing(3),
    [NARROW]: { '&&': { position: 'absolute', top: theme.spacing(1.5), right: 0, width: 'auto' } },
  }),
});
