import { defineConfig } from 'eslint/config';
import grafana from '@grafana/eslint-config/flat.js';

export default defineConfig([
  { ignores: ['node_modules/', 'coverage/', 'playwright/'] },
  ...grafana,
  {
    rules: {
      'react/prop-types': 'off',
    },
  },
  {
    files: [
      'src/**/*.{ts,tsx}',
      'tests/**/*.{ts,tsx}',
      'preview/src/**/*.{ts,tsx}',
      'e2e/**/*.ts',
      'playwright.config.ts',
    ],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-deprecated': 'warn',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
  {
    // The preview plays Grafana's part: it provides what plugins may not use any more.
    files: ['preview/src/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-deprecated': 'off',
      'no-restricted-imports': 'off',
    },
  },
]);
