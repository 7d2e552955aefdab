// Every panel of every bundled dashboard has an answer and draws it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { panels } from '../acts.mjs';
import { ROOT } from '../world.mjs';

const FOLDER = path.join(ROOT, 'provisioning/dashboards');

/** The dashboards; what Switchboard did itself is looked at when it has done something. */
export function bundled() {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')))
    .sort((left, right) => Number(left.uid === 'switchboard-itself') - Number(right.uid === 'switchboard-itself'));
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

export function dashboards(world) {
  for (const { uid, title, panels: saved } of bundled()) {
    test(`dashboards: every panel of ${title}`, async () => {
      await world().visit(`#/d/${uid}`, async (page) => {
        const shown = new Map((await panels(page)).map((panel) => [Number(panel.id), panel]));
        assert.equal(shown.size, saved.length);
        for (const { id, type, title: name } of saved) {
          const panel = shown.get(id);
          assert.equal(panel.state, 'done', `${name}: ${panel.text}`);
          if (type === 'text' || MAY_BE_EMPTY.has(`${uid}/${name}`)) {
            continue;
          }
          assert.ok(panel.rows > 0, `${name} has no rows`);
          assert.doesNotMatch(panel.text, /No data|does not draw|NaN|undefined/, name);
          await page.locator(`[data-panel="${id}"] ${DRAWN[type]}`).first().waitFor();
        }
        assert.equal(await page.locator('[data-panel] [role="alert"]').count(), 0);
      });
    });
  }
}
