// What is measured: aggregates of columns, each with a name.
import { Combobox, Input } from '@grafana/ui';
import React from 'react';

import { typedNumber } from '../../configuration/change';
import { DEFAULT_PERCENTILE, measureName, needsColumn } from '../../builder/write';
import { AGGREGATES, type Aggregate, type BuilderMeasure, type DatasetColumn } from '../../types';
import { ColumnSelect, Labelled } from './Builder';
import { ItemList } from './ItemList';

interface Props {
  measures: BuilderMeasure[];
  columns: DatasetColumn[];
  variables: string[];
  onChange: (measures: BuilderMeasure[]) => void;
}

const NAMES: Record<Aggregate, string> = {
  count: 'Count',
  count_if: 'Count where',
  distinct: 'Distinct',
  sum: 'Sum',
  avg: 'Mean',
  min: 'Least',
  max: 'Greatest',
  percentile: 'Percentile',
};

const OPTIONS = AGGREGATES.map((value) => ({ value, label: NAMES[value] }));

export function Measures({ measures, columns, variables, onChange }: Props) {
  return (
    <ItemList
      title="Measures"
      item="measure"
      items={measures}
      blank={{ aggregate: 'count' }}
      empty="None: the rows themselves"
      onChange={onChange}
      render={(measure, index, replace) => {
        const { aggregate, column } = measure;
        const fitting = columns.filter((known) => fits(aggregate, known));
        return (
          <>
            <Labelled label={`Aggregate of measure ${index + 1}`}>
              {(id) => (
                <Combobox
                  id={id}
                  width={16}
                  options={OPTIONS}
                  value={aggregate}
                  onChange={({ value }) => replace(withAggregate(measure, value, columns))}
                />
              )}
            </Labelled>
            {needsColumn(aggregate) && (
              <ColumnSelect
                label={`Column of measure ${index + 1}`}
                column={column}
                columns={fitting}
                variables={variables}
                onChange={(chosen) => replace({ ...measure, column: chosen })}
              />
            )}
            {aggregate === 'percentile' && (
              <Typed
                label={`Percentile of measure ${index + 1}, from 0 to 100`}
                type="number"
                text={String(+((measure.percentile ?? DEFAULT_PERCENTILE) * 100).toFixed(6))}
                onChange={(text) => {
                  const percent = typedNumber(text);
                  const percentile =
                    percent !== undefined && percent >= 0 && percent <= 100 ? +(percent / 100).toFixed(8) : undefined;
                  replace({ ...measure, percentile });
                }}
              />
            )}
            <Typed
              label={`Name of measure ${index + 1}`}
              text={measure.alias ?? ''}
              placeholder={measureName({ ...measure, alias: undefined })}
              onChange={(text) => replace({ ...measure, alias: text.trim() || undefined })}
            />
          </>
        );
      }}
    />
  );
}

/** Whether an aggregate makes sense of a column. */
function fits(aggregate: Aggregate, { type }: DatasetColumn): boolean {
  switch (aggregate) {
    case 'count_if':
      return type === 'boolean';
    case 'sum':
    case 'avg':
    case 'percentile':
      return type === 'integer' || type === 'double';
    default:
      return true;
  }
}

/** Another aggregate, over the same column where it makes sense of it, else over the first of which it does. */
function withAggregate(measure: BuilderMeasure, aggregate: Aggregate, columns: DatasetColumn[]): BuilderMeasure {
  const { alias } = measure;
  if (!needsColumn(aggregate)) {
    return { aggregate, alias };
  }
  const fitting = columns.filter((column) => fits(aggregate, column));
  const same = fitting.find(({ name }) => name === measure.column);
  const column = (same ?? fitting.find(({ name }) => name !== 'time'))?.name ?? measure.column;
  return { aggregate, column, alias };
}

interface TypedProps {
  label: string;
  text: string;
  type?: 'text' | 'number';
  placeholder?: string;
  onChange: (text: string) => void;
}

/** Typed text that counts when the field is left, so that no query runs at every key. */
function Typed({ label, text, type, placeholder, onChange }: TypedProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <Input
          id={id}
          key={text}
          width={type === 'number' ? 10 : 20}
          type={type}
          defaultValue={text}
          placeholder={placeholder}
          onBlur={(event: React.FocusEvent<HTMLInputElement>) => {
            if (event.currentTarget.value !== text) {
              onChange(event.currentTarget.value);
            }
          }}
        />
      )}
    </Labelled>
  );
}
