// The plugin's editors at work: a query as in Explore or a panel, a variable, an annotation.
import {
  CoreApp,
  LoadingState,
  type AnnotationQuery,
  type DataSourceApi,
  type RawTimeRange,
  type TimeRange,
} from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { Alert, Button, Combobox, InlineField, Stack, Tab, TabsBar, Text } from '@grafana/ui';
import React, { useMemo, useRef, useState, type ComponentType } from 'react';

import type { Plugin, Sources } from '../host/plugin';
import { marksOf, type Mark } from '../dashboard/annotations';
import { rangeOf, requestFor } from '../dashboard/request';
import { useAnswer } from '../dashboard/useAnswer';
import { valuesOf, type Option } from '../dashboard/variables';
import { Boundary } from '../panels/Boundary';
import { AnswerView } from './AnswerView';
import { TimeControls } from './TimeControls';

const TABS = ['Query', 'Variable', 'Annotation'] as const;

export function ExplorePage({ plugin, sources }: { plugin: Plugin; sources: Sources }) {
  const [uid, setUid] = useState(sources.list()[0]?.uid ?? '');
  const [tab, setTab] = useState<(typeof TABS)[number]>('Query');
  const [raw, setRaw] = useState<RawTimeRange>({ from: 'now-6h', to: 'now' });
  const [timeZone, setTimeZone] = useState('browser');
  const [refresh, setRefresh] = useState('');
  const [count, setCount] = useState(0);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const range = useMemo(() => rangeOf(raw, timeZone), [raw, timeZone, count]);
  const source = useMemo(() => sources.open(uid), [sources, uid]);
  const shared = { source, range, timeZone, version: `${count} ${JSON.stringify(raw)}` };
  return (
    <Stack direction="column" gap={1}>
      <Stack justifyContent="space-between" alignItems="flex-start" wrap="wrap">
        <Text element="h1" variant="h3">
          Explore
        </Text>
        <TimeControls
          range={range}
          timeZone={timeZone}
          refresh={refresh}
          onRange={setRaw}
          onTimeZone={setTimeZone}
          onRefresh={() => setCount((before) => before + 1)}
          onInterval={setRefresh}
        />
      </Stack>
      {/* As wide as a name needs, and never wider than the page. */}
      <InlineField label="Data source" htmlFor="explore-source" grow style={{ maxWidth: 440 }}>
        <Combobox
          id="explore-source"
          options={sources.list().map(({ name, uid }) => ({ label: name, value: uid }))}
          value={uid}
          onChange={({ value }) => setUid(value)}
        />
      </InlineField>
      <TabsBar>
        {TABS.map((name) => (
          <Tab key={name} label={name} active={tab === name} onChangeTab={() => setTab(name)} />
        ))}
      </TabsBar>
      <Boundary key={`${uid} ${tab}`}>
        {tab === 'Query' && <QueryTab {...shared} plugin={plugin} />}
        {tab === 'Variable' && <VariableTab {...shared} />}
        {tab === 'Annotation' && <AnnotationTab {...shared} plugin={plugin} />}
      </Boundary>
    </Stack>
  );
}

interface TabProps {
  source: DataSourceApi;
  range: TimeRange;
  timeZone: string;
  version: string;
}

function QueryTab({ source, range, timeZone, version, plugin }: TabProps & { plugin: Plugin }) {
  const [query, setQuery] = useState<DataQuery>(() => ({ refId: 'A', ...source.getDefaultQuery?.(CoreApp.Explore) }));
  const [ran, setRan] = useState({ queries: [query], runs: 0 });
  // An editor may change its query and run it in one go: what runs is what it changed last.
  const latest = useRef(query);
  const change = (changed: DataQuery) => {
    latest.current = changed;
    setQuery(changed);
  };
  const run = () => {
    const text = JSON.stringify(latest.current);
    setRan(({ queries, runs }) => ({
      queries: [latest.current, ...queries.filter((one) => JSON.stringify(one) !== text)].slice(0, 8),
      runs: runs + 1,
    }));
  };
  const [isHelpShown, setHelpShown] = useState(false);
  const current = ran.queries[0]!;
  const request = useMemo(
    () => requestFor({ targets: [current], range, width: 1200, app: CoreApp.Explore, timeZone }),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [current, version, ran.runs]
  );
  const answer = useAnswer(source, () => request, request.requestId);
  const failed = answer.error === undefined ? undefined : { message: answer.error, refId: 'A' };
  const { QueryEditor, QueryEditorHelp } = plugin;
  return (
    <Stack direction="column" gap={1}>
      {QueryEditorHelp && (
        <div>
          <Button
            size="sm"
            variant="secondary"
            fill="text"
            icon="question-circle"
            aria-expanded={isHelpShown}
            onClick={() => setHelpShown(!isHelpShown)}
          >
            Show query help
          </Button>
          {isHelpShown && (
            <QueryEditorHelp
              datasource={source}
              query={query}
              onClickExample={(example: DataQuery) => {
                change(example);
                run();
                setHelpShown(false);
              }}
            />
          )}
        </div>
      )}
      <section aria-label="Query editor" data-query={JSON.stringify(query)}>
        <QueryEditor
          datasource={source}
          query={query}
          onChange={change}
          onRunQuery={run}
          app={CoreApp.Explore}
          range={range}
          data={{
            series: answer.frames,
            state: failed ? LoadingState.Error : answer.state === 'loading' ? LoadingState.Loading : LoadingState.Done,
            timeRange: range,
            request,
            error: failed,
            errors: failed && [failed],
          }}
        />
      </section>
      <AnswerView answer={answer} range={range} timeZone={timeZone} />
      <History
        queries={ran.queries}
        source={source}
        onChoose={(chosen) => {
          change(chosen);
          run();
        }}
      />
    </Stack>
  );
}

