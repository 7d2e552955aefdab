// One panel of a dashboard: its title, its states, and what it draws.
import {
  LoadingState,
  type AdHocVariableFilter,
  type DataFrame,
  type DataSourceApi,
  type TimeRange,
} from '@grafana/data';
import { Icon, PanelChrome, Tooltip, useTheme2 } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import { templates } from '../host/templates';
import { Boundary } from '../panels/Boundary';
import { Markdown } from '../panels/Markdown';
import { PanelBody } from '../panels/PanelBody';
import type { Mark } from './annotations';
import { prepareFrames } from './fields';
import type { Dashboard, SavedPanel } from './model';
import { rangeOf, requestFor } from './request';
import { noticesOf, rowsOf, useAnswer } from './useAnswer';
import { Waiting } from './Waiting';

interface Place {
  panel: SavedPanel;
  width: number;
  height: number;
  /** Panels stand one below the other: then a text is as high as it must be. */
  isStacked: boolean;
}

interface Props extends Place {
  dashboard: Dashboard;
  source: DataSourceApi;
  range: TimeRange;
  timeZone: string;
  filters: AdHocVariableFilter[];
  marks: Mark[];
  /** Changes with all that variables and filters say, and with each refresh. */
  version: string;
  onZoom: (range: { from: number; to: number }) => void;
}

export function PanelFrame(props: Props) {
  return props.panel.type === 'text' ? <TextPanel {...props} /> : <QueryPanel {...props} />;
}

/** A panel before it can be asked for, since the dashboard's variables are not known yet. */
export function PanelToCome(props: Place) {
  const { panel, width, height } = props;
  if (panel.type === 'text') {
    return <TextPanel {...props} />;
  }
  return (
    <div data-panel={panel.id} data-kind={panel.type} data-state="loading" data-rows={0} aria-busy>
      <PanelChrome title={panel.title} width={width} height={height} loadingState={LoadingState.Loading}>
        {() => <Waiting type={panel.type} />}
      </PanelChrome>
    </div>
  );
}

function TextPanel({ panel, width, height, isStacked }: Place) {
  const title = panel.title || undefined;
  const text = <Markdown content={String(panel.options.content ?? '')} />;
  return (
    <div data-panel={panel.id} data-kind={panel.type} data-state="done" data-rows={0}>
      {isStacked ? (
        <PanelChrome title={title} hoverHeader={!title}>
          {text}
        </PanelChrome>
      ) : (
        <PanelChrome title={title} width={width} height={height} hoverHeader={!title}>
          {() => text}
        </PanelChrome>
      )}
    </div>
  );
}

function QueryPanel({ panel, dashboard, width, height, source, filters, marks, timeZone, version, ...rest }: Props) {
  const theme = useTheme2();
  const range = panel.timeFrom ? rangeOf({ from: `now-${panel.timeFrom}`, to: 'now' }) : rest.range;
  const answer = useAnswer(
    source,
    () =>
      requestFor({
        targets: (panel.targets ?? []).filter((target) => !target.hide),
        range,
        width,
        app: 'dashboard',
        minInterval: panel.interval,
        maxDataPoints: panel.maxDataPoints,
        timeZone,
        filters,
        dashboard,
        panel,
      }),
    `${version} ${Math.round(width / 100)}`
  );
  const [drawn, setDrawn] = useState<{ frames: DataFrame[]; error?: string }>();
  useEffect(() => {
    let isCurrent = true;
    if (answer.state === 'done') {
      prepareFrames(answer.frames, panel, theme, timeZone).then(
        (frames) => isCurrent && setDrawn({ frames }),
        (error: Error) => isCurrent && setDrawn({ frames: [], error: error.message })
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [answer, panel, theme, timeZone]);

  const error = answer.error ?? drawn?.error;
  const isLoading = answer.state === 'loading' || (!drawn && !error);
  const rows = rowsOf(answer.frames);
  const state = error ? 'error' : isLoading ? 'loading' : 'done';
  const notices = noticesOf(answer.frames);
  return (
    <div
      data-panel={panel.id}
      data-kind={panel.type}
      data-state={state}
      data-rows={rows}
      data-colours={panel.fieldConfig.defaults.color?.mode}
      aria-busy={isLoading}
    >
      <PanelChrome
        title={templates.replace(panel.title)}
        description={panel.description && templates.replace(panel.description)}
        width={width}
        height={height}
        loadingState={isLoading ? LoadingState.Loading : LoadingState.Done}
        statusMessage={error}
        titleItems={
          <>
            {notices.length > 0 && <Notices texts={notices.map(({ text }) => text)} />}
            {panel.timeFrom && !panel.hideTimeOverride && (
              <PanelChrome.TitleItem>Last {panel.timeFrom}</PanelChrome.TitleItem>
            )}
          </>
        }
      >
        {(innerWidth, innerHeight) =>
          error ? (
            <Failed text={error} />
          ) : !drawn ? (
            <Waiting type={panel.type} />
          ) : isEmpty(panel, drawn.frames) ? (
            <Nothing text={panel.fieldConfig.defaults.noValue || 'No data in this time range'} />
          ) : (
            <Boundary>
              <PanelBody
                type={panel.type}
                title={panel.title}
                width={innerWidth}
                height={innerHeight}
                frames={drawn.frames}
                options={panel.options}
                fieldConfig={panel.fieldConfig}
                range={range}
                timeZone={timeZone}
                marks={marks}
                onZoom={rest.onZoom}
              />
            </Boundary>
          )
        }
      </PanelChrome>
    </div>
  );
}

/** A stat shows its own word for no value. */
function isEmpty(panel: SavedPanel, frames: DataFrame[]): boolean {
  return panel.type !== 'stat' && rowsOf(frames) === 0;
}

function Notices({ texts }: { texts: string[] }) {
  return (
    <Tooltip content={texts.join('\n')}>
      <PanelChrome.TitleItem>
        <Icon name="info-circle" aria-label={`Notice: ${texts.join(' ')}`} tabIndex={0} />
      </PanelChrome.TitleItem>
    </Tooltip>
  );
}

/** The error in full: it begins at the top, and scrolls where the panel is small. */
function Failed({ text }: { text: string }) {
  const theme = useTheme2();
  const look: React.CSSProperties = {
    display: 'flex',
    gap: theme.spacing(1),
    height: '100%',
    overflow: 'auto',
    overflowWrap: 'anywhere',
    padding: theme.spacing(1),
    borderLeft: `3px solid ${theme.colors.error.border}`,
    background: theme.colors.error.transparent,
  };
  return (
    <div style={look} role="alert" tabIndex={0}>
      <Icon name="exclamation-triangle" style={{ flex: 'none', marginTop: 2, color: theme.colors.error.text }} />
      <span>{text}</span>
    </div>
  );
}

function Nothing({ text }: { text: string }) {
  const theme = useTheme2();
  const look: React.CSSProperties = {
    display: 'grid',
    placeItems: 'center',
    height: '100%',
    textAlign: 'center',
    color: theme.colors.text.secondary,
  };
  return (
    <div style={look} role="status">
      {text}
    </div>
  );
}
