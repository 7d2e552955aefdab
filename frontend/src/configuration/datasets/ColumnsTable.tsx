// A dataset's columns: one name and type, and what they are on each leg.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { ConfigSubSection } from '@grafana/plugin-ui';
import { Button, Combobox, IconButton, Input, useStyles2 } from '@grafana/ui';
import React from 'react';

import { COLUMN_TYPES, type ColumnSettings } from '../../types';
import { withField } from '../change';
import { columnFault, withItem } from './entries';

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
  const [name, ...others] = TEXTS;
  const cell = (column: ColumnSettings, index: number, { key, label }: (typeof TEXTS)[number]) => (
    <td key={key}>
      <Input
        aria-label={`${label} of column ${index + 1}`}
        value={column[key] ?? ''}
        placeholder={template?.find((known) => known.name === column.name)?.[key]}
        invalid={key === 'name' && Boolean(columnFault(columns, index))}
        title={key === 'name' ? columnFault(columns, index) : undefined}
        onChange={(event: React.ChangeEvent<HTMLInputElement>) => {
          const text = event.currentTarget.value;
          const changed = key === 'name' ? { ...column, name: text } : withField(column, key, text);
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
          : 'Beside the time, which every dataset has. A column that a leg lacks is left empty there.'
      }
    >
      <div className={styles.scroll} tabIndex={0} role="group" aria-label="Columns of the dataset">
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
                <td className={styles.type}>
                  <Combobox
                    id={`column-type-${index}`}
                    aria-labelledby="column-types"
                    options={TYPES}
                    value={column.type}
                    onChange={({ value }) => onChange(withItem(columns, index, { ...column, type: value }))}
                  />
                </td>
                {others.map((field) => cell(column, index, field))}
                <td>
                  <IconButton
                    name="trash-alt"
                    tooltip={`Remove column ${column.name || index + 1}`}
                    onClick={() => onChange(withItem(columns, index, undefined))}
                  />
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

const getStyles = (theme: GrafanaTheme2) => ({
  // The one thing that may be wider than a small page scrolls within itself.
  scroll: css({ overflowX: 'auto', marginBottom: theme.spacing(1) }),
  table: css({
    minWidth: 720,
    td: { padding: theme.spacing(0.25) },
    th: { padding: theme.spacing(0.25), fontWeight: theme.typography.fontWeightMedium },
  }),
  type: css({ minWidth: 120 }),
});
