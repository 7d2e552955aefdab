// Every screen in both themes, the bundled dashboards with every panel drawn: axe has nothing serious to say, nothing is cut at
// any width, and there is a picture to look at.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessible } from '../looks/accessibility.mjs';
import { pictured } from '../looks/pictures.mjs';
import { fits } from '../looks/widths.mjs';
import { bundled } from '../panels.mjs';
import { SCREENS } from '../screens.mjs';

export function screens(world) {
  test('screens: every bundled dashboard is one of them', () => {
    const names = new Set(SCREENS.map(({ name }) => name));
    assert.deepEqual(
      bundled().filter((name) => !names.has(name)),
      []
    );
  });
  for (const { name, hash, prepare, expected } of SCREENS) {
    for (const theme of ['dark', 'light']) {
      test(`screens: ${name}, ${theme}`, async () => {
        await world().visit(
          hash,
          async (page) => {
            await prepare(page);
            await pictured(page, `${name}-${theme}`);
            await accessible(page);
            if (theme === 'dark') {
              // Widths are the same in either theme.
              await fits(page);
            }
          },
          { theme, expected }
        );
      });
    }
  }
}
