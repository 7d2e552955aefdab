// Times in tests are those of London in winter, wherever they run.
process.env.TZ = 'UTC';

// Packages that ship ES modules only, which Jest cannot load as they are.
const esModules = [
  '@grafana/aws-sdk',
  '@grafana/plugin-ui',
  '@grafana/schema',
  '@marcbachmann/cel-js',
  '@wojtekmaj/date-utils',
  'd3',
  'd3-[a-z-]+',
  'delaunator',
  'get-user-locale',
  'internmap',
  'marked',
  'memoize',
  'mimic-function',
  'ol',
  'react-calendar',
  'react-colorful',
  'robust-predicates',
  'rxjs',
  'uuid',
];

module.exports = {
  moduleNameMapper: {
    '\\.(css|scss|sass)$': 'identity-obj-proxy',
    'react-inlinesvg': '<rootDir>/tests/mocks/inline-svg.tsx',
  },
  setupFiles: ['<rootDir>/tests/browser.ts'],
  setupFilesAfterEnv: ['<rootDir>/tests/setup.ts'],
  // A page of Grafana's components takes seconds where the machine is busy.
  testTimeout: 120_000,
  testEnvironment: 'jest-environment-jsdom',
  testMatch: ['<rootDir>/src/**/*.test.{ts,tsx}', '<rootDir>/tests/**/*.test.{ts,tsx}'],
  transform: {
    '^.+\\.m?[tj]sx?$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'classic' } },
        },
      },
    ],
  },
  transformIgnorePatterns: [`node_modules/(?!.*(${esModules.join('|')})/.*)`],
};
