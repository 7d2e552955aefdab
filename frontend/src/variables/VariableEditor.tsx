// A variable's query: the values of a dataset's column, or what a statement answers.
import type { QueryEditorProps } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Combobox, RadioButtonGroup, Text } from '@grafana/ui';
import React, { useId } from 'react';

import type { DataSource } from '../datasource';
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
  const query = readVariableQuery(saved);
  const route = query.route ?? 'auto';
  const known = useKnowledge(datasource, query, range);
  // Grafana lists a variable by its definition, the second argument.
  const change = (changed: VariableQuery) =>
    (onChange as (query: VariableQuery, definition: string) => void)(changed, variableText(changed));
  return (
    <EditorRows>
      <EditorRow>
        <RadioButtonGroup
          size="sm"
          aria-label="Kind of query"
          options={KINDS}
          value={query.kind}
          onChange={(kind) => change({ ...query, kind })}
        />
        {query.kind === 'sql' && (
          <RouteRow
            route={route}
            explained={{ state: 'none' }}
            onChange={(chosen) => change({ ...query, route: chosen })}
          />
        )}
      </EditorRow>
      {query.kind === 'values' ? (
        <ValuesRow query={query} known={known} onChange={change} />
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
          options={known.datasets.map(({ name }) => ({ value: name, label: name }))}
          value={query.dataset ? { value: query.dataset, label: query.dataset } : null}
          createCustomValue
          onChange={({ value }) => onChange({ ...query, dataset: value })}
        />
      </EditorField>
      <EditorField
        label="Column"
        width={24}
        htmlFor={`${ids}column`}
        error={known.failure}
        invalid={Boolean(known.failure)}
      >
        <Combobox
          id={`${ids}column`}
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
