// What one query may use up.
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Switch } from '@grafana/ui';
import React from 'react';

import type { LimitSettings } from '../types';
import { typedNumber } from './change';
import { TextField } from './TextField';

interface Props {
  settings: LimitSettings;
  /** Whether EXECUTE of a prepared statement may run. */
  allowExecute: boolean;
  onChange: (key: keyof LimitSettings, value: number | undefined) => void;
  onAllowExecute: (isAllowed: boolean) => void;
}

const LIMITS: ReadonlyArray<{
  key: keyof LimitSettings;
  label: string;
  description: string;
  max: number;
  normally: number;
}> = [
  {
    key: 'maxRows',
    label: 'Rows of an answer',
    description: 'An answer with more is cut, and says so.',
    max: 10_000_000,
    normally: 1_000_000,
  },
  {
    key: 'timeoutSeconds',
    label: 'Time of a query, in seconds',
    description: 'A query that takes longer is given up, and stopped in AWS.',
    max: 1_800,
    normally: 120,
  },
  {
    key: 'maxConcurrent',
    label: 'Queries at once, for each leg',
    description: 'More wait their turn.',
    max: 200,
    normally: 20,
  },
];

export function LimitsSection({ settings, allowExecute, onChange, onAllowExecute }: Props) {
  return (
    <ConfigSection title="Limits" isCollapsible isInitiallyOpen={allowExecute || Object.keys(settings).length > 0}>
      {LIMITS.map(({ key, label, description, max, normally }) => {
        const value = settings[key];
        const isWrong = value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= max);
        return (
          <TextField
            key={key}
            id={`limits-${key}`}
            label={label}
            description={description}
            type="number"
            min={1}
            max={max}
            placeholder={String(normally)}
            value={value}
            error={isWrong ? `Write a whole number from 1 to ${max.toLocaleString('en-GB')}.` : undefined}
            onChange={(text) => onChange(key, typedNumber(text))}
          />
        );
      })}
      <Field
        label="Allow prepared statements"
        htmlFor="allow-execute"
        description="Lets native SQL run EXECUTE on Athena. What a prepared statement does cannot be seen before it runs: allow it only where all those of the workgroup read, and nothing else."
      >
        <Switch
          id="allow-execute"
          value={allowExecute}
          onChange={(event) => onAllowExecute(event.currentTarget.checked)}
        />
      </Field>
    </ConfigSection>
  );
}
