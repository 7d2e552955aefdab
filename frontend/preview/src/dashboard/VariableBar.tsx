// The row above a dashboard: its variables, and filters on any column.
import type { AdHocVariableFilter, DataSourceApi, MetricFindValue, TimeRange } from '@grafana/data';
import {
  Button,
  Combobox,
  IconButton,
  Input,
  InlineField,
  MultiCombobox,
  Stack,
  type ComboboxOption,
} from '@grafana/ui';
import React, { useState } from 'react';

import type { SavedVariable } from './model';
import { ALL, type ShownVariable } from './variables';

interface BarProps {
  variables: ShownVariable[];
  onChoose: (name: string, values: string[]) => void;
}

export function VariableBar({ variables, onChoose }: BarProps) {
  return (
    <>
      {variables
        .filter(({ saved }) => saved.hide !== 2)
        .map((variable) => (
          <VariableField key={variable.saved.name} variable={variable} onChoose={onChoose} />
        ))}
    </>
  );
}

/** The row before its values are known. */
export function VariablesToCome({ saved }: { saved: SavedVariable[] }) {
  return (
    <>
      {saved
        .filter(({ hide }) => hide !== 2)
        .map(({ name, label, description }) => (
          <InlineField key={name} label={label ?? name} htmlFor={`variable-${name}`} tooltip={description} shrink>
            <Input id={`variable-${name}`} placeholder="Loading" width={14} disabled />
          </InlineField>
        ))}
    </>
  );
}

function VariableField({ variable, onChoose }: { variable: ShownVariable; onChoose: BarProps['onChoose'] }) {
  const { saved, options, chosen, error } = variable;
  const { name, label, description, multi, includeAll, type } = saved;
  const id = `variable-${name}`;
  const choices = includeAll ? [{ label: 'All', value: ALL }, ...options] : options;
  return (
    <InlineField label={label ?? name} htmlFor={id} tooltip={description} invalid={Boolean(error)} error={error} shrink>
      {type === 'textbox' ? (
        <TextField id={id} text={chosen[0] ?? ''} onSave={(text) => onChoose(name, [text])} />
      ) : multi ? (
        <MultiCombobox
          id={id}
          options={choices}
          value={chosen}
          width="auto"
          minWidth={12}
          maxWidth={40}
          onChange={(values) =>
            onChoose(
              name,
              withoutAll(
                values.map(({ value }) => value),
                chosen
              )
            )
          }
        />
      ) : (
        <Combobox
          id={id}
          options={choices}
          value={chosen[0] ?? null}
          width="auto"
          minWidth={12}
          maxWidth={40}
          onChange={({ value }) => onChoose(name, [value])}
        />
      )}
    </InlineField>
  );
}

/** `All` and single values exclude each other: what was chosen last counts. */
function withoutAll(values: string[], before: string[]): string[] {
  if (values.includes(ALL) && !before.includes(ALL)) {
    return [ALL];
  }
  const single = values.filter((value) => value !== ALL);
  return single.length > 0 ? single : [ALL];
}

/** Saves on Enter and on leaving. */
function TextField({ id, text, onSave }: { id: string; text: string; onSave: (text: string) => void }) {
  const [draft, setDraft] = useState(text);
  const save = () => draft !== text && onSave(draft);
  return (
    <Input
      id={id}
      value={draft}
      width={12}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => event.key === 'Enter' && save()}
    />
  );
}

const OPERATORS = ['=', '!=', '=|', '!=|', '=~', '!~', '<', '>', '<=', '>='].map((value) => ({ label: value, value }));

interface FilterProps {
  source: DataSourceApi;
  range: TimeRange;
  filters: AdHocVariableFilter[];
  onChange: (filters: AdHocVariableFilter[]) => void;
}

export function FilterBar({ source, range, filters, onChange }: FilterProps) {
  const keys = async (): Promise<Array<ComboboxOption<string>>> =>
    optionsOf((await source.getTagKeys?.({ filters, timeRange: range })) as MetricFindValue[]);
  const values = async (key: string): Promise<Array<ComboboxOption<string>>> =>
    optionsOf((await source.getTagValues?.({ key, filters, timeRange: range })) as MetricFindValue[]);
  const change = (index: number, part: Partial<AdHocVariableFilter>) =>
    onChange(filters.map((filter, at) => (at === index ? { ...filter, ...part } : filter)));
  return (
    <>
      {filters.map((filter, index) => (
        <Stack key={index} gap={0} alignItems="center">
          <Hidden id={`filter-${index}-column`} text={`Filter ${index + 1}: column`} />
          <Combobox
            id={`filter-${index}-column`}
            placeholder="Column"
            options={keys}
            value={filter.key || null}
            width={18}
            onChange={({ value }) => change(index, { key: value, value: '' })}
          />
          <Hidden id={`filter-${index}-operator`} text={`Filter ${index + 1}: operator`} />
          <Combobox
            id={`filter-${index}-operator`}
            options={OPERATORS}
            value={filter.operator}
            width={9}
            onChange={({ value }) => change(index, { operator: value })}
          />
          <Hidden id={`filter-${index}-value`} text={`Filter ${index + 1}: value`} />
          <Combobox
            id={`filter-${index}-value`}
            placeholder="Value"
            options={(typed: string) =>
              values(filter.key).then((all) =>
                all.filter(({ label, value }) => (label ?? value).toLowerCase().includes(typed.toLowerCase()))
              )
            }
            value={filter.value || null}
            width={22}
            createCustomValue
            disabled={!filter.key}
            onChange={({ value }) => change(index, { value })}
          />
          <IconButton
            name="times"
            tooltip={`Remove filter ${index + 1}`}
            onClick={() => onChange(filters.filter((_, at) => at !== index))}
          />
        </Stack>
      ))}
      <Button
        variant="secondary"
        fill="outline"
        icon="filter"
        onClick={() => onChange([...filters, { key: '', operator: '=', value: '' }])}
      >
        Add filter
      </Button>
    </>
  );
}

const HIDDEN: React.CSSProperties = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
};

/** A label for those who do not see the row. */
function Hidden({ id, text }: { id: string; text: string }) {
  return (
    <label htmlFor={id} style={HIDDEN}>
      {text}
    </label>
  );
}

function optionsOf(found: MetricFindValue[] | { data?: MetricFindValue[] } | undefined): Array<ComboboxOption<string>> {
  const values = Array.isArray(found) ? found : (found?.data ?? []);
  return values.map(({ text, value }) => ({ label: String(text), value: String(value ?? text) }));
}
