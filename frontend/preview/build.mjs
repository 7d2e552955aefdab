// Bundles the preview's page, or the page of tests/browser/compat, with the @grafana packages of one folder:
//
//   node preview/build.mjs [--entry main.tsx] [--packages ..] [--out ../target/preview]
//
// The plugin itself is not in it: the page loads its built module.js as Grafana does.
import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const here = import.meta.dirname;
const { values } = parseArgs({
  options: {
    entry: { type: 'string', default: 'main.tsx' },
    packages: { type: 'string', default: path.resolve(here, '..') },
    out: { type: 'string', default: path.resolve(here, '../../target/preview') },
  },
});
const packages = path.resolve(values.packages);
const out = path.resolve(values.out);
const require = createRequire(path.join(packages, 'package.json'));

/** SystemJS is the page's own; all else comes from the folder of packages, and @grafana's as CommonJS: their other form
 * leaves out what only Grafana's own build puts in. */
const fromPackages = {
  name: 'from-packages',
  setup({ onResolve, resolve }) {
    const seen = Symbol('seen');
    onResolve({ filter: /^[^./]/ }, (imported) => {
      const { kind, pluginData, importer, resolveDir } = imported;
      const isGrafanas = /^@grafana\/(ui|data|runtime|schema|i18n|e2e-selectors)(\/|$)/.test(imported.path);
      const isPages = importer.startsWith(path.join(here, 'src')) && !imported.path.startsWith('systemjs');
      if (pluginData === seen || !(isGrafanas || isPages)) {
        return undefined;
      }
      return resolve(imported.path, {
        kind: isGrafanas ? 'require-call' : kind,
        resolveDir: isPages ? packages : resolveDir,
        importer,
        pluginData: seen,
      });
    });
  },
};

const shared = {
  bundle: true,
  minify: true,
  format: 'iife',
  logLevel: 'warning',
  // SystemJS's own manifest.
  logOverride: { 'package.json': 'silent' },
  absWorkingDir: packages,
  loader: { '.ttf': 'file', '.woff': 'file', '.woff2': 'file', '.svg': 'dataurl' },
};
mkdirSync(out, { recursive: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { page: path.join(here, 'src', values.entry) },
    outdir: path.join(out, 'preview'),
    publicPath: '/preview/',
    jsx: 'transform',
    conditions: ['browser'],
    plugins: [fromPackages],
    // The externals that SystemJS hands out are CommonJS; a page with `define` would have some of them register as AMD.
    define: {
      'process.env.NODE_ENV': '"production"',
      global: 'window',
      define: 'undefined',
      'define.amd': 'undefined',
    },
  }),
  build({
    ...shared,
    entryPoints: { 'editor.worker': require.resolve('monaco-editor/esm/vs/editor/editor.worker.js') },
    outdir: path.join(out, 'preview'),
  }),
]);
cpSync(path.join(here, 'index.html'), path.join(out, 'index.html'));
const icons = path.join(path.dirname(require.resolve('@grafana/ui/package.json')), 'dist/public/img/icons');
for (const place of ['public/img/icons', 'public/build/img/icons']) {
  cpSync(icons, path.join(out, place), { recursive: true });
  // Icons that Grafana has and its package of components has not.
  cpSync(path.join(here, 'icons'), path.join(out, place, 'unicons'), { recursive: true });
}
// Grafana's typefaces, by the names that its styles ask for.
const own = createRequire(import.meta.url);
const folderOf = (name) => path.dirname(own.resolve(`${name}/package.json`));
for (const style of ['Regular', 'Italic', 'Medium', 'MediumItalic']) {
  const file = `Inter-${style}.woff2`;
  cpSync(path.join(folderOf('inter-ui'), 'web', file), path.join(out, 'public/fonts/inter', file));
}
cpSync(
  path.join(folderOf('@fontsource-variable/roboto-mono'), 'files/roboto-mono-latin-wght-normal.woff2'),
  path.join(out, 'public/fonts/roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2')
);
