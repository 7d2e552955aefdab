// How Athena's files are partitioned by the time of their arrival: what lets a query read a day instead of all years.
import { Combobox, Field, Switch } from '@grafana/ui';
import React from 'react';

import type { PartitionSettings } from '../../types';
import { withField } from '../change';
import { DurationField } from '../RealtimeSection';
import { useReadOnly } from '../readOnly';
import { TextField } from '../TextField';

interface Props {
  /** `false` is none; absent is as the template has it. */
  partitions: PartitionSettings | false | undefined;
  template: PartitionSettings | false | undefined;
  onChange: (partitions: PartitionSettings | false | undefined) => void;
}

type Style = PartitionSettings['style'] | 'none';

const STYLES: Array<{ value: Style; label: string; description: string }> = [
  { value: 'columns', label: 'Columns', description: 'A column each for year, month, day and hour' },
  { value: 'projection', label: 'One column', description: 'Text such as 2026/01/31/23' },
  { value: 'none', label: 'None', description: 'Every query reads the whole table' },
];

const STARTS: Record<PartitionSettings['style'], PartitionSettings> = {
  columns: { style: 'columns', columns: ['year', 'month', 'day', 'hour'], type: 'string', padded: true },
  projection: { style: 'projection', column: 'datehour', format: 'yyyy/MM/dd/HH' },
};

export function PartitionFields({ partitions, template, onChange }: Props) {
  const isReadOnly = useReadOnly();
  const shown = partitions ?? template;
  const style: Style = shown ? shown.style : 'none';
  const own = partitions || undefined;
  const base = (template && (!own || template.style === own.style) ? template : undefined) ?? undefined;
  const change = (key: keyof PartitionSettings, value: unknown) =>
    onChange(withField({ ...own, style: style === 'none' ? 'columns' : style }, key, value));
  return (
    <>
      <Field label="Partitions" htmlFor="partitions-style">
        <Combobox
          id="partitions-style"
          options={STYLES}
          value={style}
          disabled={isReadOnly}
          onChange={({ value }) => onChange(value === 'none' ? (template ? false : undefined) : STARTS[value])}
        />
      </Field>
      {style === 'columns' && (
        <>
          <TextField
            id="partitions-columns"
            label="Partition columns"
            description="For year, month, day and hour, or the first few of them, with commas between."
            placeholder={base?.columns?.join(', ')}
            value={own?.columns?.join(', ')}
            onChange={(value) => change('columns', value.trim() ? value.split(/,\s*/) : undefined)}
          />
          <Field label="Partition values are numbers" htmlFor="partitions-type">
            <Switch
              id="partitions-type"
              value={(own?.type ?? base?.type) === 'int'}
              onChange={({ currentTarget: { checked } }) =>
                onChange({
                  ...withField({ ...own, style: 'columns' as const }, 'padded', checked ? undefined : true),
                  type: checked ? 'int' : 'string',
                })
              }
            />
          </Field>
          {(own?.type ?? base?.type) !== 'int' && (
            <Field label="Partition values have leading zeros" htmlFor="partitions-padded">
              <Switch
                id="partitions-padded"
                value={own?.padded ?? base?.padded ?? true}
                onChange={(event) => change('padded', event.currentTarget.checked)}
              />
            </Field>
          )}
        </>
      )}
      {style === 'projection' && (
        <>
          <TextField
            id="partitions-column"
            label="Partition column"
            placeholder={base?.column}
            value={own?.column}
            onChange={(value) => change('column', value)}
          />
          <TextField
            id="partitions-format"
            label="Format"
            description="In Java's letters, as the table's projection has it."
            placeholder={base?.format ?? 'yyyy/MM/dd/HH'}
            value={own?.format}
            onChange={(value) => change('format', value)}
          />
        </>
      )}
      {style !== 'none' && (
        <>
          <TextField
            id="partitions-timezone"
            label="Time zone of the partitions"
            placeholder={base?.timezone ?? 'UTC'}
            value={own?.timezone}
            onChange={(value) => change('timezone', value)}
          />
          <DurationField
            id="partitions-before"
            label="Arrives early by at most"
            description="How much earlier than its event time a row's partition may be."
            placeholder={base?.arrivalLagBefore ?? '15m'}
            isZeroAllowed
            value={own?.arrivalLagBefore}
            onChange={(value) => change('arrivalLagBefore', value)}
          />
          <DurationField
            id="partitions-after"
            label="Arrives late by at most"
            description="How much later than its event time a row's partition may be."
            placeholder={base?.arrivalLagAfter ?? '1d'}
            isZeroAllowed
            value={own?.arrivalLagAfter}
            onChange={(value) => change('arrivalLagAfter', value)}
          />
        </>
      )}
    </>
  );
}
