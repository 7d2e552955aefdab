// What the tests happen in: the demo's server over the plugin and the sandbox, and a Chromium that looks at it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { chromium } from 'playwright-core';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Where pictures of failed tests go. */
const PICTURES = path.join(ROOT, 'target/browser');

const { SWITCHBOARD_CHROMIUM, SWITCHBOARD_TARGET = 'target/debug' } = process.env;

const FLAGS = [
  ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ['--disable-background-networking', '--disable-component-update', '--force-color-profile=srgb'],
].flat();

/** An answer over a month may take this long where the machine is busy, in milliseconds. */
export const PATIENCE = 180_000;

/** All else comes at once or within this, in milliseconds. */
const STEP = 30_000;

export class World {
  #contexts = {};

  /** Starts all of it; `page` is the folder of the page to serve. */
  static async start({ page = 'target/preview' } = {}) {
    for (const needed of ['target/go/demo', page, 'dist/module.js']) {
      assert.ok(existsSync(path.join(ROOT, needed)), `${needed} is not built: run these tests by \`go tool mage\``);
    }
    const world = new World();
    const binary = (name) => path.join(SWITCHBOARD_TARGET, name);
    world.server = spawn(
      'target/go/demo',
      ['-panels=false', '-serve=127.0.0.1:0', '-agents=30', '-days=31', `-page=${page}`].concat([
        `-plugin=${binary('gpx_switchboard')}`,
        `-sandbox=${binary('sandbox')}`,
      ]),
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }
    );
    world.url = await addressOf(world.server);
    world.browser = await chromium.launch({ executablePath: SWITCHBOARD_CHROMIUM || '/usr/bin/chromium', args: FLAGS });
    return world;
  }

  async stop() {
    await this.browser?.close();
    if (this.server && this.server.exitCode === null) {
      const gone = new Promise((resolve) => this.server.once('exit', resolve));
      this.server.kill('SIGINT');
      await gone;
    }
  }

  /** The sandbox's URL, and what opens it, as the provisioned data source has them. */
  async sandbox() {
    const [{ jsonData }] = await (await fetch(`${this.url}api/datasources`)).json();
    return jsonData.realtime.endpoint;
  }

  /**
   * Opens a page, lets `act` use it, and fails where the page complained: an error in the console,
   * an exception, or a call that failed and was not expected to.
   */
  async visit(hash, act, { theme = 'dark', width = 1280, height = 900, expected = [], ready = 'main h1' } = {}) {
    const page = await (await this.#contextOf(theme)).newPage();
    await page.setViewportSize({ width, height });
    const faults = [];
    const isExpected = (text) => expected.some((pattern) => pattern.test(text));
    const note = (text) => isExpected(text) || faults.push(text);
    page.on('pageerror', (error) => note(`exception: ${error.message}`));
    page.on('console', (message) => {
      // Failed calls are noted below, with their addresses.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        note(`console: ${message.text()}`);
      }
    });
    page.on('response', (response) => response.status() >= 400 && note(`${response.status()} ${response.url()}`));
    try {
      await page.goto(this.url + hash);
      await page.locator(ready).first().waitFor();
      await act(page);
      assert.deepEqual(faults, [], 'the page complained');
    } catch (error) {
      mkdirSync(PICTURES, { recursive: true });
      this.failures = (this.failures ?? 0) + 1;
      const name = `failed-${this.failures}${hash.replace(/\W+/g, '-')}-${theme}.png`;
      await page.screenshot({ path: path.join(PICTURES, name), fullPage: true }).catch(() => {});
      error.message += `\n(page: target/browser/${name}; complaints: ${JSON.stringify(faults)})`;
      throw error;
    } finally {
      await page.close();
    }
  }

  /** One browser profile for each theme: a second visit need not compile the page's ten megabytes again. */
  async #contextOf(theme) {
    if (!this.#contexts[theme]) {
      const context = await this.browser.newContext({ timezoneId: 'Europe/London' });
      context.setDefaultTimeout(STEP);
      await context.addInitScript((chosen) => localStorage.setItem('switchboard-preview-theme', chosen), theme);
      this.#contexts[theme] = context;
    }
    return this.#contexts[theme];
  }
}

/** Reads where the server listens from what it prints. */
async function addressOf(server) {
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) {
    const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(line);
    if (found) {
      // The rest must be read, or the server would stop at a full pipe.
      server.stdout.resume();
      return found[0];
    }
  }
  throw new Error('The demo ended before it served.');
}
