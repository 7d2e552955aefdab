// The built module in hosts of other Grafana versions: it loads, both editors mount, a query across the seam is answered, and
// the console stays quiet.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { PATIENCE, World } from '../world.mjs';

for (const version of ['11.6', '13.2']) {
  let world;
  after(() => world?.stop());

  test(`compat: the module in a host of Grafana ${version}`, async () => {
    world = await World.start({ page: `target/compat/${version}` });
    await world.visit('', async (page) => {
      const query = page.getByRole('region', { name: 'Query editor' });
      await query.getByRole('combobox', { name: 'Dataset' }).waitFor();
      await page.getByRole('region', { name: 'Settings' }).getByText('Real-time leg: Timestream').waitFor();
      await page.waitForFunction(() => document.querySelector('[data-answer]').dataset.answer !== 'loading', null, {
        timeout: PATIENCE,
      });
      assert.equal(await query.getAttribute('data-answer'), 'done', await query.getAttribute('data-error'));
      await query.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
      await page.locator('.monaco-editor').first().waitFor();
    });
    await world.stop();
  });
}
