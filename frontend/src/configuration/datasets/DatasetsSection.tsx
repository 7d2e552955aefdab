// Datasets: logical tables that exist on both legs, with one set of column names.
import { css } from '@emotion/css';
import { ConfigSection } from '@grafana/plugin-ui';
import { Alert, Button, Stack, Text } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import type { DatasetSettings } from '../../types';
import { useReadOnly } from '../readOnly';
import { reason, type Resources } from '../resources';
import { DatasetForm } from './DatasetForm';
import { BUILT_IN, blank, copied, entryName, nameFault, templateOf, withItem, type Entry } from './entries';

/** Wider than the other sections: expressions of columns are long. */
const section = css({ maxWidth: 1200, minWidth: 0 });

interface Props {
  /** Absent means all built-in ones as they are. */
  datasets?: Entry[];
  resources: Resources;
  onChange: (datasets: Entry[] | undefined) => void;
}

export function DatasetsSection({ datasets, resources, onChange }: Props) {
  const [open, setOpen] = useState<number>();
  const isReadOnly = useReadOnly();
  const { templates, failure } = useTemplates(resources);
  return (
    <ConfigSection
      title="Datasets"
      className={section}
      description="A dataset is one table to whoever writes a query, with one set of column names, wherever its rows are."
    >
      {failure && (
        <Alert severity="warning" title={`The built-in definitions cannot be shown: ${failure}`}>
          Built-in datasets work all the same; they cannot be copied until the backend answers.
        </Alert>
      )}
      {datasets === undefined ? (
        <Stack direction="column" gap={1} alignItems="flex-start">
          <Text>All built-in datasets, as they are: {BUILT_IN.join(', ')}.</Text>
          {!isReadOnly && (
            <Button variant="secondary" icon="pen" type="button" onClick={() => onChange([...BUILT_IN])}>
              Choose and change datasets
            </Button>
          )}
        </Stack>
      ) : (
        <Stack direction="column" gap={1}>
          {datasets.map((entry, index) => (
            <DatasetForm
              key={index}
              entry={entry}
              fault={nameFault(datasets, index)}
              template={templates.find(({ name }) => name === templateOf(entry))}
              resources={resources}
              isOpen={open === index}
              onToggle={() => setOpen(open === index ? undefined : index)}
              onChange={(changed) => onChange(withItem(datasets, index, changed))}
              onRemove={() => {
                setOpen(undefined);
                onChange(withItem(datasets, index, undefined));
              }}
            />
          ))}
          {datasets.length === 0 && <Text color="secondary">No datasets: panels can use native tables only.</Text>}
          {!isReadOnly && (
            <Adder
              datasets={datasets}
              templates={templates}
              onAdd={(entry) => {
                setOpen(typeof entry === 'string' ? undefined : datasets.length);
                onChange([...datasets, entry]);
              }}
              onReset={() => onChange(undefined)}
            />
          )}
        </Stack>
      )}
    </ConfigSection>
  );
}

interface AdderProps {
  datasets: Entry[];
  templates: DatasetSettings[];
  onAdd: (entry: Entry) => void;
  onReset: () => void;
}

function Adder({ datasets, templates, onAdd, onReset }: AdderProps) {
  const names = datasets.map(entryName);
  return (
    <Stack gap={1} wrap="wrap">
      {BUILT_IN.filter((name) => !names.includes(name)).map((name) => (
        <Button key={name} variant="secondary" icon="plus" type="button" onClick={() => onAdd(name)}>
          Built-in {name}
        </Button>
      ))}
      {templates.map((template) => (
        <Button
          key={template.name}
          variant="secondary"
          icon="copy"
          type="button"
          onClick={() => onAdd(copied(template, datasets))}
        >
          Copy of {template.name}
        </Button>
      ))}
      <Button variant="secondary" icon="plus" type="button" onClick={() => onAdd(blank(datasets))}>
        New dataset
      </Button>
      <Button variant="secondary" fill="text" type="button" onClick={onReset}>
        Back to all built-in ones
      </Button>
    </Stack>
  );
}

function useTemplates(resources: Resources) {
  const [templates, setTemplates] = useState<DatasetSettings[]>([]);
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    resources.get<DatasetSettings[]>('templates').then(
      (known) => isCurrent && setTemplates(known),
      (error: unknown) => isCurrent && setFailure(reason(error))
    );
    return () => {
      isCurrent = false;
    };
  }, [resources]);
  return { templates, failure };
}
