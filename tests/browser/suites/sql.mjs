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
        assert.equal((await queryOf(page)).sql, 'SELECT channel, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1');

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
}
