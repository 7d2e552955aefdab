// The query editor without a mouse.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answered, queriesDuring, queryOf, responseTo } from '../acts.mjs';

/** Presses Tab until the focus is on something with this name; fails after a lap. */
async function tabTo(page, name, key = 'Tab') {
  const passed = [];
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const labels = [...(element.labels ?? [])].map((label) => label.innerText);
      return [element.getAttribute('aria-label'), ...labels, element.innerText].filter(Boolean).join(' ');
    });
    if (name.test(focused)) {
      return;
    }
    passed.push(focused.slice(0, 30));
  }
  assert.fail(`Tab never comes to ${name}; it passes ${passed.join(', ')}`);
}

export function keyboard(world) {
  test('keyboard: from the page to a query that was changed and run, without a mouse', async () => {
    await world().visit('#/d/switchboard-agent', async (page) => {
      await tabTo(page, /^Explore$/);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Explore' }).waitFor();
      await answered(page);

      await tabTo(page, /^Dataset/);
      await page.keyboard.type('agent_ev');
      await page.getByRole('option', { name: 'agent_events' }).first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('[data-query]').dataset.query.includes('agent_events'));
      await answered(page);

      await tabTo(page, /Run query/, 'Shift+Tab');
      const sent = await queriesDuring(page, () => responseTo(page, () => page.keyboard.press('Enter')));
      assert.match(sent[0].sql, /agent_events/);

      // To SQL by the arrow keys, into the editor, and out of it again.
      await tabTo(page, /^Builder|^SQL$/, 'Shift+Tab');
      await page.keyboard.press('ArrowRight');
      await page.locator('.monaco-editor').first().waitFor();
      assert.equal((await queryOf(page)).editorMode, 'sql');
      await tabTo(page, /^SQL|Editor content/);
      await page.keyboard.press('Control+M');
      await tabTo(page, /Format/);
    });
  });
}
