// axe finds nothing serious, in either theme.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { SCREENS } from '../screens.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Findings of those two grades keep somebody from using the page. */
const SERIOUS = ['serious', 'critical'];

/**
 * What Grafana's own components do, which neither the plugin nor a dashboard can change: by axe's rule, and where it applies.
 * Their colours are those of Grafana's palette, which thresholds name; the values are written beside them.
 */
const GRAFANAS = [
  ['label-content-name-mismatch', /LegendLabel|TimePicker Open Button|Choose refresh time interval/],
  ['scrollable-region-focusable', /class="scrollbar-view"/],
  ['color-contrast', /role="cell"|class="mtk\d+"/],
];

/** Figures are drawn in the colours of thresholds; what a file provisioned stands in a disabled group, which axe does not see. */
const COLOURED = '[data-panel] span, fieldset:disabled *';

export function accessibility(world) {
  for (const screen of SCREENS) {
    for (const theme of ['dark', 'light']) {
      test(`accessibility: ${screen.name}, ${theme}`, async () => {
        await world().visit(
          screen.hash,
          async (page) => {
            await screen.prepare(page);
            await page.evaluate(axe);
            const found = await page.evaluate(async (coloured) => {
              const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
              const isColoured = (target) => document.querySelector(target)?.matches(coloured) ?? false;
              return violations.flatMap(({ id, impact, nodes }) =>
                nodes
                  .filter(({ target }) => id !== 'color-contrast' || !isColoured(target.at(-1)))
                  .map(({ html, failureSummary }) => ({ id, impact, html, failureSummary }))
              );
            }, COLOURED);
            const serious = found
              .filter(({ impact }) => SERIOUS.includes(impact))
              .filter(({ id, html }) => !GRAFANAS.some(([rule, place]) => rule === id && place.test(html)))
              .map(({ id, html, failureSummary }) => `${id}: ${html} ${failureSummary}`);
            assert.deepEqual(serious, []);
          },
          { theme, expected: screen.expected }
        );
      });
    }
  }
}
