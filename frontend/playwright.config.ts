// Smoke specs in a real Grafana, which is started apart: by docker compose or `go tool mage grafana`. CI only checks their types.
import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import path from 'path';

const signedIn = path.join(__dirname, 'playwright/.auth/admin.json');

export default defineConfig<PluginOptions>({
  testDir: './e2e',
  outputDir: './playwright/results',
  // One at a time: Grafana counts who signs in, and everyone looks at one sandbox.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  use: {
    baseURL: process.env.GRAFANA_URL ?? 'http://127.0.0.1:3000',
    provisioningRootDir: path.resolve(__dirname, '../provisioning'),
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    // A Chromium that is there already, instead of Playwright's own.
    launchOptions: process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {},
  },
  projects: [
    {
      name: 'sign in',
      testDir: path.join(path.dirname(require.resolve('@grafana/plugin-e2e')), 'auth'),
      testMatch: [/.*\.js/],
    },
    {
      name: 'smoke',
      use: { ...devices['Desktop Chrome'], storageState: signedIn },
      dependencies: ['sign in'],
    },
  ],
});
