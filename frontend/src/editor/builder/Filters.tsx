// Which rows count: filters typed by their column, with its values to choose from.
import { css } from '@emotion/css';
import type { TimeRange } from '@grafana/data';
import { Button, Combobox, Text, type ComboboxOption } from '@grafana/ui';
import React, { useState } from 'react';

import { reason } from '../../configuration/resources';
import type { DataSource } from '../../datasource';
import {
  BUILDER_OPERATORS,
  type BuilderFilter,
  type BuilderOperator,
  type ColumnType,
  type DatasetColumn,
} from '../../types';
import { ColumnSelect, Labelled } from './Builder';
import { ItemList } from './ItemList';

interface Props {
  /** The dataset that is read, where it is one that there is. */
  dataset?: string;
  filters: BuilderFilter[];
  columns: DatasetColumn[];
  variables: string[];
  datasource: DataSource;
  range?: TimeRange;
  onChange: (filters: BuilderFilter[]) => void;
}

const WORDS: Partial<Record<BuilderOperator, string>> = {
  in: 'one of',
  'not in': 'none of',
  'is null': 'is empty',
  'is not null': 'is not empty',
};

/** The operators that make sense of a type. */
function operatorsFor(type: ColumnType | undefined): BuilderOperator[] {
  return BUILDER_OPERATORS.filter((operator) => {
    switch (type) {
      case 'boolean':
        return !/[<>]|in$/.test(operator);
      case 'timestamp':
        return !/in$/.test(operator);
      default:
        return true;
    }
  });
}

export function Filters({ dataset, filters, columns, variables, datasource, range, onChange }: Props) {
  const typeOf = (name: string) => columns.find((column) => column.name === name)?.type;
  return (
    <ItemList
      title="Filters"
      item="filter"
      items={filters}
      blank={{ column: '', operator: '=', values: [] }}
      empty="All rows of the time range"
      onChange={onChange}
      render={(filter, index, replace) => {
        const type = filter.type ?? typeOf(filter.column);
        const operators = operatorsFor(type);
        return (
          <>
            <ColumnSelect
              label={`Column of filter ${index + 1}`}
              column={filter.column}
              columns={columns.filter(({ name }) => name !== 'time')}
              variables={variables}
              onChange={(column) => replace(withColumn(filter, column, typeOf(column)))}
            />
            <Labelled label={`Operator of filter ${index + 1}`}>
              {(id) => (
                <Combobox
                  id={id}
                  width={16}
                  options={operators.map((value) => ({ value, label: WORDS[value] ?? value }))}
                  value={filter.operator}
                  onChange={({ value }) => replace(withOperator(filter, value))}
                />
              )}
            </Labelled>
            <Values
              dataset={dataset}
              filter={filter}
              type={type}
              index={index}
              variables={variables}
              datasource={datasource}
              range={range}
              onChange={(values) => replace({ ...filter, values })}
            />
          </>
        );
      }}
    />
  );
}

function withColumn(filter: BuilderFilter, column: string, type: ColumnType | undefined): BuilderFilter {
  const operator = operatorsFor(type).includes(filter.operator) ? filter.operator : '=';
  const values = filter.column === column ? filter.values : [];
  return { column, operator, values, ...(type && type !== 'text' ? { type } : {}) };
}

const styles = {
  /** A line of its own, after the fields and the button beside them. */
  failure: css({ order: 1, flexBasis: '100%', overflowWrap: 'anywhere' }),
  /** A value may be longer than the page is wide. */
  value: css({
    height: 'auto',
    minHeight: 32,
    maxWidth: '100%',
    textAlign: 'left',
    '&, & span': { whiteSpace: 'normal', overflowWrap: 'anywhere' },
  }),
};

const isList = (operator: BuilderOperator) => operator === 'in' || operator === 'not in';
const isUnary = (operator: BuilderOperator) => operator === 'is null' || operator === 'is not null';

