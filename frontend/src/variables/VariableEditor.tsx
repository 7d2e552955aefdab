// A variable's query: the values of a dataset's column, or what a statement answers.
import type { QueryEditorProps } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Combobox, RadioButtonGroup, Text } from '@grafana/ui';
import React, { useId } from 'react';

import type { DataSource } from '../datasource';
import { DatasetsNotice } from '../editor/DatasetsNotice';
import { RouteRow } from '../editor/RouteRow';
import { SqlField } from '../editor/SqlField';
import { useKnowledge, type Known } from '../editor/useKnowledge';
import type { SwitchboardOptions, SwitchboardQuery, VariableQuery } from '../types';
import { readVariableQuery, variableText } from './query';

type Props = QueryEditorProps<DataSource, SwitchboardQuery, SwitchboardOptions, VariableQuery>;

const KINDS: Array<{ value: VariableQuery['kind']; label: string }> = [
  { value: 'values', label: 'Values of a column' },
  { value: 'sql', label: 'SQL' },
];

export function VariableEditor({ datasource, query: saved, range, onChange }: Props) {
  const query = readVariableQuery(saved, datasource.variableNames());
  const route = query.route ?? 'auto';
  const known = useKnowledge(datasource, query, range);
  // Grafana lists a variable by its definition, the second argument.
  const change = (changed: VariableQuery) =>
    (onChange as (query: VariableQuery, definition: string) => void)(changed, variableText(changed));
  const kinds = (
    <RadioButtonGroup
      size="sm"
      aria-label="Kind of query"
      options={KINDS}
      value={query.kind}
      onChange={(kind) => change({ ...query, kind })}
    />
  );
  return (
    <EditorRows>
      <EditorRow>
        {query.kind === 'sql' ? (
          <RouteRow
            route={route}
            explained={{ state: 'none' }}
            before={kinds}
            onChange={(chosen) => change({ ...query, route: chosen })}
          />
        ) : (
          kinds
        )}
      </EditorRow>
      {query.kind === 'values' ? (
        <>
          <DatasetsNotice known={known} />
          <ValuesRow query={query} known={known} onChange={change} />
        </>
      ) : (
        <div>
          <SqlField
            label="SQL of the variable"
            sql={query.sql ?? ''}
            knowledge={known}
            height={140}
            onChange={(sql) => sql !== query.sql && change({ ...query, sql })}
            onRun={(sql) => change({ ...query, sql })}
          />
          <Text variant="bodySmall" color="secondary">
            Columns named text and value are what is shown and what is put in; one column is both.
          </Text>
        </div>
      )}
    </EditorRows>
  );
}

interface RowProps {
  query: VariableQuery;
  known: Known;
  onChange: (query: VariableQuery) => void;
}

function ValuesRow({ query, known, onChange }: RowProps) {
  const ids = useId();
  const columns = known.datasets.find(({ name }) => name === query.dataset)?.columns ?? [];
  return (
    <EditorRow>
      <EditorField label="Dataset" width={24} htmlFor={`${ids}dataset`}>
        <Combobox
          id={`${ids}dataset`}
          loading={known.isLoading}
          placeholder="choose one"
          noOptionsMessage="There is none to choose: type the name."
          customValueDescription="Use this name"
          options={known.datasets.map(({ name }) => ({ value: name, label: name }))}
          value={query.dataset ? { value: query.dataset, label: query.dataset } : null}
          createCustomValue
          onChange={({ value }) => onChange({ ...query, dataset: value })}
        />
      </EditorField>
      <EditorField label="Column" width={24} htmlFor={`${ids}column`}>
        <Combobox
          id={`${ids}column`}
          placeholder={query.dataset ? 'choose one' : 'after the dataset'}
          noOptionsMessage={
            query.dataset ? 'There is none to choose: type the name.' : 'Choose a dataset first, or type the name.'
          }
          customValueDescription="Use this name"
          options={columns
            .filter(({ type }) => type === 'text' || type === 'boolean')
            .map(({ name, description }) => ({ value: name, label: name, description: description ?? undefined }))}
          value={query.column ? { value: query.column, label: query.column } : null}
          createCustomValue
          onChange={({ value }) => onChange({ ...query, column: value })}
        />
      </EditorField>
    </EditorRow>
  );
}
