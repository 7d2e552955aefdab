// A bundled dashboard, read from its file.
import { dateTime, type AdHocVariableFilter, type RawTimeRange } from '@grafana/data';
import { Alert, LoadingPlaceholder, Stack, Text } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';

import { backend } from '../host/backend';
import type { Sources } from '../host/plugin';
import { templates } from '../host/templates';
import { marksOf, type Mark } from '../dashboard/annotations';
import type { Dashboard, SavedPanel } from '../dashboard/model';
import { PanelFrame, PanelToCome } from '../dashboard/PanelFrame';
import { rangeOf } from '../dashboard/request';
import { FilterBar, VariableBar, VariablesToCome } from '../dashboard/VariableBar';
import { resolveVariables, type ShownVariable } from '../dashboard/variables';
import { TimeControls } from './TimeControls';
import { useWidth } from './useWidth';

const ROW = 30;
const GAP = 8;
const COLUMNS = 24;
/** Below this width panels stand one below the other, as in Grafana. */
const NARROW = 768;

export function DashboardPage({ uid, sources }: { uid: string; sources: Sources }) {
  const [dashboard, setDashboard] = useState<Dashboard>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    backend
      .get<Dashboard>(`/api/dashboards/uid/${uid}`)
      .then(setDashboard, (failed: Error) => setError(failed.message));
  }, [uid]);
  if (error) {
    return <Alert severity="error" title={error} />;
  }
  return dashboard ? <Shown dashboard={dashboard} sources={sources} /> : <LoadingPlaceholder text="Loading" />;
}

function Shown({ dashboard, sources }: { dashboard: Dashboard; sources: Sources }) {
  const [raw, setRaw] = useState<RawTimeRange>(dashboard.time);
  const [timeZone, setTimeZone] = useState(dashboard.timezone || 'browser');
  const [refresh, setRefresh] = useState(dashboard.refresh ?? '');
  const [count, setCount] = useState(0);
  const [chosen, setChosen] = useState<Record<string, string[]>>({});
  const [filters, setFilters] = useState<AdHocVariableFilter[]>([]);
  const [variables, setVariables] = useState<ShownVariable[]>();
  const [marks, setMarks] = useState<{ marks: Mark[]; error?: string }>({ marks: [] });
  // A refresh moves a range that ends now.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const range = useMemo(() => rangeOf(raw, timeZone), [raw, timeZone, count]);
  const [container, width] = useWidth();

  useEffect(() => {
    let isCurrent = true;
    templates.updateTimeRange(range);
    void resolveVariables(dashboard.templating.list, chosen, sources, range).then(
      (found) => isCurrent && setVariables(found)
    );
    return () => {
      isCurrent = false;
    };
    // Only a new range or choice asks for values again, not each refresh.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [dashboard, chosen, sources, raw, timeZone]);

  const uid = variables?.find(({ saved }) => saved.type === 'datasource')?.chosen[0];
  const source = useMemo(() => (uid ? sources.open(uid) : undefined), [sources, uid]);
  useEffect(() => {
    const asked = dashboard.annotations.list.filter(({ builtIn, enable }) => !builtIn && enable);
    if (!source || asked.length === 0) {
      return;
    }
    Promise.all(asked.map((one) => marksOf(source, one, range))).then(
      (found) => setMarks({ marks: found.flat() }),
      (error: Error) => setMarks({ marks: [], error: error.message })
    );
  }, [dashboard, source, range]);

  const complete = useMemo(() => filters.filter(({ key, value }) => key && value), [filters]);
  const version = JSON.stringify([count, raw, timeZone, uid, variables?.map((one) => one.chosen), complete]);
  const zoom = ({ from, to }: { from: number; to: number }) => setRaw({ from: dateTime(from), to: dateTime(to) });
  return (
    <Stack direction="column" gap={1}>
      <Stack justifyContent="space-between" alignItems="flex-start" wrap="wrap">
        <div style={{ flex: '1 1 400px' }}>
          <Text element="h1" variant="h3">
            {dashboard.title}
          </Text>
          <Text element="p" color="secondary">
            {dashboard.description ?? ''}
          </Text>
        </div>
        <TimeControls
          range={range}
          timeZone={timeZone}
          refresh={refresh}
          intervals={dashboard.timepicker?.refresh_intervals}
          onRange={setRaw}
          onTimeZone={setTimeZone}
          onRefresh={() => setCount((before) => before + 1)}
          onInterval={setRefresh}
        />
      </Stack>
      <Stack wrap="wrap" gap={1} alignItems="flex-start">
        {variables ? (
          <VariableBar
            variables={variables}
            onChoose={(name, values) => setChosen((before) => ({ ...before, [name]: values }))}
          />
        ) : (
          <VariablesToCome saved={dashboard.templating.list} />
        )}
        {source && <FilterBar source={source} range={range} filters={filters} onChange={setFilters} />}
      </Stack>
      {marks.error && <Alert severity="warning" title={`Annotations: ${marks.error}`} />}
      <div ref={container} style={gridLook(width)}>
        {width > 0 &&
          dashboard.panels.map((panel) => {
            const { look, ...size } = placeOf(panel, width);
            return (
              <div key={panel.id} style={look}>
                {source ? (
                  <PanelFrame
                    panel={panel}
                    dashboard={dashboard}
                    {...size}
                    source={source}
                    range={range}
                    timeZone={timeZone}
                    filters={complete}
                    marks={marks.marks}
                    version={version}
                    onZoom={zoom}
                  />
                ) : (
                  <PanelToCome panel={panel} {...size} />
                )}
              </div>
            );
          })}
      </div>
    </Stack>
  );
}

function gridLook(width: number): React.CSSProperties {
  const columns = width < NARROW ? 1 : COLUMNS;
  return {
    display: 'grid',
    gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
    gridAutoRows: columns === 1 ? 'auto' : ROW,
    gap: GAP,
    width: '100%',
  };
}

function placeOf({ gridPos: { x, y, w, h } }: SavedPanel, width: number) {
  const height = h * ROW + (h - 1) * GAP;
  if (width < NARROW) {
    return { width, height, isStacked: true, look: {} };
  }
  const column = (width - (COLUMNS - 1) * GAP) / COLUMNS;
  const look: React.CSSProperties = { gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` };
  return { width: Math.floor(w * column + (w - 1) * GAP), height, isStacked: false, look };
}
