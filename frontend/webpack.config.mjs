// Builds what Grafana's browser loads into ../dist, beside the backend's binaries: the layout of @grafana/create-plugin, with
// the manifest, README, licence and logo of the whole project.
import { createRequire } from 'node:module';
import path from 'node:path';

import CopyWebpackPlugin from 'copy-webpack-plugin';
import TerserPlugin from 'terser-webpack-plugin';
import { SubresourceIntegrityPlugin } from 'webpack-subresource-integrity';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const root = path.resolve(here, '..');
const { version } = require('./package.json');
const { id } = require('../plugin.json');

// Grafana has these and shares them with every plugin.
const externals = [
  { 'amd-module': 'module' },
  'lodash',
  'jquery',
  'moment',
  '@emotion/react',
  '@emotion/css',
  'react',
  'react-dom',
  'react-redux',
  'redux',
  'rxjs',
  'i18next',
  'd3',
  /^@grafana\/ui/i,
  /^@grafana\/runtime/i,
  /^@grafana\/data/i,
];

function fillPlaceholders(content) {
  return content
    .toString()
    .replaceAll('%VERSION%', version)
    .replaceAll('%TODAY%', new Date().toISOString().slice(0, 10));
}

/** @returns {import('webpack').Configuration} */
export default function config(env) {
  const production = Boolean(env.production);
  return {
    mode: production ? 'production' : 'development',
    context: path.join(here, 'src'),
    entry: { module: './module.ts' },
    devtool: production ? 'source-map' : 'eval-source-map',
    cache: { type: 'filesystem', buildDependencies: { config: [import.meta.filename] } },
    externals,
    performance: { hints: false },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          use: {
            loader: 'swc-loader',
            options: {
              jsc: {
                target: 'es2018',
                parser: { syntax: 'typescript', tsx: true },
                // Grafana 11.6 has no `react/jsx-runtime` to share.
                transform: { react: { runtime: 'classic' } },
              },
            },
          },
        },
      ],
    },
    optimization: {
      minimize: production,
      minimizer: [new TerserPlugin({ extractComments: false, terserOptions: { format: { comments: false } } })],
    },
    output: {
      path: path.join(root, 'dist'),
      // The backend's binaries are built apart from this, and stay.
      clean: { keep: /^gpx_/ },
      filename: '[name].js',
      chunkFilename: production ? '[name].js?_cache=[contenthash]' : '[name].js',
      library: { type: 'amd' },
      publicPath: `public/plugins/${id}/`,
      uniqueName: id,
      crossOriginLoading: 'anonymous',
    },
    plugins: [
      new CopyWebpackPlugin({
        patterns: [
          { from: path.join(root, 'plugin.json'), transform: fillPlaceholders },
          { from: path.join(root, 'README.md') },
          { from: path.join(root, 'CHANGELOG.md') },
          { from: path.join(root, 'LICENSE'), to: '[name]' },
          { from: path.join(root, 'img'), to: 'img' },
          { from: '*.json', context: path.join(root, 'provisioning', 'dashboards'), to: 'dashboards' },
          // What the README points at, and what an operator copies.
          { from: path.join(root, 'docs'), to: 'docs' },
          { from: path.join(root, 'provisioning'), to: 'provisioning' },
          { from: 'query_help.md', noErrorOnMissing: true },
        ],
      }),
      new SubresourceIntegrityPlugin({ hashFuncNames: ['sha256'] }),
    ],
    resolve: { extensions: ['.tsx', '.ts', '.js'] },
  };
}
