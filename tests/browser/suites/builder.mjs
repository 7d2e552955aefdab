// A panel without a line of SQL, across the seam between the engines.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answered, choose, chooseRange, queryOf, responseTo } from '../acts.mjs';

export function builder(world) {
  test('builder: a panel over thirty days, answered by both engines', async () => {
    await world().visit('#/explore', async (page) => {
      await answered(page);
      await chooseRange(page, 'Last 30 days');
      await page.getByRole('button', { name: /Athena until .*Timestream since/ }).waitFor();

      await page.getByRole('button', { name: 'Add measure' }).click();
      await choose(page, page.getByLabel('Aggregate of measure 2'), 'Mean');
      await choose(page, page.getByLabel('Column of measure 2'), 'queue_duration');
      await page.getByRole('button', { name: 'Add filter', exact: true }).first().click();
      await choose(page, page.getByLabel('Column of filter 1'), 'channel');
      await choose(page, page.getByLabel('Value of filter 1'), 'VOICE');
      await page.waitForFunction(() => document.querySelector('[data-query]').dataset.query.includes('VOICE'));
      assert.ok((await answered(page)) > 100, 'thirty days of buckets');

      const { sql, editorMode, route, fill } = await queryOf(page);
      assert.deepEqual([editorMode, route], ['builder', 'auto']);
      assert.deepEqual(fill, { mode: 'null' }, 'no contacts have no mean wait, and not one of 0 s');
      assert.match(sql, /\$__dataset\(contacts\)/);
      assert.match(sql, /avg\(.*queue_duration.*\)/i);
      assert.match(sql, /channel.*'VOICE'/);
      await page.getByText(/^Timestream in eu-west-1: [\d,]+ rows/).waitFor();
      await page.getByText(/^Athena in eu-west-2: [\d,]+ rows/).waitFor();
      await page.locator('[data-answer] canvas').first().waitFor();

      // To SQL and back loses nothing, so nothing is asked.
      await page.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
      await page.locator('.monaco-editor').first().waitFor();
      await page.getByRole('radio', { name: 'Builder' }).click({ force: true });
      await page.getByLabel('Aggregate of measure 2').waitFor();
      assert.equal((await queryOf(page)).sql, sql);
    });
  });

  test('builder: without a time bucket it is a table, with one a time series', async () => {
    await world().visit('#/explore', async (page) => {
      await answered(page);
      await responseTo(page, () => choose(page, page.getByLabel('Time bucket'), 'None'));
      await answered(page);
      assert.equal((await queryOf(page)).format, 'table');
      await responseTo(page, () => choose(page, page.getByLabel('Time bucket'), '1h'));
      await answered(page);
      assert.equal((await queryOf(page)).format, 'time_series');
      // A queue that is missing has a name like the others.
      await page.getByText('contacts (none)').first().waitFor();
    });
  });

  test('query-activity: what the data source ran is a query with a form of its own, and SQL ends it', async () => {
    await world().visit('#/explore', async (page) => {
      await answered(page);
      const mode = (name) => page.getByRole('radio', { name, exact: true }).click({ force: true });
      await responseTo(page, () => mode('Activity'));
      await answered(page);
      await responseTo(page, () => choose(page, page.getByLabel('Figure'), 'Mean time'));
      assert.ok((await answered(page)) > 0);
      const asked = await queryOf(page);
      assert.deepEqual([asked.kind, asked.column, asked.format], ['activity', 'elapsed_ms', 'time_series']);
      await responseTo(page, () => choose(page, page.getByRole('combobox', { name: 'Show' }), 'Each statement'));
      assert.ok((await answered(page)) > 0, 'the first query of the page ran');
      await responseTo(page, () => mode('SQL'));
      await page.locator('.monaco-editor').first().waitFor();
      const { kind, column, sql } = await queryOf(page);
      assert.deepEqual([kind, column], [undefined, undefined]);
      assert.match(sql, /\$__dataset\(contacts\)/);
    });
  });

  test('query-help: every example that is offered answers', async () => {
    await world().visit('#/explore', async (page) => {
      await answered(page);
      const help = page.getByRole('button', { name: 'Show query help' });
      await help.click();
      const titles = await page.getByRole('region', { name: 'Query help' }).locator('strong').allInnerTexts();
      assert.ok(titles.length > 4, titles.join());
      for (const title of titles) {
        if ((await help.getAttribute('aria-expanded')) === 'false') {
          await help.click();
        }
        await responseTo(page, () => page.getByRole('button', { name: title }).click());
        await answered(page);
      }
    });
  });

  test('query-boundary: the mark where the legs meet has a form in the annotation editor', async () => {
    await world().visit('#/explore', async (page) => {
      await page.getByRole('tab', { name: 'Annotation' }).click();
      await chooseRange(page, 'Last 30 days');
      await page.getByRole('radio', { name: 'Boundary', exact: true }).click({ force: true });
      await page.locator('[data-marks="1"]').waitFor();
      await page.getByText(/Athena answers what is before, Timestream what is after/).waitFor();
    });
  });
}
