// A setting that is a name: chosen from a live list, or typed.
import { Combobox, Field, Input, Text } from '@grafana/ui';
import React, { useState } from 'react';

import { useReadOnly } from './readOnly';
import { reason } from './resources';

interface Props {
  id: string;
  label: string;
  description?: React.ReactNode;
  placeholder?: string;
  value?: string;
  required?: boolean;
  /** What is wrong with the value. */
  error?: string;
  /** The names to choose from. */
  list: () => Promise<string[]>;
  onChange: (value: string | undefined) => void;
}

export function NameField({ id, label, description, placeholder, value, required, error, list, onChange }: Props) {
  const isReadOnly = useReadOnly();
  const [failure, setFailure] = useState<string>();
  const options = async (typed: string) => {
    try {
      const names = await list();
      setFailure(undefined);
      const wanted = typed.toLowerCase();
      return names.filter((name) => name.toLowerCase().includes(wanted)).map((name) => ({ value: name, label: name }));
    } catch (error) {
      setFailure(reason(error));
      return [];
    }
  };
  return (
    <Field
      label={label}
      htmlFor={id}
      description={
        <>
          {description}
          {failure && (
            <Text element="p" color="warning" variant="bodySmall">
              No list to choose from, type the name: {failure}
            </Text>
          )}
        </>
      }
      required={required}
      invalid={Boolean(error)}
      error={error}
    >
      {isReadOnly ? (
        <Input id={id} value={value ?? ''} placeholder={placeholder} disabled />
      ) : (
        <Combobox
          id={id}
          options={options}
          value={value ? { value, label: value } : null}
          placeholder={placeholder}
          invalid={Boolean(error)}
          noOptionsMessage={failure ? 'No list: type the name.' : 'There is none to choose: type the name.'}
          customValueDescription="Use this name"
          createCustomValue
          isClearable
          onChange={(option) => onChange(option?.value)}
        />
      )}
    </Field>
  );
}
