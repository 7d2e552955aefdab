// What was built: Grafana must find module.js light, and able to load in every host.
import { existsSync, readFileSync } from 'fs';
import path from 'path';
import { gzipSync } from 'zlib';

const DIST = path.resolve(__dirname, '../../dist');
const MODULE = path.join(DIST, 'module.js');

/** What every Grafana from 11.6 shares with its plugins. */
const SHARED = ['@emotion/css', '@grafana/data', '@grafana/runtime', '@grafana/ui', 'module', 'react', 'rxjs'];

const LARGEST = 150_000;

describe('dist', () => {
  if (!existsSync(MODULE)) {
    throw new Error('dist/module.js is not there: run `npm run build` first');
  }
  const code = readFileSync(MODULE, 'utf8');

  it('asks its host only for what every host shares', () => {
    const dependencies: string[] = JSON.parse(/^define\((\[[^\]]*\])/.exec(code)?.[1] ?? '[]');
    expect(dependencies.length).toBeGreaterThan(3);
    expect(dependencies.filter((name) => !SHARED.includes(name))).toEqual([]);
  });

  it('is a plugin to whoever loads it', () => {
    let plugin: { DataSourceClass?: unknown; components?: Record<string, unknown> } = {};
    const given = (name: string): unknown =>
      name === 'module' ? { uri: 'http://grafana/module.js' } : jest.requireActual(name);
    const define = (names: string[], factory: (...modules: unknown[]) => { plugin: typeof plugin }) => {
      plugin = factory(...names.map(given)).plugin;
    };
    new Function('define', code)(define);
    expect(plugin.DataSourceClass).toBeInstanceOf(Function);
    // Editors of variables and annotations come with the data source; help in Explore is there only as a component.
    expect(Object.keys(plugin.components ?? {}).sort()).toEqual(['ConfigEditor', 'QueryEditor', 'QueryEditorHelp']);
  });

  it('is small', () => {
    expect(gzipSync(code).length).toBeLessThan(LARGEST);
  });

  it('has a stamped manifest, and all that it names', () => {
    const manifest = JSON.parse(readFileSync(path.join(DIST, 'plugin.json'), 'utf8'));
    const { version } = JSON.parse(readFileSync(path.resolve(__dirname, '../package.json'), 'utf8'));
    expect(manifest.info.version).toBe(version);
    expect(manifest.info.updated).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    const dashboards: string[] = manifest.includes.map((include: { path: string }) => include.path);
    expect(dashboards.length).toBeGreaterThan(0);
    const { small, large } = manifest.info.logos;
    const named = [small, large, ...dashboards, 'README.md', 'CHANGELOG.md', 'LICENSE'];
    expect(named.filter((name) => !existsSync(path.join(DIST, name)))).toEqual([]);
  });
});
