// Query help where Grafana asks for it, in Explore and on query rows: examples that run by a click, and what to know.
import { css } from '@emotion/css';
import type { GrafanaTheme2, QueryEditorHelpProps } from '@grafana/data';
import { Text, useStyles2 } from '@grafana/ui';
import React from 'react';

import type { DataSource } from '../datasource';
import { queryText } from '../display';
import type { SwitchboardQuery } from '../types';
import { examplesFor } from './examples';

const NOTES: ReadonlyArray<[code: string, text: string]> = [
  ['$__dataset(name)', 'the dataset over the range on screen, on whichever engine answers, without duplicates'],
  ['$__timeGroup(auto)', 'the time bucket: as wide as the panel draws well, or 5m, 1h, day, month'],
  ['$__percentile(x, 0.95)', 'the same on both engines, as are $__distinct, $__if, $__regex and $__secondsBetween'],
  ["queue = $queue, queue = '$queue'", 'a variable stays a value, whatever a viewer types; with IN it may be several'],
  ['Ctrl or Cmd with Enter', 'runs the query; Ctrl with Space completes it'],
];

export function CheatSheet({ datasource, query, onClickExample }: QueryEditorHelpProps<SwitchboardQuery>) {
  const styles = useStyles2(getStyles);
  const examples = examplesFor((datasource as DataSource).settings);
  return (
    <section aria-label="Query help">
      <Text element="h2" variant="h4">
        Switchboard: examples and notes
      </Text>
      <p className={styles.lead}>
        One query is answered by Timestream, by Athena, or by both: Auto decides by the range, and the badge beside it
        says where the range goes and why. Press an example to run it.
      </p>
      <ul className={styles.examples}>
        {examples.map(({ title, text, query: example }) => {
          const whole: SwitchboardQuery = { datasource: query?.datasource, ...example, refId: query?.refId ?? 'A' };
          return (
            <li key={title}>
              <button type="button" className={styles.example} onClick={() => onClickExample(whole)}>
                <strong>{title}</strong>
                <span>{text}</span>
                <code>{example.sql ?? queryText(whole)}</code>
              </button>
            </li>
          );
        })}
      </ul>
      <dl className={styles.notes}>
        {NOTES.map(([code, text]) => (
          <React.Fragment key={code}>
            <dt>
              <code>{code}</code>
            </dt>
            <dd>{text}</dd>
          </React.Fragment>
        ))}
      </dl>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  lead: css({ margin: theme.spacing(0.5, 0, 1.5), color: theme.colors.text.secondary }),
  examples: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 340px), 1fr))',
    gap: theme.spacing(1),
    listStyle: 'none',
    margin: 0,
    padding: 0,
  }),
  example: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.5),
    width: '100%',
    height: '100%',
    padding: theme.spacing(1, 1.5),
    textAlign: 'left',
    color: theme.colors.text.primary,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    '&:hover': { background: theme.colors.emphasize(theme.colors.background.secondary, 0.03) },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 1 },
    span: { color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize },
    // Grafana keeps code on one line.
    code: {
      whiteSpace: 'pre-wrap',
      overflowWrap: 'anywhere',
      margin: 0,
      padding: 0,
      border: 'none',
      background: 'none',
      color: theme.colors.text.primary,
      fontSize: theme.typography.bodySmall.fontSize,
    },
  }),
  notes: css({
    display: 'grid',
    gridTemplateColumns: 'fit-content(40%) 1fr',
    gap: theme.spacing(0.5, 2),
    margin: theme.spacing(2, 0, 1),
    dt: { overflowWrap: 'anywhere', fontWeight: theme.typography.fontWeightRegular },
    dd: { margin: 0, color: theme.colors.text.secondary },
    code: { whiteSpace: 'pre-wrap' },
  }),
});
