// What counts where either leg could answer: a field that panels and their marks have alike.
import { EditorField } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';
import React from 'react';

import type { Freshness } from '../types';

interface Props {
  id: string;
  freshness?: Freshness;
  tooltip: string;
  onChange: (freshness?: Freshness) => void;
}

const FRESHNESS: Array<{ value: Freshness; label: string; description: string }> = [
  {
    value: 'fastest',
    label: 'Fastest',
    description:
      'Timestream alone where it holds the whole range, else from the latest hour that Athena is complete for',
  },
  {
    value: 'cheapest',
    label: 'Cheapest',
    description: 'As Fastest, but from the start of a day where one fits, so that Athena can reuse results',
  },
  {
    value: 'complete',
    label: 'Complete',
    description: 'Athena up to the latest hour that it is complete for, even where Timestream holds the whole range',
  },
];

export function FreshnessField({ id, freshness, tooltip, onChange }: Props) {
  return (
    <EditorField label="Prefer" width={18} optional htmlFor={id} tooltip={tooltip}>
      <Combobox
        id={id}
        options={FRESHNESS}
        value={freshness ?? null}
        placeholder="Fastest"
        isClearable
        onChange={(option) => onChange(option?.value)}
      />
    </EditorField>
  );
}
