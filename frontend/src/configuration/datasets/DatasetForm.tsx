// One dataset: as it comes, with changes on top, or all one's own.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, IconButton, Stack, Text, useStyles2 } from '@grafana/ui';
import React from 'react';

import type { DatasetSettings, Leg } from '../../types';
import { withField } from '../change';
import { useReadOnly } from '../readOnly';
import type { Resources } from '../resources';
import { TextField } from '../TextField';
import { ColumnsTable } from './ColumnsTable';
import { entryName, type Entry } from './entries';
import { ExpansionPreview } from './ExpansionPreview';
import { LegFields } from './LegFields';

interface Props {
  entry: Entry;
  fault?: string;
  /** The built-in definition that it starts from. */
  template?: DatasetSettings;
  resources: Resources;
  isOpen: boolean;
  onToggle: () => void;
  onChange: (entry: Entry) => void;
  onRemove: () => void;
}

export function DatasetForm({ entry, fault, template, resources, isOpen, onToggle, onChange, onRemove }: Props) {
  const styles = useStyles2(getStyles);
  const isReadOnly = useReadOnly();
  const name = entryName(entry);
  const kind = typeof entry === 'string' ? 'built-in' : entry.template ? `${entry.template}, changed` : 'own';
  const id = `dataset-${name}`;
  return (
    <section className={styles.card} aria-label={`Dataset ${name}`}>
      <div className={styles.header}>
        <Button
          variant="secondary"
          fill="text"
          type="button"
          icon={isOpen ? 'angle-down' : 'angle-right'}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={onToggle}
        >
          {name || 'Dataset without a name'}
        </Button>
        <Badge text={kind} color={kind === 'built-in' ? 'blue' : 'purple'} />
        {fault && <Badge text={fault} color="red" icon="exclamation-triangle" className={styles.fault} />}
        {!isReadOnly && (
          <span className={styles.remove}>
            <IconButton name="trash-alt" tooltip={`Remove dataset ${name}`} onClick={onRemove} />
          </span>
        )}
      </div>
      {isOpen && (
        <div id={id} className={styles.body}>
          <fieldset className={styles.fields} disabled={isReadOnly}>
            {typeof entry === 'string' ? (
              <BuiltIn name={entry} template={template} onChange={onChange} />
            ) : (
              <Fields entry={entry} fault={fault} template={template} onChange={onChange} />
            )}
          </fieldset>
          <ExpansionPreview dataset={entry} resources={resources} />
        </div>
      )}
    </section>
  );
}

interface BuiltInProps {
  name: string;
  template?: DatasetSettings;
  onChange: (entry: Entry) => void;
}

function BuiltIn({ name, template, onChange }: BuiltInProps) {
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      <Text>{template?.description ?? 'As it comes with Switchboard.'}</Text>
      {template?.columns && (
        <Text color="secondary" variant="bodySmall">
          Columns: {template.columns.map((column) => column.name).join(', ')}
        </Text>
      )}
      <Button variant="secondary" icon="pen" type="button" onClick={() => onChange({ template: name })}>
        Change parts of it
      </Button>
    </Stack>
  );
}

interface FieldsProps {
  entry: DatasetSettings;
  fault?: string;
  template?: DatasetSettings;
  onChange: (entry: DatasetSettings) => void;
}

function Fields({ entry, fault, template, onChange }: FieldsProps) {
  const styles = useStyles2(getStyles);
  const change = (key: keyof DatasetSettings, value: unknown) => onChange(withField(entry, key, value));
  const id = (field: string) => `dataset-${field}`;
  return (
    <>
      <div className={styles.narrow}>
        <TextField
          id={id('name')}
          label="Name"
          description="As $__dataset(name) says it."
          placeholder={entry.template}
          value={entry.name}
          error={fault}
          onChange={(value) => change('name', value)}
        />
        <TextField
          id={id('description')}
          label="Description"
          description={template?.description}
          placeholder={template?.description ? 'as the template' : 'What a row is'}
          value={entry.description}
          onChange={(value) => change('description', value)}
        />
      </div>
      <div className={styles.legs}>
        {(['realtime', 'historical'] as Leg[]).map((leg) => (
          <LegFields
            key={leg}
            leg={leg}
            table={entry[leg]}
            template={template?.[leg]}
            onChange={(table) => change(leg, table)}
          />
        ))}
      </div>
      <ColumnsTable
        columns={entry.columns ?? []}
        template={template?.columns}
        onChange={(columns) => change('columns', columns.length > 0 ? columns : undefined)}
      />
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    minWidth: 0,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(0.5, 1),
  }),
  header: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  fault: css({ whiteSpace: 'normal' }),
  remove: css({ marginLeft: 'auto' }),
  body: css({ padding: theme.spacing(1, 1, 2) }),
  fields: css({ minWidth: 0, border: 'none', padding: 0, margin: theme.spacing(0, 0, 2) }),
  narrow: css({ maxWidth: 720 }),
  // Side by side where there is room.
  legs: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))',
    columnGap: theme.spacing(4),
  }),
});
