// A setting that is typed.
import { Field, Input } from '@grafana/ui';
import React from 'react';

import { useReadOnly } from './readOnly';

interface Props {
  id: string;
  label: string;
  description?: React.ReactNode;
  placeholder?: string;
  value?: string | number;
  type?: 'text' | 'number';
  error?: string;
  min?: number;
  max?: number;
  required?: boolean;
  onChange: (value: string) => void;
}

export function TextField({ id, label, description, error, required, value, onChange, ...input }: Props) {
  const isReadOnly = useReadOnly();
  return (
    <Field
      label={label}
      htmlFor={id}
      description={description}
      invalid={Boolean(error)}
      error={error}
      required={required}
    >
      <Input
        id={id}
        value={value ?? ''}
        {...input}
        disabled={isReadOnly}
        onChange={(event: React.ChangeEvent<HTMLInputElement>) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
