// The query editor: by choosing or in SQL, with where the query goes and what it came to.
import type { QueryEditorProps } from '@grafana/data';
import { EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Button, Collapse, ConfirmModal, RadioButtonGroup, Stack, Text } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';

import { written } from '../builder/follow';
import { startingChoices } from '../builder/start';
import { built } from '../builder/state';
import { writeSql } from '../builder/write';
import type { DataSource } from '../datasource';
import { importQuery } from '../import';
import { inMode, isAboutItself, modeOf, type Mode } from '../kind';
import type { SwitchboardOptions, SwitchboardQuery } from '../types';
import { AboutItself } from './AboutItself';
import { Builder } from './builder/Builder';
import { failureOf, faultOf } from './failure';
import { formatSql } from './format';
import { OptionsRow } from './OptionsRow';
import type { Problem } from './problems';
import { RunOutcome } from './RunOutcome';
import { RouteRow } from './RouteRow';
import { SqlField } from './SqlField';
import { useExplanation } from './useExplanation';
import { useKnowledge } from './useKnowledge';

export interface Props extends QueryEditorProps<DataSource, SwitchboardQuery, SwitchboardOptions> {
  isFormatFixed?: boolean;
}

const MODES: Array<{ value: Mode; label: string; description: string }> = [
  { value: 'builder', label: 'Builder', description: 'A statement over a dataset, by choosing' },
  { value: 'sql', label: 'SQL', description: 'A statement as it is written' },
  { value: 'activity', label: 'Activity', description: 'What this data source ran lately' },
  { value: 'boundary', label: 'Boundary', description: 'A mark where Athena ends and Timestream begins' },
];

/** Activity is for panels, a mark is for annotations; what the query is has its place in either. */
function modesFor(isAnnotation: boolean, mode: Mode) {
  const other = isAnnotation ? 'activity' : 'boundary';
  return MODES.filter(({ value }) => value !== other || value === mode);
}

export function QueryEditor(props: Props) {
  const { datasource, data, range, onRunQuery, isFormatFixed } = props;
  const query = useMemo(() => opened(props.query, datasource.variableNames()), [props.query, datasource]);
  const { onChange, replaceAndRun } = useChanges(props);
  const [asked, setAsked] = useState<SwitchboardQuery>();
  const route = query.route ?? 'auto';
  const mode = modeOf(query);
  const known = useKnowledge(datasource, query, range);
  const { intervalMs, maxDataPoints } = data?.request ?? {};
  const explained = useExplanation(datasource, query, { range, intervalMs, maxDataPoints });
  const slices = explained.state === 'known' ? explained.explanation.slices : undefined;
  const fault = useMemo(() => faultOf(query, data, slices), [query, data, slices]);
  const failure = failureOf(query, data);

  const switchTo = (chosen: Mode) => {
    const { safe, query: next } = inMode(query, chosen, startingChoices(datasource.settings));
    if (!safe) {
      setAsked(next);
    } else if (isAboutItself(query) || isAboutItself(next)) {
      // What is on screen answers another question.
      replaceAndRun(next);
    } else {
      onChange(next);
    }
  };
  const modes = (
    <RadioButtonGroup
      size="sm"
      aria-label="Editor"
      options={modesFor(isFormatFixed ?? false, mode)}
      value={mode}
      onChange={switchTo}
    />
  );
  const run = (
    <Button size="sm" icon="play" type="button" onClick={onRunQuery} disabled={!datasource.filterQuery(query)}>
      Run query
    </Button>
  );
  return (
    <EditorRows>
      <EditorRow>
        {isAboutItself(query) ? (
          <Stack wrap="wrap" gap={2} alignItems="center">
            {modes}
            {run}
          </Stack>
        ) : (
          <RouteRow
            route={route}
            // A run that failed of the same says it, and more.
            explained={explained.state === 'failed' && explained.message === failure ? { state: 'none' } : explained}
            before={modes}
            after={run}
            onChange={(chosen) => replaceAndRun({ ...query, route: chosen })}
          />
        )}
      </EditorRow>
      <Imported query={query} />
      {mode === 'builder' && <BuilderMode {...props} query={query} known={known} onBuilt={replaceAndRun} />}
      {mode === 'sql' && (
        <SqlMode query={query} known={known} fault={fault} onChange={onChange} onRun={replaceAndRun} />
      )}
      {isAboutItself(query) ? (
        <AboutItself query={query} datasets={known.datasets} isFormatFixed={isFormatFixed} onChange={replaceAndRun} />
      ) : (
        <OptionsRow query={query} isFormatFixed={isFormatFixed} onChange={replaceAndRun} />
      )}
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
      onChange(built(query, startingChoices(datasource.settings)));
    }
  }, [state, query, datasource, onChange]);
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

interface SqlModeProps {
  query: SwitchboardQuery;
  known: ReturnType<typeof useKnowledge>;
  fault?: Problem;
  onChange: (query: SwitchboardQuery) => void;
  onRun: (query: SwitchboardQuery) => void;
}

function SqlMode({ query, known, fault, onChange, onRun }: SqlModeProps) {
  const sql = query.sql ?? '';
  const edited = (text: string) => written(query, text);
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
