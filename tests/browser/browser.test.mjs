// The plugin in Chromium: the built module.js, the plugin's binary and the sandbox, as a person meets them.
import { after, before } from 'node:test';

import { builder } from './suites/builder.mjs';
import { flows } from './suites/flows.mjs';
import { keyboard } from './suites/keyboard.mjs';
import { screens } from './suites/screens.mjs';
import { settings } from './suites/settings.mjs';
import { sql } from './suites/sql.mjs';
import { World } from './world.mjs';

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());

for (const suite of [settings, builder, sql, flows, keyboard, screens]) {
  suite(() => world);
}
