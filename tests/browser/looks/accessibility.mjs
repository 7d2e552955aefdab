// axe finds nothing serious.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

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
  ['color-contrast', /class="mtk\d+"/],
];

/**
 * The figure of a stat is drawn in the colours of thresholds, and a matrix's cells in a gradient; what a file provisioned stands
 * in a disabled group, which axe does not see.
 */
const COLOURED = [
  '[data-kind="stat"] [data-testid="data-testid panel content"] span',
  '[data-colours^="continuous-"] [role="gridcell"]',
  'fieldset:disabled *',
].join(', ');

/** Fails for whatever axe finds that would keep somebody from using the page. */
export async function accessible(page) {
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
}