function History({
  queries,
  source,
  onChoose,
}: {
  queries: DataQuery[];
  source: DataSourceApi;
  onChoose: (query: DataQuery) => void;
}) {
  return (
    <details>
      <summary>Query history</summary>
      <Stack direction="column" gap={0.5} alignItems="flex-start">
        {queries.map((query) => (
          <Button key={JSON.stringify(query)} variant="secondary" fill="text" size="sm" onClick={() => onChoose(query)}>
            {source.getQueryDisplayText?.(query) ?? JSON.stringify(query)}
          </Button>
        ))}
      </Stack>
    </details>
  );
}

function VariableTab({ source, range }: TabProps) {
  const support = source.variables as
    { editor?: ComponentType<Record<string, unknown>>; getDefaultQuery?: () => object } | undefined;
  const [query, setQuery] = useState<object>(() => ({ refId: 'variable', ...support?.getDefaultQuery?.() }));
  const [found, setFound] = useState<{ options?: Option[]; error?: string }>({});
  const Editor = support?.editor;
  if (!Editor) {
    return <Alert severity="warning" title="The plugin has no editor for variables." />;
  }
  const show = (asked: object) =>
    void valuesOf(source, asked, range).then(
      (options) => setFound({ options }),
      (error: Error) => setFound({ error: error.message })
    );
  return (
    <Stack direction="column" gap={1}>
      <section aria-label="Variable editor">
        <Editor
          datasource={source}
          query={query}
          onChange={(changed: object) => {
            setQuery(changed);
            show(changed);
          }}
          onRunQuery={() => show(query)}
          range={range}
        />
      </section>
      <div>
        <Button icon="sync" onClick={() => show(query)}>
          Preview values
        </Button>
      </div>
      {found.error && <Alert severity="error" title={found.error} />}
      {found.options && (
        <section aria-label="Values" data-values={found.options.length}>
          <Text color="secondary">{found.options.length} values</Text>
          <ul style={{ paddingLeft: 20 }}>
            {found.options.slice(0, 20).map(({ label, value }) => (
              <li key={value}>{label}</li>
            ))}
          </ul>
        </section>
      )}
    </Stack>
  );
}

function AnnotationTab({ source, range, plugin }: TabProps & { plugin: Plugin }) {
  const support = source.annotations;
  const [annotation, setAnnotation] = useState<AnnotationQuery>(() => ({
    name: 'Annotation',
    enable: true,
    iconColor: 'purple',
    datasource: source.getRef(),
    target: { refId: 'Anno', ...support?.getDefaultQuery?.() } as AnnotationQuery['target'],
  }));
  const [found, setFound] = useState<{ marks?: Mark[]; error?: string }>({});
  const Editor = (support?.QueryEditor ?? plugin.QueryEditor) as ComponentType<Record<string, unknown>>;
  // What runs is what the editor changed last, as above.
  const latest = useRef(annotation);
  const change = (target: DataQuery) => {
    latest.current = { ...latest.current, target: target as AnnotationQuery['target'] };
    setAnnotation(latest.current);
  };
  const show = () =>
    void marksOf(source, latest.current, range).then(
      (marks) => setFound({ marks }),
      (error: Error) => setFound({ error: error.message })
    );
  return (
    <Stack direction="column" gap={1}>
      <section aria-label="Annotation editor">
        <Editor
          datasource={source}
          query={annotation.target}
          onChange={change}
          onRunQuery={show}
          annotation={annotation}
          onAnnotationChange={(changed: AnnotationQuery) => {
            latest.current = changed;
            setAnnotation(changed);
          }}
          range={range}
        />
      </section>
      <div>
        <Button icon="sync" onClick={show}>
          Show annotations
        </Button>
      </div>
      {found.error && <Alert severity="error" title={found.error} />}
      {found.marks && (
        <section aria-label="Annotations" data-marks={found.marks.length}>
          <Text color="secondary">{found.marks.length} annotations</Text>
          <ul style={{ paddingLeft: 20 }}>
            {found.marks.slice(0, 20).map(({ time, text, tags }, index) => (
              <li key={index}>
                {new Date(time).toLocaleString()}: {text} {tags.join(', ')}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Stack>
  );
}
