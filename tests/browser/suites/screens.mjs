// Every screen, in both themes: axe has nothing serious to say, nothing is cut at any width, and there is a picture to look at.
import { test } from 'node:test';

import { accessible } from '../looks/accessibility.mjs';
import { pictured } from '../looks/pictures.mjs';
import { fits } from '../looks/widths.mjs';
import { SCREENS } from '../screens.mjs';

export function screens(world) {
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
