// From an empty data source to one that is saved and well.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choose } from '../acts.mjs';

// What provisioning/datasources/switchboard-sandbox.yaml opens the sandbox with.
const [KEY, SECRET] = ['AKIASANDBOXEXAMPLE01', 'sandbox/secret/that/opens/loopback/only'];

export function settings(world) {
  test('settings: a data source from empty to saved, with a failing and then a passing health check', async () => {
    const sandbox = await world().sandbox();
    await world().visit(
      '#/settings',
      async (page) => {
        await page.getByRole('button', { name: 'Add data source' }).click();
        await page.waitForURL(/settings\/added-/);
        await choose(page, page.getByRole('combobox', { name: 'Authentication Provider' }), 'Access & secret key');
        await page.getByRole('textbox', { name: 'Access Key ID' }).fill(KEY);
        await page.getByRole('textbox', { name: 'Secret Access Key' }).fill('not the secret');
        for (const id of ['realtime-endpoint', 'historical-endpoint', 'historical-s3-endpoint', 'sts-endpoint']) {
          await page.locator(`#${id}`).fill(sandbox);
        }
        await page.locator('#realtime-retention').fill('24h');
        await page.locator('#historical-lag').fill('30m');
        await page.locator('#historical-output').fill('s3://switchboard-results/panels/');

        await page.getByRole('button', { name: 'Save & test' }).click();
        const alert = page.locator('[aria-live] [data-testid^="data-testid Alert"]').last();
        await alert.waitFor();
        assert.match(
          await alert.innerText(),
          /Real-time leg.*(signature|credentials|key)/is,
          'the failing check says what is wrong'
        );

        await page.getByRole('button', { name: 'Edit Secret Access Key' }).click();
        await page.getByRole('textbox', { name: 'Secret Access Key' }).fill(SECRET);
        await page.getByRole('button', { name: 'Save & test' }).click();
        const isWell = alert.filter({ hasText: /Real-time leg.*OK.*Historical leg.*OK/s });
        await isWell.waitFor();
        // Names come from live lists, which ask by what was saved.
        for (const [id, name] of [
          ['realtime-database', 'connect'],
          ['realtime-table', 'contact_events'],
          ['historical-database', 'connect'],
        ]) {
          await choose(page, page.locator(`#${id}`), name);
        }
        await page.getByRole('button', { name: 'Save & test' }).click();
        await isWell.waitFor();
        assert.equal(await page.getByText(SECRET).count(), 0);

        await page.reload();
        await page.getByRole('button', { name: 'Edit Secret Access Key' }).waitFor();
        assert.equal(await page.locator('#realtime-database').inputValue(), 'connect', 'what was saved is there again');
        const values = await page.locator('input').evaluateAll((all) => all.map(({ value }) => value));
        assert.ok(!values.includes(SECRET) && !values.includes(KEY), 'a secret does not come back');
      },
      { expected: [/400 .*\/health/, /\/resources\//] }
    );
  });

  test('settings: a provisioned data source cannot be changed, and is well leg by leg', async () => {
    await world().visit('#/settings', async (page) => {
      await page.getByText('Provisioned data source').waitFor();
      assert.ok(await page.locator('#realtime-retention').isDisabled());
      await page.getByRole('button', { name: 'Check each leg' }).click();
      await page.getByText(/Real-time leg \(Timestream in eu-west-1\): OK/).waitFor();
      await page.getByText(/Historical leg \(Athena in eu-west-2\): OK/).waitFor();
      await page.getByText(/^Larger results come from their files in S3 at /).waitFor();
    });
  });
}
