// A panel without a line of SQL, across the seam between the engines.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answered, choose, chooseRange, queryOf } from '../acts.mjs';

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

      const { sql, editorMode, route } = await queryOf(page);
      assert.deepEqual([editorMode, route], ['builder', 'auto']);
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
}
