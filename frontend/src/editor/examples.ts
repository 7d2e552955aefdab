// Queries to start from, of what the data source has.
import { hasDatasets, nameOf, startingQuery } from '../builder/start';
import type { SwitchboardOptions, SwitchboardQuery } from '../types';

export interface Example {
  title: string;
  /** What it shows and what to look at in it. */
  text: string;
  query: Partial<SwitchboardQuery>;
}

/** The examples whose datasets the settings have. */
export function examplesFor(settings: SwitchboardOptions): Example[] {
  const names = settings.datasets?.map(nameOf);
  const has = (dataset: string) => hasDatasets(settings) && (names?.includes(dataset) ?? true);
  return [
    { title: 'A start', text: 'What a new query shows, to be changed by choosing.', query: startingQuery(settings) },
    ...(has('contacts') ? CONTACTS : []),
    ...(has('agent_events') ? AGENTS : []),
    ACTIVITY,
  ];
}

const sql = (text: string, format: SwitchboardQuery['format']): Partial<SwitchboardQuery> => ({
  route: 'auto',
  format,
  editorMode: 'sql',
  sql: text,
});

const CONTACTS: Example[] = [
  {
    title: 'How long callers wait',
    text: 'The wait that 95 of 100 do not exceed. Each bucket is answered whole by one engine, so it is exact over the boundary, too.',
    query: sql(
      `SELECT $__timeGroup(auto) AS time, queue, $__percentile(queue_duration, 0.95) AS wait
FROM $__dataset(contacts)
WHERE handled
GROUP BY 1, 2
ORDER BY 1`,
      'time_series'
    ),
  },
  {
    title: 'Days by the clock in London',
    text: 'A calendar unit with a time zone; the day is whole on the day that clocks change, too.',
    query: sql(
      `SELECT
  $__timeGroup(day, 'Europe/London') AS time,
  count_if(offered) AS offered,
  count_if(handled) AS handled
FROM $__dataset(contacts)
GROUP BY 1
ORDER BY 1`,
      'time_series'
    ),
  },
  {
    title: 'One figure for each queue',
    text: 'Totals of the whole range. Each engine is asked for its part, and the parts are merged.',
    query: sql(
      `SELECT queue, count(*) AS contacts, avg(queue_duration) AS mean_wait
FROM $__dataset(contacts)
WHERE queue IS NOT NULL
GROUP BY 1
ORDER BY 2 DESC`,
      'table'
    ),
  },
  {
    title: 'The latest contacts',
    text: 'Rows as they are. With ORDER BY and LIMIT only as many are read as are shown.',
    query: sql(
      `SELECT time, channel, queue, agent, queue_duration
FROM $__dataset(contacts)
ORDER BY time DESC
LIMIT 50`,
      'table'
    ),
  },
];

const AGENTS: Example[] = [
  {
    title: 'Missed by agents',
    text: 'Events of the real-time stream, counted.',
    query: sql(
      `SELECT agent, count(*) AS missed
FROM $__dataset(agent_events)
WHERE contact_state = 'MISSED'
GROUP BY 1
ORDER BY 2 DESC`,
      'table'
    ),
  },
];

const ACTIVITY: Example = {
  title: 'What this data source ran',
  text: 'The statements of the range, what they took and what they scanned.',
  query: { kind: 'activity', route: 'auto', format: 'table' },
};
