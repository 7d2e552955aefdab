// That Grafana itself takes what the other tests try without it: the settings page, the query editor, a dashboard, an alert rule.
import { expect, test } from '@grafana/plugin-e2e';

const SOURCE = { fileName: 'switchboard-sandbox.yaml' };

test('the settings page tells how each leg is', async ({
  gotoDataSourceConfigPage,
  readProvisionedDataSource,
  page,
}) => {
  const source = await readProvisionedDataSource(SOURCE);
  await gotoDataSourceConfigPage(source.uid);
  // What is provisioned cannot be saved, but checked.
  await page.getByRole('button', { name: 'Check each leg' }).click();
  await expect(page.getByText(/^Real-time leg \(.*eu-west-1\): OK/)).toBeVisible();
  await expect(page.getByText(/^Historical leg \(.*eu-west-2\): OK/)).toBeVisible();
});

test('a new panel draws something at once', async ({ panelEditPage, readProvisionedDataSource }) => {
  const source = await readProvisionedDataSource(SOURCE);
  await panelEditPage.datasource.set(source.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await expect(editor.getByRole('radiogroup', { name: 'Route' })).toBeVisible();
  await panelEditPage.setVisualization('Table');
  await expect(panelEditPage.refreshPanel()).toBeOK();
  await expect(panelEditPage.panel.fieldNames).toContainText(['time']);
  await expect(panelEditPage.panel.getErrorIcon()).toHaveCount(0);
});

test('the live dashboard has no panel with an error', async ({ gotoDashboardPage, readProvisionedDashboard }) => {
  const { uid } = await readProvisionedDashboard({ fileName: 'contact-centre-live.json' });
  const dashboard = await gotoDashboardPage({ uid });
  await expect(dashboard.getPanelByTitle('Agents available').locator).toBeVisible();
  await dashboard.waitForPanelsQueriesToComplete({ scrollAll: true, timeout: 60_000 });
  await expect(dashboard).toHavePanelErrors(0);
});

test('an alert rule is previewed', async ({ alertRuleEditPage, readProvisionedDataSource }) => {
  const source = await readProvisionedDataSource(SOURCE);
  const row = await alertRuleEditPage.getQueryRow('A');
  await row.datasource.set(source.name);
  await expect(alertRuleEditPage.evaluate()).toBeOK();
});
