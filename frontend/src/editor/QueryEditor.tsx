// The query editor: by choosing or in SQL, with where the query goes and what it came to.
import type { QueryEditorProps } from '@grafana/data';
import { EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Button, Collapse, ConfirmModal, RadioButtonGroup, Stack, Text } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';

import { startingState, toBuilder, toSql } from '../builder/state';
import { writeSql } from '../builder/write';
import type { DataSource } from '../datasource';
import { importQuery } from '../import';
import type { BuilderState, EditorMode, SwitchboardOptions, SwitchboardQuery } from '../types';
import { Builder } from './builder/Builder';
import { failureOf, faultOf } from './failure';
import { formatSql } from './format';
import { OptionsRow } from './OptionsRow';
import { RunOutcome } from './RunOutcome';
import type { Problem } from './problems';
import { RouteRow } from './RouteRow';
import { SqlField } from './SqlField';
import { useExplanation } from './useExplanation';
import { useKnowledge } from './useKnowledge';

export interface Props extends QueryEditorProps<DataSource, SwitchboardQuery, SwitchboardOptions> {
  isFormatFixed?: boolean;
}

const MODES: Array<{ value: EditorMode; label: string }> = [
  { value: 'builder', label: 'Builder' },
  { value: 'sql', label: 'SQL' },
];

export function QueryEditor(props: Props) {
  const { datasource, data, range, onRunQuery, isFormatFixed } = props;
  const query = useMemo(() => opened(props.query, datasource.variableNames()), [props.query, datasource]);
  const { onChange, replaceAndRun } = useChanges(props);
  const [asked, setAsked] = useState<SwitchboardQuery>();
  const route = query.route ?? 'auto';
  const mode = query.editorMode ?? 'sql';
  const known = useKnowledge(datasource, query, range);
  const { intervalMs, maxDataPoints } = data?.request ?? {};
  const explained = useExplanation(datasource, query, { range, intervalMs, maxDataPoints });
  const slices = explained.state === 'known' ? explained.explanation.slices : undefined;
  const fault = useMemo(() => faultOf(query, data, slices), [query, data, slices]);
  const failure = failureOf(query, data);

  const switchTo = (chosen: EditorMode) => {
    if (chosen === 'sql') {
      onChange(toSql(query));
      return;
    }
    const { safe, query: next } = toBuilder(query);
    if (safe) {
      onChange(next);
    } else {
      setAsked(next);
    }
  };
  return (
    <EditorRows>
      <EditorRow>
        <RouteRow
          route={route}
          // A run that failed of the same says it, and more.
          explained={explained.state === 'failed' && explained.message === failure ? { state: 'none' } : explained}
          before={<RadioButtonGroup size="sm" aria-label="Editor" options={MODES} value={mode} onChange={switchTo} />}
          after={
            <Button size="sm" icon="play" type="button" onClick={onRunQuery} disabled={!datasource.filterQuery(query)}>
              Run query
            </Button>
          }
          onChange={(chosen) => replaceAndRun({ ...query, route: chosen })}
        />
      </EditorRow>
      <Imported query={query} />
      {mode === 'builder' ? (
        <BuilderMode {...props} query={query} known={known} onBuilt={replaceAndRun} />
      ) : (
        <SqlMode query={query} known={known} fault={fault} onChange={onChange} onRun={replaceAndRun} />
      )}
      <OptionsRow query={query} isFormatFixed={isFormatFixed} onChange={replaceAndRun} />
      <RunOutcome data={data} refId={query.refId} failure={failure} />
      <ConfirmModal
        isOpen={asked !== undefined}
        title="The builder cannot show this statement"
        body="Going to the builder replaces the SQL by what the builder holds."
        confirmText="Replace the SQL"
        dismissText="Keep the SQL"
        onConfirm={() => {
          if (asked) {
            replaceAndRun(asked);
          }
          setAsked(undefined);
        }}
        onDismiss={() => setAsked(undefined)}
      />
    </EditorRows>
  );
}

/** The query as it is edited: one that an official data source saved, as ours. */
function opened(query: SwitchboardQuery, variables: readonly string[]): SwitchboardQuery {
  if (query.sql !== undefined) {
    return query;
  }
  const imported = importQuery(query, variables);
  return imported ? { ...imported, datasource: query.datasource, key: query.key } : query;
}

function useChanges({ onChange, onRunQuery }: Props) {
  return {
    onChange,
    replaceAndRun: (query: SwitchboardQuery) => {
      onChange(query);
      onRunQuery();
    },
  };
}

function Imported({ query: { importedFrom } }: { query: SwitchboardQuery }) {
  if (!importedFrom) {
    return null;
  }
  return (
    <Text variant="bodySmall" color="secondary">
      {importedFrom === 'realtime'
        ? 'Imported from Timestream: its SQL is kept, and runs on the real-time leg.'
        : 'Imported from Athena: its SQL is kept, and runs on the historical leg.'}
    </Text>
  );
}

type BuilderModeProps = Props & {
  known: ReturnType<typeof useKnowledge>;
  onBuilt: (query: SwitchboardQuery) => void;
};

function BuilderMode({ query, known, datasource, range, onChange, onBuilt }: BuilderModeProps) {
  const state = query.builder;
  const [isSqlShown, setSqlShown] = useState(false);
  // A query without choices starts with some; what the editor shows is what the query holds.
  useEffect(() => {
    if (!state) {
      onChange(built(query, startingState()));
    }
  }, [state, query, onChange]);
  if (!state) {
    return null;
  }
  return (
    <>
      <Builder
        state={state}
        known={known}
        datasource={datasource}
        range={range}
        onChange={(changed) => onBuilt(built(query, changed))}
      />
      <Collapse label="SQL" isOpen={isSqlShown} onToggle={() => setSqlShown(!isSqlShown)}>
        <pre style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 }}>{writeSql(state)}</pre>
      </Collapse>
    </>
  );
}

function built(query: SwitchboardQuery, builder: BuilderState): SwitchboardQuery {
  return { ...query, editorMode: 'builder', builder, sql: writeSql(builder) };
}

interface SqlModeProps {
  query: SwitchboardQuery;
  known: ReturnType<typeof useKnowledge>;
  fault?: Problem;
  onChange: (query: SwitchboardQuery) => void;
  onRun: (query: SwitchboardQuery) => void;
}

function SqlMode({ query, known, fault, onChange, onRun }: SqlModeProps) {
  const sql = query.sql ?? '';
  const edited = (text: string): SwitchboardQuery => ({ ...query, editorMode: 'sql', sql: text });
  return (
    <div>
      <SqlField
        label="SQL"
        sql={sql}
        knowledge={known}
        fault={fault}
        onChange={(text) => {
          if (text !== sql) {
            onChange(edited(text));
          }
        }}
        onRun={(text) => onRun(edited(text))}
      />
      <Stack gap={2} alignItems="center" wrap="wrap">
        <Button
          size="sm"
          variant="secondary"
          fill="text"
          icon="brackets-curly"
          type="button"
          onClick={() => void formatSql(sql).then((formatted) => onChange(edited(formatted)))}
        >
          Format
        </Button>
        <Text variant="bodySmall" color="secondary">
          Ctrl or Cmd with Enter runs it. Ctrl with M lets Tab leave the field.
        </Text>
      </Stack>
    </div>
  );
}
