// Queries about the data source itself: what it ran lately, and where its legs meet.
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { Combobox, Text } from '@grafana/ui';
import React, { useId } from 'react';

import { withField } from '../configuration/change';
import { FIGURE_NAMES } from '../kind';
import { FIGURES, type Dataset, type Figure, type Format, type SwitchboardQuery } from '../types';
import { FreshnessField } from './FreshnessField';
import { isWrongStep, Typed } from './OptionsRow';

interface Props {
  query: SwitchboardQuery;
  datasets: Dataset[];
  /** Where the query is for annotations, its format is given. */
  isFormatFixed?: boolean;
  onChange: (query: SwitchboardQuery) => void;
}

export function AboutItself(props: Props) {
  return props.query.kind === 'activity' ? <Activity {...props} /> : <Boundary {...props} />;
}

const SHAPES: Array<{ value: Format; label: string; description: string }> = [
  { value: 'time_series', label: 'A figure over time', description: 'For each engine' },
  { value: 'table', label: 'Each statement', description: 'A row each, with what it took' },
];

const DESCRIPTIONS: Record<Figure, string> = {
  statements: 'How many ended',
  failures: 'How many ended in an error',
  elapsed_ms: 'From sending a statement to its last row, in milliseconds',
  bytes_scanned: 'What the engines read',
  dollars: 'List price of what Athena scanned',
};

const FIGURE_OPTIONS = FIGURES.map((value) => ({
  value,
  label: FIGURE_NAMES[value],
  description: DESCRIPTIONS[value],
}));

function Activity({ query, isFormatFixed, onChange }: Props) {
  const ids = useId();
  const id = (field: string) => `${ids}${field}`;
  const change = (key: keyof SwitchboardQuery, value: unknown) => onChange(withField(query, key, value));
  const isSeries = query.format === 'time_series';
  return (
    <>
      <Explanation>
        What this data source ran since the plugin started, the latest 10,000 statements at most: how long they took,
        what they scanned, what failed. It is kept in memory, so asking costs nothing in AWS.
      </Explanation>
      <EditorRow>
        {!isFormatFixed && (
          <EditorField label="Show" width={24} htmlFor={id('show')}>
            <Combobox
              id={id('show')}
              options={SHAPES}
              value={isSeries ? 'time_series' : 'table'}
              onChange={({ value }) => change('format', value)}
            />
          </EditorField>
        )}
        {isSeries && (
          <>
            <EditorField label="Figure" width={24} htmlFor={id('figure')}>
              <Combobox
                id={id('figure')}
                options={FIGURE_OPTIONS}
                value={(query.column ?? 'statements') as Figure}
                onChange={({ value }) => change('column', value)}
              />
            </EditorField>
            <Typed
              id={id('step')}
              label="Time bucket"
              text={query.step ?? ''}
              placeholder="as wide as the panel draws"
              isWrong={isWrongStep}
              onChange={(text) => change('step', text.trim())}
            />
          </>
        )}
      </EditorRow>
    </>
  );
}

function Boundary({ query, datasets, onChange }: Props) {
  const ids = useId();
  const id = (field: string) => `${ids}${field}`;
  const change = (key: keyof SwitchboardQuery, value: unknown) => onChange(withField(query, key, value));
  const { table } = query;
  return (
    <>
      <Explanation>
        One mark, where rows of Athena end and rows of Timestream begin; none where one of them answers the whole range.
        Buckets longer than an hour meet where one of them begins, which may be another instant.
      </Explanation>
      <EditorRow>
        <EditorField
          label="Dataset"
          width={28}
          optional
          htmlFor={id('dataset')}
          tooltip="Whose retention and lag decide."
        >
          <Combobox
            id={id('dataset')}
            options={datasets
              .filter(({ realtime, historical }) => realtime && historical)
              .map(({ name, description }) => ({ value: name, label: name, description: description ?? undefined }))}
            value={table ? { value: table, label: table } : null}
            placeholder="The first on both engines"
            isClearable
            createCustomValue
            onChange={(option) => change('table', option?.value)}
          />
        </EditorField>
        <FreshnessField
          id={id('freshness')}
          freshness={query.freshness}
          tooltip="As the panels do that it marks."
          onChange={(freshness) => change('freshness', freshness)}
        />
      </EditorRow>
    </>
  );
}

function Explanation({ children }: { children: string }) {
  return (
    <EditorRow>
      <Text element="p" color="secondary" variant="bodySmall">
        {children}
      </Text>
    </EditorRow>
  );
}
