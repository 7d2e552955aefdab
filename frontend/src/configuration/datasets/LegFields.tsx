// Where one leg has a dataset.
import { ConfigSubSection } from '@grafana/plugin-ui';
import { Field, Switch } from '@grafana/ui';
import React from 'react';

import type { DedupeSettings, HistoricalTableSettings, Leg, RealtimeTableSettings } from '../../types';
import { withField } from '../change';
import { DurationField } from '../RealtimeSection';
import { TextField } from '../TextField';
import { ofTemplate } from './entries';
import { PartitionFields } from './PartitionFields';

type Table = RealtimeTableSettings & HistoricalTableSettings;

interface Props {
  leg: Leg;
  /** `false` is not on this leg; absent is as the template has it. */
  table: Table | false | undefined;
  template: Table | false | undefined;
  onChange: (table: Table | false | undefined) => void;
}

interface TableField {
  key: keyof Table;
  label: string;
  description?: string;
  /** What holds where neither the settings nor the template say. */
  otherwise?: string;
  legs: Leg[];
}

const FIELDS: TableField[] = [
  { key: 'catalog', label: 'Catalog', otherwise: 'as the leg', legs: ['historical'] },
  { key: 'database', label: 'Database', otherwise: 'as the leg', legs: ['realtime', 'historical'] },
  { key: 'table', label: 'Table', legs: ['realtime', 'historical'] },
  {
    key: 'timeColumn',
    label: 'Time column',
    description: 'When the event happened, not when it arrived: a column, or an expression.',
    legs: ['realtime', 'historical'],
  },
  {
    key: 'measureName',
    label: 'Measure',
    description: 'The records that are meant.',
    otherwise: 'all records',
    legs: ['realtime'],
  },
  {
    key: 'where',
    label: 'Condition',
    description: 'SQL that a row must satisfy.',
    otherwise: 'all rows',
    legs: ['realtime', 'historical'],
  },
];

export function LegFields({ leg, table, template, onChange }: Props) {
  const title = leg === 'realtime' ? 'On Timestream' : 'On Athena';
  const isOn = table !== false && Boolean(table ?? template);
  const own: Table = table || {};
  const base: Table = template || {};
  const change = (key: keyof Table, value: unknown) => onChange(withField(own, key, value));
  const id = (field: string) => `dataset-${leg}-${field}`;
  return (
    <ConfigSubSection title={title}>
      <Field
        label={leg === 'realtime' ? 'The dataset is on Timestream' : 'The dataset is on Athena'}
        htmlFor={id('on')}
      >
        <Switch
          id={id('on')}
          value={isOn}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? (template ? undefined : {}) : template ? false : undefined)
          }
        />
      </Field>
      {isOn && (
        <>
          {FIELDS.filter(({ legs }) => legs.includes(leg)).map(({ key, label, description, otherwise }) => (
            <TextField
              key={key}
              id={id(key)}
              label={label}
              description={description}
              placeholder={ofTemplate(base[key] as string | undefined) ?? otherwise}
              value={own[key] as string | undefined}
              onChange={(value) => change(key, value)}
            />
          ))}
          <DedupeFields
            leg={leg}
            dedupe={own.dedupe}
            template={base.dedupe}
            onChange={(value) => change('dedupe', value)}
          />
          {leg === 'historical' && (
            <PartitionFields
              partitions={own.partitions}
              template={base.partitions}
              onChange={(value) => change('partitions', value)}
            />
          )}
          {leg === 'realtime' ? (
            <DurationField
              id={id('retention')}
              label="Retention"
              description="How far back this table reaches."
              placeholder={base.retention ?? 'as the leg'}
              value={own.retention}
              onChange={(value) => change('retention', value)}
            />
          ) : (
            <DurationField
              id={id('lag')}
              label="Lag"
              description="How late this table is complete."
              placeholder={base.lag ?? 'as the leg'}
              isZeroAllowed
              value={own.lag}
              onChange={(value) => change('lag', value)}
            />
          )}
        </>
      )}
    </ConfigSubSection>
  );
}

interface DedupeProps {
  leg: Leg;
  dedupe: DedupeSettings | false | undefined;
  template: DedupeSettings | false | undefined;
  onChange: (dedupe: DedupeSettings | false | undefined) => void;
}

function DedupeFields({ leg, dedupe, template, onChange }: DedupeProps) {
  const text = (given: DedupeSettings | false | undefined) => (given ? [given.key].flat().join(', ') : '');
  const own = dedupe || undefined;
  const isOn = dedupe !== false;
  return (
    <>
      <Field
        label="Rows may be delivered more than once"
        htmlFor={`dataset-${leg}-dedupe`}
        description="Of the rows of one key the newest is kept, if there is a key. Off: every row counts as it is, which reads less where rows come only once."
      >
        <Switch
          id={`dataset-${leg}-dedupe`}
          value={isOn}
          onChange={(event) => onChange(event.currentTarget.checked ? undefined : false)}
        />
      </Field>
      {isOn && (
        <TextField
          id={`dataset-${leg}-dedupe-key`}
          label="Key"
          description="What names a row that may be delivered more than once: columns, with commas between."
          placeholder={ofTemplate(text(template)) || 'every row counts'}
          value={text(dedupe)}
          onChange={(value) => {
            const key = value.split(/,\s*/);
            onChange(value.trim() === '' ? undefined : { ...own, key: key.length > 1 ? key : value });
          }}
        />
      )}
      {isOn && (own || template) && (
        <TextField
          id={`dataset-${leg}-dedupe-order`}
          label="Newest by"
          description="Of the rows of one key, the one where this is greatest is kept."
          placeholder={ofTemplate((template && template.order) || 'any of them')}
          value={own?.order}
          onChange={(order) => {
            const key = own?.key ?? (template ? template.key : '');
            onChange(order || own ? { key, ...(order ? { order } : {}) } : undefined);
          }}
        />
      )}
    </>
  );
}