function withOperator(filter: BuilderFilter, operator: BuilderOperator): BuilderFilter {
  const values = isUnary(operator) ? [] : isList(operator) ? filter.values : filter.values.slice(0, 1);
  return { ...filter, operator, values };
}

interface ValuesProps {
  dataset: string | undefined;
  filter: BuilderFilter;
  type: ColumnType | undefined;
  index: number;
  variables: string[];
  datasource: DataSource;
  range?: TimeRange;
  onChange: (values: string[]) => void;
}

function Values({ dataset, filter, type, index, variables, datasource, range, onChange }: ValuesProps) {
  const { column, operator, values } = filter;
  const [failure, setFailure] = useState<string>();
  if (isUnary(operator)) {
    return null;
  }
  const options = async (typed: string): Promise<Array<ComboboxOption<string>>> => {
    const own = variables.map((name) => ({ value: `$${name}`, label: `$${name}`, description: 'variable' }));
    let found: string[] = [];
    try {
      found = await valuesOf(datasource, dataset, column, type, range);
      setFailure(undefined);
    } catch (error) {
      // Values can be typed.
      setFailure(reason(error));
    }
    const wanted = typed.toLowerCase();
    return [...found.map((value) => ({ value, label: value })), ...own].filter(({ label }) =>
      label.toLowerCase().includes(wanted)
    );
  };
  const combobox = (id: string, value: string | undefined, choose: (value: string) => void) => (
    <Combobox
      id={id}
      width={22}
      placeholder={type === 'timestamp' ? '2026-01-31T12:00:00Z' : 'value'}
      options={options}
      value={value === undefined ? null : { value, label: value }}
      noOptionsMessage={noValues(column, type, failure)}
      customValueDescription="Use this value"
      createCustomValue
      onChange={({ value }) => choose(value)}
    />
  );
  const whyNone = failure && (
    <span role="status" className={styles.failure}>
      <Text color="warning" variant="bodySmall">
        No list to choose from, type the value: {failure}
      </Text>
    </span>
  );
  if (!isList(operator)) {
    return (
      <>
        <Labelled label={`Value of filter ${index + 1}`}>
          {(id) => combobox(id, values[0], (value) => onChange([value]))}
        </Labelled>
        {whyNone}
      </>
    );
  }
  return (
    <>
      {whyNone}
      {values.map((value) => (
        <Button
          key={value}
          variant="secondary"
          icon="times"
          type="button"
          className={styles.value}
          aria-label={`Remove value ${value} of filter ${index + 1}`}
          onClick={() => onChange(values.filter((known) => known !== value))}
        >
          {value}
        </Button>
      ))}
      <Labelled label={`Add a value to filter ${index + 1}`}>
        {(id) => (
          // A new field for every value: it is empty again.
          <React.Fragment key={values.length}>
            {combobox(id, undefined, (value) => onChange([...values.filter((known) => known !== value), value]))}
          </React.Fragment>
        )}
      </Labelled>
    </>
  );
}

/** Why there is no value to choose. */
function noValues(column: string, type: ColumnType | undefined, failure: string | undefined): string {
  if (failure) {
    return 'No list: type the value.';
  }
  if (!column) {
    return 'Choose a column first, or type the value.';
  }
  return type === undefined || type === 'text'
    ? 'No values in this time range: type one.'
    : 'Values of this type are not listed: type one.';
}

/** The column's values, where it is one whose values are worth listing and they can be had. */
async function valuesOf(
  datasource: DataSource,
  dataset: string | undefined,
  column: string,
  type: ColumnType | undefined,
  timeRange: TimeRange | undefined
): Promise<string[]> {
  if (type === 'boolean') {
    return ['true', 'false'];
  }
  if (!column || column.startsWith('$') || (type !== undefined && type !== 'text')) {
    return [];
  }
  const range = timeRange && { from: timeRange.from.valueOf(), to: timeRange.to.valueOf() };
  // A column's name may mean something else in another dataset.
  return datasource.columnValues(dataset ? `${dataset}.${column}` : column, range);
}
