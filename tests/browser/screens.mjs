// The screens that are looked at: by axe, and by people in pictures.
import { answered, chooseRange, responseTo, writeSql } from './acts.mjs';
import { everyPanel } from './panels.mjs';

/** The bundled dashboards, by the names of their files; what Switchboard did itself is looked at when it has done something. */
const DASHBOARDS = [
  ['contact-centre-live', 'switchboard-live'],
  ['seamless-30-days', 'switchboard-seamless'],
  ['service-history', 'switchboard-history'],
  ['agent-day', 'switchboard-agent'],
  ['switchboard-itself', 'switchboard-itself'],
];

/** `expected` are the complaints of a page that belong to the screen, as `visit` has them. */
export const SCREENS = [
  ...DASHBOARDS.map(([name, uid]) => ({ name, hash: `#/d/${uid}`, prepare: (page) => everyPanel(page, name) })),
  {
    name: 'query-builder',
    hash: '#/explore',
    prepare: async (page) => {
      await answered(page);
      await chooseRange(page, 'Last 30 days');
      await page.getByRole('button', { name: /Athena until/ }).click();
      await answered(page);
    },
  },
  {
    name: 'query-sql',
    hash: '#/explore',
    prepare: async (page) => {
      await answered(page);
      await page.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
      await writeSql(
        page,
        'SELECT $__timeGroup(15m) AS time, channel, count(*) AS contacts\nFROM $__dataset(contacts)\nGROUP BY 1, 2\nORDER BY 1'
      );
      await page.keyboard.press('Escape');
      await responseTo(page, () => page.keyboard.press('Control+Enter'));
      await answered(page);
    },
  },
  {
    name: 'query-error',
    hash: '#/explore',
    expected: [/400 .*\/api\/ds\/query/],
    prepare: async (page) => {
      await answered(page);
      await page.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
      await writeSql(page, 'SELECT chanel, count(*) AS contacts\nFROM $__dataset(contacts)\nGROUP BY 1');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+Enter');
      await page.locator('[data-answer="error"]').waitFor({ state: 'attached' });
    },
  },
  {
    name: 'query-activity',
    hash: '#/explore',
    prepare: async (page) => {
      await answered(page);
      await responseTo(page, () => page.getByRole('radio', { name: 'Activity' }).click({ force: true }));
      await answered(page);
    },
  },
  {
    name: 'query-help',
    hash: '#/explore',
    prepare: async (page) => {
      await answered(page);
      await page.getByRole('button', { name: 'Show query help' }).click();
      await page.getByRole('region', { name: 'Query help' }).waitFor();
    },
  },
  {
    name: 'settings',
    hash: '#/settings',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Check each leg' }).click();
      await page.getByText(/Historical leg \(Athena in eu-west-2\): OK/).waitFor();
    },
  },
  {
    name: 'settings-dataset',
    hash: '#/settings',
    prepare: async (page) => {
      // Provisioned: it can be looked at, with what it becomes.
      await page.getByRole('button', { name: 'contacts', exact: true }).click();
      await page.getByRole('button', { name: 'Preview its SQL' }).click();
      await page.locator('figcaption', { hasText: 'On Athena' }).waitFor();
    },
  },
  {
    name: 'settings-columns',
    hash: '#/settings',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Add data source' }).click();
      await page.waitForURL(/settings\/added-/);
      await page.getByRole('button', { name: 'Choose and change datasets' }).click();
      await page.getByRole('button', { name: 'Copy of contacts' }).click();
      await page.getByRole('textbox', { name: 'On Athena of column 1', exact: true }).waitFor();
    },
  },
  {
    name: 'variable-editor',
    hash: '#/explore',
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Variable' }).click();
      await page.getByRole('combobox', { name: 'Dataset' }).waitFor();
    },
  },
  {
    name: 'annotation-editor',
    hash: '#/explore',
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Annotation' }).click();
      await page.locator('.monaco-editor').first().waitFor();
    },
  },
];
