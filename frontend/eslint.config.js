/** Strict TypeScript, small functions, and who may import whom: views > state > backend, views > plot > lib. */

import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Layers that the files of a folder must not import. */
function contract(files, forbidden, message) {
  const patterns = forbidden.map((regex) => ({ regex, message }));
  return { files, rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

const APP = String.raw`/(views|state|backend)/|/state\.svelte$|\.svelte$`;
const SVELTE = '^svelte(/|$)';

export default ts.config(
  { ignores: ['node_modules/', 'dist/', 'src/backend/api.gen.ts'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  ...svelte.configs.prettier,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      // Every `?? NaN` that noUncheckedIndexedAccess asks for counts as a branch, so it is more than Python's 8.
      complexity: ['error', 11],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 6],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // `void state.tick` is how an effect says what it follows.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // Maps and sets in the store are immutable: one is swapped for another.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    // The linter sees parameters of callbacks in markup as `any`; svelte-check types them.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['**/*.test.ts'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['*.js'], ...ts.configs.disableTypeChecked },
  contract(['src/lib/**'], [SVELTE, APP, '/plot/'], 'lib knows neither Svelte, the app nor the plots'),
  contract(['src/plot/**'], [SVELTE, APP], 'plot knows neither Svelte nor the app'),
  contract(
    ['src/backend/**'],
    [SVELTE, String.raw`/(views|state|plot)/|/state\.svelte$`],
    'backend stands on lib alone',
  ),
  contract(['src/state.svelte.ts', 'src/state/**'], ['/(views|plot)/'], 'state stands on backend and lib'),
  contract(['src/save/**'], ['/views/', '/backend/http$'], 'files are made below the views'),
  contract(['src/views/**'], ['/backend/http$'], 'no fetch in a view'),
);
