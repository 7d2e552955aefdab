// Every panel of a bundled dashboard has an answer and draws it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { panels } from './acts.mjs';
import { ROOT } from './world.mjs';

const FOLDER = path.join(ROOT, 'provisioning/dashboards');

/** The names of the bundled dashboards' files. */
export function bundled() {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => path.basename(name, '.json'));
}

/** What a panel of a kind has on the screen when it has drawn. */
const DRAWN = {
  timeseries: 'canvas',
  table: '[role="row"]',
  'state-timeline': 'svg[role="img"] rect',
  stat: 'div[title], span',
  bargauge: 'div',
  text: 'p',
};

/** Panels that have nothing to show where nothing went wrong. */
const MAY_BE_EMPTY = new Set(['switchboard-itself/Errors', 'switchboard-itself/Failed']);

/** Waits for the panels of the dashboard that is saved under this name, and fails for any that has no answer or does not draw it. */
export async function everyPanel(page, name) {
  const { uid, panels: saved } = JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'));
  const shown = new Map((await panels(page)).map((panel) => [Number(panel.id), panel]));
  assert.equal(shown.size, saved.length);
  for (const { id, type, title } of saved) {
    const panel = shown.get(id);
    assert.equal(panel.state, 'done', `${title}: ${panel.text}`);
    if (type === 'text' || MAY_BE_EMPTY.has(`${uid}/${title}`)) {
      continue;
    }
    assert.ok(panel.rows > 0, `${title} has no rows`);
    assert.doesNotMatch(panel.text, /No data|does not draw|NaN|undefined/, title);
    await page.locator(`[data-panel="${id}"] ${DRAWN[type]}`).first().waitFor();
  }
  assert.equal(await page.locator('[data-panel] [role="alert"]').count(), 0);
}
