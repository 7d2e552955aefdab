// axe finds nothing serious, in either theme.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { SCREENS } from '../screens.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Findings of those two grades keep somebody from using the page. */
const SERIOUS = ['serious', 'critical'];

export function accessibility(world) {
  for (const screen of SCREENS) {
    for (const theme of ['dark', 'light']) {
      test(`accessibility: ${screen.name}, ${theme}`, async () => {
        await world().visit(
          screen.hash,
          async (page) => {
            await screen.prepare(page);
            await page.evaluate(axe);
            const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
            const serious = violations
              .filter(({ impact }) => SERIOUS.includes(impact))
              .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
            assert.deepEqual(serious, []);
          },
          { theme }
        );
      });
    }
  }
}
