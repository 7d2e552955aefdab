// How the answer is wanted: its shape, what fills gaps, what counts where either leg could answer.
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Collapse, Combobox, Input, Switch } from '@grafana/ui';
import React, { useId, useState } from 'react';

import { choosing } from '../builder/follow';
import { typedNumber, withField } from '../configuration/change';
import { isWidth } from '../configuration/seam';
import type { Chosen, Fill, Format, Layout, SwitchboardQuery } from '../types';
import { FreshnessField } from './FreshnessField';

interface Props {
  query: SwitchboardQuery;
  /** Where the query is for annotations or a variable, its format is given. */
  isFormatFixed?: boolean;
  onChange: (query: SwitchboardQuery) => void;
}

type Option<T> = { value: T; label: string; description?: string };

const FORMATS: Array<Option<Format>> = [
  { value: 'time_series', label: 'Time series' },
  { value: 'table', label: 'Table' },
  { value: 'logs', label: 'Logs' },
];

const FILLS: Array<Option<Fill['mode']>> = [
  { value: 'none', label: 'Nothing' },
  { value: 'null', label: 'Null' },
  { value: 'previous', label: 'The value before' },
  { value: 'value', label: 'A number' },
];

const LAYOUTS: Array<Option<Layout>> = [
  { value: 'wide', label: 'One frame' },
  { value: 'multi', label: 'One frame a series' },
];

export function OptionsRow({ query, isFormatFixed, onChange }: Props) {
  const ids = useId();
  const id = (field: string) => `${ids}${field}`;
  const [isOpen, setOpen] = useState(false);
  const change = (key: keyof SwitchboardQuery, value: unknown) => onChange(withField(query, key, value));
  const choose = (key: Chosen, value: unknown) => onChange(withField(choosing(query, key), key, value));
  const fill = query.fill ?? { mode: 'none' };
  const format = query.format ?? 'table';
  return (
    <>
      <EditorRow>
        {!isFormatFixed && (
          <EditorField label="Format" width={18} htmlFor={id('format')}>
            <Combobox
              id={id('format')}
              options={FORMATS}
              value={format}
              onChange={({ value }) => choose('format', value)}
            />
          </EditorField>
        )}
        {format === 'time_series' && (
          <EditorField label="Fill gaps with" width={18} htmlFor={id('fill')}>
            <Combobox
              id={id('fill')}
              options={FILLS}
              value={fill.mode}
              onChange={({ value: mode }) =>
                choose(
                  'fill',
                  mode === 'none' ? undefined : mode === 'value' ? { mode, value: fill.value ?? 0 } : { mode }
                )
              }
            />
          </EditorField>
        )}
        {format === 'time_series' && fill.mode === 'value' && (
          <Typed
            id={id('fill-value')}
            label="Number"
            type="number"
            text={String(fill.value ?? 0)}
            onChange={(text) => choose('fill', { mode: 'value', value: typedNumber(text) ?? 0 })}
          />
        )}
        <FreshnessField
          id={id('freshness')}
          freshness={query.freshness}
          tooltip="What counts where a range could be answered by either leg."
          onChange={(freshness) => change('freshness', freshness)}
        />
      </EditorRow>
      <Collapse label="More options" isOpen={isOpen} onToggle={() => setOpen(!isOpen)}>
        <EditorRows>
          <EditorRow>
            <EditorField
              label="Allow partial answers"
              htmlFor={id('partial')}
              tooltip="If one leg fails, show the other leg's part and say what is missing."
            >
              <Switch
                id={id('partial')}
                value={query.allowPartial ?? false}
                onChange={(event) => change('allowPartial', event.currentTarget.checked || undefined)}
              />
            </EditorField>
            {format === 'time_series' && (
              <EditorField label="Layout" width={20} htmlFor={id('layout')}>
                <Combobox
                  id={id('layout')}
                  options={LAYOUTS}
                  value={query.layout ?? 'wide'}
                  onChange={({ value }) => change('layout', value === 'wide' ? undefined : value)}
                />
              </EditorField>
            )}
            <Typed
              id={id('step')}
              label="Step to fill by"
              text={query.step ?? ''}
              placeholder="as in the SQL, such as 5m"
              isWrong={isWrongStep}
              onChange={(text) => change('step', text.trim())}
            />
            <EditorField label="Reuse Athena's results" width={20} htmlFor={id('reuse')}>
              <Combobox
                id={id('reuse')}
                options={[
                  { value: 'configured', label: 'As the data source' },
                  { value: 'never', label: 'Never' },
                ]}
                value={query.resultReuse?.enabled === false ? 'never' : 'configured'}
                onChange={({ value }) => change('resultReuse', value === 'never' ? { enabled: false } : undefined)}
              />
            </EditorField>
          </EditorRow>
          {query.editorMode !== 'builder' && (
            <EditorRow>
              {(['database', 'table', 'measure', 'column', 'catalog'] as const).map((key) => (
                <Typed
                  key={key}
                  id={id(key)}
                  label={key === 'catalog' ? 'Catalog' : `$__${key}`}
                  text={query[key] ?? ''}
                  placeholder="as the data source"
                  onChange={(text) => change(key, text.trim())}
                />
              ))}
            </EditorRow>
          )}
        </EditorRows>
      </Collapse>
    </>
  );
}

/** Whether a text is no width of a bucket: a step may be absent, or a variable. */
export function isWrongStep(text: string): boolean {
  return text !== '' && !text.startsWith('$') && !isWidth(text);
}

interface TypedProps {
  id: string;
  label: string;
  text: string;
  type?: 'text' | 'number';
  placeholder?: string;
  isWrong?: (text: string) => boolean;
  onChange: (text: string) => void;
}

/** A field whose text counts once it is left. */
export function Typed({ id, label, text, type, placeholder, isWrong, onChange }: TypedProps) {
  const wrong = isWrong?.(text) ?? false;
  return (
    <EditorField
      label={label}
      width={20}
      optional={type !== 'number'}
      htmlFor={id}
      invalid={wrong}
      error={wrong ? 'Write a width such as 5m.' : undefined}
    >
      <Input
        id={id}
        key={text}
        type={type}
        defaultValue={text}
        placeholder={placeholder}
        onBlur={(event: React.FocusEvent<HTMLInputElement>) => {
          if (event.currentTarget.value !== text) {
            onChange(event.currentTarget.value);
          }
        }}
      />
    </EditorField>
  );
}
