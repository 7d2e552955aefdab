// Lints of the scripts that Node.js runs: the browser's tests, and what builds the page they look at.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import globals from 'globals';

export default defineConfig([
  { ignores: ['**/node_modules/'] },
  js.configs.recommended,
  {
    // A test hands functions to the page, which run there.
    languageOptions: { ecmaVersion: 'latest', sourceType: 'module', globals: { ...globals.node, ...globals.browser } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-shadow': 'error',
      'no-unused-vars': ['error', { caughtErrors: 'all' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
]);
