// A statement typed with completion, run from the keyboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answered, choose, queriesDuring, queryOf, responseTo, writeSql } from '../acts.mjs';

export function sql(world) {
  test('SQL: completion of datasets and columns, Ctrl+Enter, a fault said in the editor', async () => {
    await world().visit(
      '#/explore',
      async (page) => {
        await answered(page);
        await page.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
        await choose(page, page.getByRole('combobox', { name: 'Format' }), 'Table');
        await writeSql(page, 'SELECT  FROM $__dataset(contacts)');
        await page.keyboard.press('Home');
        for (let i = 0; i < 'SELECT '.length; i++) {
          await page.keyboard.press('ArrowRight');
        }
        await page.keyboard.type('chan', { delay: 30 });
        const suggestions = page.locator('.suggest-widget .monaco-list-row');
        await suggestions.filter({ hasText: 'channel' }).first().waitFor();
        await page.keyboard.press('Enter');
        await page.keyboard.type(', count(*) AS contacts');
        await page.keyboard.press('Escape');
        await page.keyboard.press('End');
        await page.keyboard.type(' GROUP BY 1');
        await page.keyboard.press('Escape');
        assert.equal(
          (await queryOf(page)).sql,
          'SELECT channel, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1'
        );

        const sent = await queriesDuring(page, () => responseTo(page, () => page.keyboard.press('Control+Enter')));
        assert.match(sent[0].sql, /^SELECT channel/);
        assert.equal(await answered(page), 4, 'four channels');

        await writeSql(page, 'SELECT channel FROM $__dataset(nowhere)');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+Enter');
        await page.locator('[data-answer="error"]').waitFor({ state: 'attached' });
        const said = await page.getByRole('region', { name: 'Query editor' }).getByRole('alert').first().innerText();
        assert.match(said, /nowhere/, 'the error names what is wrong');
        assert.match(said, /contacts/, 'and what there is');
      },
      { expected: [/400 .*\/api\/ds\/query/, /400 .*\/resources\/explain/] }
    );
  });

  test('SQL: tables and columns of a leg, values of a column in the range', async () => {
    await world().visit(
      '#/explore',
      async (page) => {
        await openSql(page);
        await page.getByRole('radio', { name: 'Real-time', exact: true }).click({ force: true });
        await writeSql(page, 'SELECT r. FROM ');
        await page.keyboard.type('conn', { delay: 30 });
        await suggested(page, /^connect.*Timestream$/);
        // Its tables come at once.
        await page.keyboard.press('Enter');
        await suggested(page, /^contact_records.*table, Timestream$/);
        await page.keyboard.type('queue_m', { delay: 30 });
        await suggested(page, /^queue_metrics/);
        await page.keyboard.press('Enter');
        await page.keyboard.type(' r ');
        await page.keyboard.press('Escape');
        await goTo(page, 'SELECT r.'.length);
        await page.keyboard.press('Control+Space');
        await suggested(page, /^queue.*varchar, Timestream$/);
        await page.keyboard.type('queu', { delay: 30 });
        await suggested(page, /^queue/);
        await page.keyboard.press('Enter');
        assert.equal((await queryOf(page)).sql, 'SELECT r.queue FROM connect.queue_metrics r ');

        await writeSql(page, 'SELECT 1 FROM $__dataset(contacts) WHERE queue IN (');
        await page.keyboard.type("'Bil", { delay: 60 });
        await suggested(page, /^Billing/);
        await page.keyboard.press('Enter');
        assert.match((await queryOf(page)).sql, /WHERE queue IN \('Billing'\)?$/);
      },
      { expected: UNFINISHED }
    );
  });

  test('SQL: a macro says what it takes and is, and an engine’s error is marked until the text changes', async () => {
    await world().visit(
      '#/explore',
      async (page) => {
        await openSql(page);
        await writeSql(page, 'SELECT ');
        await page.keyboard.type('$__timeGroup(5m, ', { delay: 30 });
        const hints = page.locator('.parameter-hints-widget');
        await hints.filter({ hasText: '$__timeGroup([column, ]interval[, zone])' }).waitFor();
        assert.equal(await hints.locator('.parameter.active').innerText(), 'zone');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');

        await writeSql(
          page,
          'SELECT $__timeGroup(1h) AS time, count(*) AS contacts FROM $__dataset(contacts)\nWHERE chanel IS NULL GROUP BY 1 ORDER BY 1'
        );
        await page.keyboard.press('Escape');
        await responseTo(page, () => page.keyboard.press('Control+Enter'));
        const mark = page.locator('.monaco-editor .squiggly-error');
        await mark.first().waitFor();
        assert.equal(await mark.count(), 1);
        assert.equal(await textUnder(page, await mark.boundingBox()), 'chanel');

        await page.locator('.view-line span').filter({ hasText: '$__timeGroup' }).last().hover();
        await page.locator('.monaco-hover').filter({ hasText: 'The bucket of that width' }).first().waitFor();

        await page.locator('.monaco-editor').first().click();
        await page.keyboard.press('Control+End');
        await page.keyboard.type(' ');
        await mark.first().waitFor({ state: 'detached' });
      },
      { expected: UNFINISHED }
    );
  });
}

/** What is half typed cannot be explained or run. */
const UNFINISHED = [/400 .*\/api\/ds\/query/, /400 .*\/resources\/explain/];

async function openSql(page) {
  await answered(page);
  await page.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
  await page.locator('.monaco-editor').first().waitFor();
}

/** Waits for a suggestion whose row reads so. */
async function suggested(page, text) {
  await page.locator('.suggest-widget .monaco-list-row').filter({ hasText: text }).first().waitFor();
}

/** Puts the cursor behind so many characters of a line. */
async function goTo(page, column) {
  await page.keyboard.press('Home');
  for (let i = 0; i < column; i++) {
    await page.keyboard.press('ArrowRight');
  }
}

/** The editor's characters above a mark. */
function textUnder(page, { x, width, y }) {
  return page.evaluate(
    ([left, right, top]) => {
      const characters = [];
      for (const line of document.querySelectorAll('.monaco-editor .view-line')) {
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const { currentNode: node } = walker;
          for (let index = 0; index < node.length; index++) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + 1);
            const box = range.getBoundingClientRect();
            const [middle, height] = [(box.left + box.right) / 2, box.height];
            if (middle > left && middle < right && Math.abs(box.top - top) < height / 2) {
              characters.push(node.data.charAt(index));
            }
          }
        }
      }
      return characters.join('');
    },
    [x, x + width, y]
  );
}
