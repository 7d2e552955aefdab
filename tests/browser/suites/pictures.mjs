// A picture of each screen in both themes, into target/browser/screens, and into docs/img/screens where that is asked for.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { SCREENS } from '../screens.mjs';
import { ROOT } from '../world.mjs';

const FOLDER = path.resolve(ROOT, process.env.SWITCHBOARD_SCREENS || 'target/browser/screens');

export function pictures(world) {
  for (const { name, hash, prepare, expected } of SCREENS) {
    for (const theme of ['dark', 'light']) {
      test(`pictures: ${name}, ${theme}`, async () => {
        mkdirSync(FOLDER, { recursive: true });
        await world().visit(
          hash,
          async (page) => {
            await prepare(page);
            await page.mouse.move(0, 0);
            await page.screenshot({ path: path.join(FOLDER, `${name}-${theme}.png`), fullPage: true, animations: 'disabled' });
          },
          { theme, width: 1280, expected }
        );
      });
    }
  }
}
