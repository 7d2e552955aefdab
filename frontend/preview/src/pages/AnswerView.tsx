// An answer as Explore would show it: a graph where there are series, the rows, what ran and what it cost.
import {
  FieldColorModeId,
  LoadingState,
  getValueFormat,
  formattedValueToString,
  type DataFrame,
  type FieldConfigSource,
  type TimeRange,
} from '@grafana/data';
import { Alert, PanelChrome, Stack, Text, useTheme2 } from '@grafana/ui';
import React, { useMemo, useState } from 'react';

import { applyConfig } from '../dashboard/fields';
import { noticesOf, rowsOf, type Answer } from '../dashboard/useAnswer';
import { Boundary } from '../panels/Boundary';
import { graphable } from '../panels/Lines';
import { PanelBody } from '../panels/PanelBody';
import { useWidth } from './useWidth';

const CONFIG: FieldConfigSource = {
  defaults: {
    color: { mode: FieldColorModeId.PaletteClassic },
    // A column of the table is wide enough for an instant.
    custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'auto', minWidth: 180 },
  },
  overrides: [],
};

/** The table draws every row that it has, and the page is no place to read thousands. */
const MOST_ROWS = 200;

interface Props {
  answer: Answer;
  range: TimeRange;
  timeZone: string;
}

export function AnswerView({ answer, range, timeZone }: Props) {
  const theme = useTheme2();
  const [container, width] = useWidth();
  const frames = useMemo(() => applyConfig(answer.frames, CONFIG, theme, timeZone), [answer.frames, theme, timeZone]);
  const loadingState = answer.state === 'loading' ? LoadingState.Loading : LoadingState.Done;
  const shared = { range, timeZone, fieldConfig: CONFIG, options: {}, loadingState };
  const series = graphable(frames);
  const rows = rowsOf(frames);
  return (
    <div ref={container} data-answer={answer.state} data-rows={rows} data-error={answer.error}>
      <Stack direction="column" gap={1}>
        {noticesOf(frames).map(({ text, severity }) => (
          <Alert
            key={text}
            severity={severity === 'error' ? 'error' : severity === 'warning' ? 'warning' : 'info'}
            title={text}
          />
        ))}
        {series.length > 0 && width > 0 && (
          <Framed {...shared} title="Graph" type="timeseries" height={300} width={width} frames={frames} />
        )}
        {answer.state === 'done' && rows === 0 && <Text color="secondary">The query ran and found no rows.</Text>}
        {rows > 0 && width > 0 && <Tables {...shared} frames={frames} width={width} />}
        <Costs frames={frames} took={answer.took} />
      </Stack>
    </div>
  );
}

interface FramedProps extends Omit<Props, 'answer'> {
  title: string;
  type: string;
  frames: DataFrame[];
  width: number;
  height: number;
  fieldConfig: FieldConfigSource;
  options: Record<string, unknown>;
  loadingState: LoadingState;
}

function Framed({ title, type, width, height, loadingState, ...rest }: FramedProps) {
  return (
    <PanelChrome title={title} width={width} height={height} loadingState={loadingState}>
      {(innerWidth, innerHeight) => (
        <Boundary>
          <PanelBody type={type} title={title} width={innerWidth} height={innerHeight} {...rest} />
        </Boundary>
      )}
    </PanelChrome>
  );
}

/** One frame at a time. */
function Tables({ frames, ...rest }: Omit<FramedProps, 'title' | 'type' | 'height'>) {
  const [chosen, setChosen] = useState(0);
  const frame = frames[chosen] ?? frames[0];
  if (!frame) {
    return null;
  }
  return (
    <>
      {frames.length > 1 && (
        <label>
          Frame{' '}
          <select value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {frames.map((one, index) => (
              <option key={index} value={index}>
                {one.name || one.refId || index + 1}
              </option>
            ))}
          </select>
        </label>
      )}
      <Framed
        {...rest}
        title={frame.length > MOST_ROWS ? `Table: the first ${MOST_ROWS} of ${frame.length} rows` : 'Table'}
        type="table"
        height={320}
        frames={[firstRows(frame)]}
      />
    </>
  );
}

function firstRows(frame: DataFrame): DataFrame {
  const fields = frame.fields.map((field) => ({ ...field, values: field.values.slice(0, MOST_ROWS) }));
  return { ...frame, fields, length: Math.min(frame.length, MOST_ROWS) };
}

function Costs({ frames, took }: { frames: DataFrame[]; took?: number }) {
  const meta = frames[0]?.meta;
  if (!meta) {
    return null;
  }
  const stats = (meta.stats ?? []).map(({ displayName, value, unit, decimals }) => {
    const shown = getValueFormat(unit)(value, decimals);
    return `${displayName}: ${formattedValueToString(shown)}`;
  });
  return (
    <details>
      <summary>What ran, and what it cost</summary>
      <p>{[...stats, took === undefined ? '' : `In the browser: ${took} ms`].filter(Boolean).join(' · ')}</p>
      <pre>{meta.executedQueryString}</pre>
    </details>
  );
}
