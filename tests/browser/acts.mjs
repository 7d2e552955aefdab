// What people do on the pages, in the words of the pages.
import assert from 'node:assert/strict';

import { PATIENCE } from './world.mjs';

/** Chooses in a combobox: opens it, types and takes the first option that fits. */
export async function choose(page, field, text) {
  await field.click();
  await field.fill(text);
  await page.getByRole('option', { name: text, exact: false }).first().click();
}

/** Sets the page's time range by its picker. */
export async function chooseRange(page, name) {
  await page.getByRole('button', { name: /^Time range selected/ }).click();
  await page
    .locator('label')
    .filter({ hasText: new RegExp(`^${name}$`) })
    .click();
}

/** Waits for the answer to what is in the query editor, and answers how many rows it has. */
export async function answered(page) {
  const settled = () => ['done', 'error'].includes(document.querySelector('[data-answer]')?.dataset.answer);
  await page.waitForFunction(settled, null, { timeout: PATIENCE });
  const answer = page.locator('[data-answer]');
  assert.equal(await answer.getAttribute('data-answer'), 'done', await answer.getAttribute('data-error'));
  return Number(await answer.getAttribute('data-rows'));
}

/** The query that the editor holds. */
export async function queryOf(page) {
  return JSON.parse(await page.locator('[data-query]').getAttribute('data-query'));
}

/** Waits until every panel has its answer, and answers their kinds of state and rows. */
export async function panels(page) {
  await page.locator('[data-panel]').first().waitFor({ timeout: PATIENCE });
  await page.waitForFunction(
    () => {
      const all = [...document.querySelectorAll('[data-panel]')];
      return all.length > 0 && all.every((panel) => panel.dataset.state !== 'loading');
    },
    null,
    { timeout: PATIENCE }
  );
  return page.locator('[data-panel]').evaluateAll((all) =>
    all.map((panel) => ({
      id: panel.dataset.panel,
      state: panel.dataset.state,
      rows: Number(panel.dataset.rows),
      text: panel.innerText,
    }))
  );
}

/** Replaces what Monaco holds. */
export async function writeSql(page, sql) {
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(sql);
}

/** Does what makes the page ask, and waits for the response, which may come before the act has ended. */
export async function responseTo(page, act) {
  await Promise.all([page.waitForResponse((response) => response.url().includes('/api/ds/query')), act()]);
}

/** Collects the queries that the page sends while `act` runs. */
export async function queriesDuring(page, act) {
  const sent = [];
  const note = (request) => {
    if (request.url().includes('/api/ds/query')) {
      sent.push(...JSON.parse(request.postData()).queries);
    }
  };
  page.on('request', note);
  try {
    await act();
  } finally {
    page.off('request', note);
  }
  assert.ok(sent.length > 0, 'the page asked nothing');
  return sent;
}
