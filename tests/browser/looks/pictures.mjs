// A picture for people to look at: into target/browser/screens, and into docs/img/screens where that is asked for.
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from '../world.mjs';

const FOLDER = path.resolve(ROOT, process.env.SWITCHBOARD_SCREENS || 'target/browser/screens');

/** Takes the picture of the whole page, however long it is. */
export async function pictured(page, name) {
  mkdirSync(FOLDER, { recursive: true });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), fullPage: true, animations: 'disabled' });
}
