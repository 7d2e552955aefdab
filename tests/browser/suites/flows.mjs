// Variables, annotations and ad-hoc filters, from their editors and on a dashboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answered, choose, panels, queriesDuring, writeSql } from '../acts.mjs';

export function flows(world) {
  test('variables: values of a column, and of a statement', async () => {
    await world().visit('#/explore', async (page) => {
      await page.getByRole('tab', { name: 'Variable' }).click();
      await choose(page, page.getByRole('combobox', { name: 'Dataset' }), 'contacts');
      await choose(page, page.getByRole('combobox', { name: 'Column' }), 'channel');
      await page.getByRole('button', { name: 'Preview values' }).click();
      const values = page.getByRole('region', { name: 'Values' });
      await values.getByText('VOICE').waitFor();
      assert.equal(await values.getAttribute('data-values'), '4');

      await page.getByRole('radio', { name: 'SQL', exact: true }).click({ force: true });
      await writeSql(
        page,
        "SELECT DISTINCT queue AS text FROM $__dataset(contacts) WHERE channel = 'VOICE' AND queue IS NOT NULL"
      );
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Preview values' }).click();
      await values.getByText('Billing').waitFor();
    });
  });

  test('variables: a choice on a dashboard is put into every panel, safely', async () => {
    await world().visit('#/d/switchboard-live', async (page) => {
      await panels(page);
      const queue = page.getByRole('combobox', { name: 'Queue' });
      const sent = await queriesDuring(page, async () => {
        // The dashboard refreshes by itself too, so it is the choice's own query that is waited for.
        const chosen = page.waitForRequest(
          (request) =>
            request.url().includes('/api/ds/query') && (request.postData() ?? '').includes("queue IN ('Billing')")
        );
        await choose(page, queue, 'Billing');
        await page.keyboard.press('Escape');
        await chosen;
        await panels(page);
      });
      const first = sent.findIndex(({ sql }) => sql?.includes("queue IN ('Billing')"));
      assert.ok(first >= 0);
      const asked = sent.slice(first).filter(({ sql }) => sql?.includes('queue IN ('));
      for (const { sql } of asked) {
        assert.match(sql, /queue IN \('Billing'\)/);
      }
    });
  });

  test('annotations: the editor shows what it found, a dashboard marks the boundary', async () => {
    await world().visit('#/explore', async (page) => {
      await answered(page);
      await page.getByRole('tab', { name: 'Annotation' }).click();
      await page.getByRole('button', { name: 'Show annotations' }).click();
      const found = page.getByRole('region', { name: 'Annotations' });
      await found.waitFor();
      assert.ok(Number(await found.getAttribute('data-marks')) > 0);
    });
    await world().visit('#/d/switchboard-seamless', async (page) => {
      const sent = await queriesDuring(page, () => panels(page));
      assert.ok(sent.some(({ kind, format }) => kind === 'boundary' && format === 'annotations'));
      const graphs = page.locator('[data-kind="timeseries"]');
      assert.ok((await graphs.count()) > 0);
      for (const graph of await graphs.all()) {
        const mark = graph.locator('[data-mark]');
        await mark.getByText('Boundary between the engines').waitFor();
        assert.equal(await mark.count(), 1);
        const [line, plot] = [await mark.boundingBox(), await graph.locator('.u-over').boundingBox()];
        assert.ok(line.x >= plot.x && line.x <= plot.x + plot.width, 'the mark is outside the graph');
        assert.ok(line.height > 0.9 * plot.height, 'the mark does not cross the graph');
        // Thirty days up to now: Timestream's part, and so what is right of the mark, is a day or two at most.
        const share = (line.x - plot.x) / plot.width;
        const time = Number(await mark.getAttribute('data-mark'));
        const expected = 1 - (Date.now() - time) / (30 * 24 * 3_600_000);
        assert.ok(Math.abs(share - expected) < 0.02, `the mark is at ${share} of the graph, not at ${expected}`);
      }
      await graphs.first().getByText('Boundary between the engines').hover();
      await page
        .getByRole('tooltip')
        .getByText(/Athena answers what is before/)
        .waitFor();
    });
  });

  test('ad-hoc filters: columns and values from the data, applied to every panel', async () => {
    await world().visit('#/d/switchboard-live', async (page) => {
      await panels(page);
      await page.getByRole('button', { name: 'Add filter' }).click();
      await choose(page, page.getByLabel('Filter 1: column'), 'channel');
      const sent = await queriesDuring(page, async () => {
        const filtered = page.waitForRequest(
          (request) => request.url().includes('/api/ds/query') && (request.postData() ?? '').includes('"CHAT"')
        );
        await choose(page, page.getByLabel('Filter 1: value'), 'CHAT');
        await filtered;
        await panels(page);
      });
      const first = sent.findIndex(({ adhocFilters }) => adhocFilters?.length > 0);
      assert.ok(first >= 0);
      for (const { adhocFilters } of sent.slice(first)) {
        assert.deepEqual(adhocFilters, [{ key: 'channel', operator: '=', value: 'CHAT' }]);
      }
    });
  });

  test('ad-hoc filters: at least a number, which every panel asks for', async () => {
    const filter = { key: 'queue_duration', operator: '>=', value: '30' };
    await world().visit('#/d/switchboard-live', async (page) => {
      await panels(page);
      await page.getByRole('button', { name: 'Add filter' }).click();
      await choose(page, page.getByLabel('Filter 1: column'), filter.key);
      await choose(page, page.getByLabel('Filter 1: operator'), filter.operator);
      const sent = await queriesDuring(page, async () => {
        const filtered = page.waitForRequest(
          (request) => request.url().includes('/api/ds/query') && (request.postData() ?? '').includes('">="')
        );
        await page.getByLabel('Filter 1: value').click();
        await page.getByLabel('Filter 1: value').fill(filter.value);
        await page.getByRole('option', { name: /custom value/ }).click();
        await filtered;
        await panels(page);
      });
      const first = sent.findIndex(({ adhocFilters }) => adhocFilters?.length > 0);
      assert.ok(first >= 0);
      for (const { adhocFilters } of sent.slice(first)) {
        assert.deepEqual(adhocFilters, [filter]);
      }
    });
  });

  test('variables: values that are no text', async () => {
    await world().visit('#/explore', async (page) => {
      await page.getByRole('tab', { name: 'Variable' }).click();
      await choose(page, page.getByRole('combobox', { name: 'Dataset' }), 'contacts');
      await choose(page, page.getByRole('combobox', { name: 'Column' }), 'handled');
      await page.getByRole('button', { name: 'Preview values' }).click();
      const values = page.getByRole('region', { name: 'Values' });
      await values.getByText('true').waitFor();
      assert.equal(await values.getAttribute('data-values'), '2');
    });
  });
}
