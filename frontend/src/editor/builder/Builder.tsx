// Builds a statement by choosing: dataset, measures, groups, filters, buckets, order, limit.
import { css } from '@emotion/css';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Combobox, Input } from '@grafana/ui';
import React, { useId } from 'react';

import { typedNumber } from '../../configuration/change';
import type { TimeRange } from '@grafana/data';
import { orderable, tidy, withDataset } from '../../builder/state';
import type { DataSource } from '../../datasource';
import type { BuilderOrder, BuilderState, DatasetColumn } from '../../types';
import type { Known } from '../useKnowledge';
import { DatasetsNotice } from '../DatasetsNotice';
import { Filters } from './Filters';
import { ItemList } from './ItemList';
import { Measures } from './Measures';

interface Props {
  state: BuilderState;
  known: Known;
  datasource: DataSource;
  range?: TimeRange;
  onChange: (state: BuilderState) => void;
}

const BUCKETS = [
  { value: 'auto', label: 'Auto', description: 'As wide as the panel draws well' },
  { value: 'none', label: 'None', description: 'One row for each group' },
  ...['1m', '5m', '15m', '30m', '1h', '1d', '1w'].map((value) => ({ value, label: value })),
];

const styles = {
  // What lies in it looks at how wide it is.
  rows: css({ containerType: 'inline-size', width: '100%' }),
};

export function Builder({ state, known, datasource, range, onChange }: Props) {
  const ids = useId();
  const id = (field: string) => `${ids}${field}`;
  const dataset = known.datasets.find(({ name }) => name === state.dataset);
  const columns = dataset?.columns ?? [];
  const change = (changed: Partial<BuilderState>) => onChange(tidy({ ...state, ...changed }));
  const isMeasured = state.measures.length > 0;
  return (
    <>
      <DatasetsNotice known={known} />
      <div className={styles.rows}>
        <EditorRows>
          <EditorRow>
            <EditorField label="Dataset" width={24} htmlFor={id('dataset')}>
              <Combobox
                id={id('dataset')}
                loading={known.isLoading}
                noOptionsMessage={known.failure ? 'No list: type the name.' : 'There is none to choose: type the name.'}
                customValueDescription="Use this name"
                options={[
                  ...known.datasets.map(({ name, description }) => ({
                    value: name,
                    label: name,
                    description: description ?? undefined,
                  })),
                  ...known.variables.map((name) => ({ value: `$${name}`, label: `$${name}` })),
                ]}
                value={state.dataset ? { value: state.dataset, label: state.dataset } : null}
                createCustomValue
                onChange={({ value }) => {
                  const chosen = known.datasets.find(({ name }) => name === value);
                  onChange(chosen ? withDataset(state, chosen) : { ...state, dataset: value });
                }}
              />
            </EditorField>
            {isMeasured && (
              <EditorField label="Time bucket" width={16} htmlFor={id('bucket')}>
                <Combobox
                  id={id('bucket')}
                  options={BUCKETS}
                  value={{
                    value: state.bucket,
                    label: BUCKETS.find(({ value }) => value === state.bucket)?.label ?? state.bucket,
                  }}
                  createCustomValue
                  onChange={({ value }) => change({ bucket: bucketOf(value) ?? state.bucket })}
                />
              </EditorField>
            )}
          </EditorRow>
          <EditorRow>
            <Measures
              measures={state.measures}
              columns={columns}
              variables={known.variables}
              onChange={(measures) => change({ measures })}
            />
          </EditorRow>
          <EditorRow>
            <ItemList
              title={isMeasured ? 'Group by' : 'Columns'}
              item={isMeasured ? 'group' : 'column'}
              items={state.groupBy}
              blank=""
              empty={isMeasured ? 'One group of all rows' : 'All columns'}
              onChange={(groupBy) =>
                change({ groupBy: groupBy.filter((name, place) => groupBy.indexOf(name) === place) })
              }
              render={(name, index, replace) => (
                <ColumnSelect
                  label={`${isMeasured ? 'Group' : 'Column'} ${index + 1}`}
                  column={name}
                  columns={isMeasured ? columns.filter((column) => column.name !== 'time') : columns}
                  variables={known.variables}
                  onChange={replace}
                />
              )}
            />
          </EditorRow>
          <EditorRow>
            <Filters
              dataset={dataset?.name}
              filters={state.filters}
              columns={columns}
              variables={known.variables}
              datasource={datasource}
              range={range}
              onChange={(filters) => change({ filters })}
            />
          </EditorRow>
          <EditorRow>
            <Orders state={state} onChange={(orderBy) => change({ orderBy })} />
            <EditorField label="Limit" width={12} optional htmlFor={id('limit')}>
              <Input
                id={id('limit')}
                type="number"
                min={1}
                placeholder="none"
                defaultValue={state.limit ?? ''}
                key={state.limit}
                onBlur={(event: React.FocusEvent<HTMLInputElement>) => {
                  const limit = typedNumber(event.currentTarget.value);
                  if (limit !== state.limit) {
                    change({ limit: limit !== undefined && limit >= 1 ? Math.floor(limit) : undefined });
                  }
                }}
              />
            </EditorField>
          </EditorRow>
        </EditorRows>
      </div>
    </>
  );
}

/** A bucket's width as it may stand in a statement; a name of the list counts as it is typed, too. */
function bucketOf(text: string): string | undefined {
  const typed = text.trim();
  const bucket = BUCKETS.find(({ label }) => label.toLowerCase() === typed.toLowerCase())?.value ?? typed;
  return /^(?:auto|none|\d+(?:ms|s|m|h|d|w)|day|week|month|quarter|year|\$\w+|\$\{\w+\})$/.test(bucket)
    ? bucket
    : undefined;
}

interface OrdersProps {
  state: BuilderState;
  onChange: (orders: BuilderOrder[]) => void;
}

function Orders({ state, onChange }: OrdersProps) {
  const names = orderable(state);
  const free = names.find((name) => !state.orderBy.some(({ by }) => by === name));
  return (
    <ItemList
      title="Order by"
      item="order"
      items={state.orderBy}
      empty="Any order"
      blank={free ? { by: free, descending: false } : undefined}
      onChange={onChange}
      render={(order, index, replace) => (
        <>
          <Labelled label={`Order ${index + 1}`}>
            {(id) => (
              <Combobox
                id={id}
                width={18}
                options={names.map((value) => ({ value, label: value }))}
                value={order.by}
                onChange={({ value }) => replace({ ...order, by: value })}
              />
            )}
          </Labelled>
          <Labelled label={`Direction of order ${index + 1}`}>
            {(id) => (
              <Combobox
                id={id}
                width={16}
                options={[
                  { value: 'ascending', label: 'Ascending' },
                  { value: 'descending', label: 'Descending' },
                ]}
                value={order.descending ? 'descending' : 'ascending'}
                onChange={({ value }) => replace({ ...order, descending: value === 'descending' })}
              />
            )}
          </Labelled>
        </>
      )}
    />
  );
}

interface ColumnSelectProps {
  label: string;
  column: string | undefined;
  columns: DatasetColumn[];
  variables: string[];
  onChange: (column: string) => void;
}

/** Chooses a column of the dataset, or a variable that names one. */
export function ColumnSelect({ label, column, columns, variables, onChange }: ColumnSelectProps) {
  const options = [
    ...columns.map(({ name, type, description }) => ({
      value: name,
      label: name,
      description: [type, description].filter(Boolean).join(': '),
    })),
    ...variables.map((name) => ({ value: `$${name}`, label: `$${name}`, description: 'variable' })),
  ];
  return (
    <Labelled label={label}>
      {(id) => (
        <Combobox
          id={id}
          width={22}
          placeholder="column"
          noOptionsMessage="There is none to choose: type the name."
          customValueDescription="Use this name"
          options={options}
          value={column ? { value: column, label: column } : null}
          createCustomValue
          onChange={({ value }) => onChange(value)}
        />
      )}
    </Labelled>
  );
}

/** A label for those who cannot see what the field stands beside. */
export function Labelled({ label, children }: { label: string; children: (id: string) => React.ReactElement }) {
  const id = useId();
  return (
    <span>
      <label htmlFor={id} style={HIDDEN}>
        {label}
      </label>
      {children(id)}
    </span>
  );
}

/** Read out, not shown. */
const HIDDEN: React.CSSProperties = {
  position: 'absolute',
  width: 1,
  height: 1,
  margin: -1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
};
