import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const domain = ['kernel', 'contracts', 'domain'];
/** Which layer may import which: `docs/architecture.md` has the picture. */
const layers = {
  kernel: [],
  contracts: ['kernel'],
  domain: ['kernel', 'contracts', 'domain'],
  adapter: [...domain, 'adapter'],
  testing: [...domain, 'adapter', 'embedded', 'testing'],
  embedded: ['kernel', 'contracts', 'embedded'],
  sandbox: ['kernel', 'contracts', 'embedded'],
  service: [...domain, 'adapter'],
  // The sandbox makes sessions again; nothing else of the CLI may use a stand-in.
  cli: [...domain, 'adapter', 'sandbox'],
  app: [...domain, 'adapter', 'service', 'embedded'],
  e2e: [...domain, 'adapter', 'service', 'embedded', 'testing', 'app', 'cli', 'e2e'],
};
/**
 * Specs may also use the test helpers and the embedded stand-ins, and those of the CLI the services that it
 * talks to; production code never can.
 */
const forSpecs = (allowed, layer) => [
  ...new Set([...allowed, 'testing', 'embedded', ...(layer === 'cli' ? ['service'] : [])]),
];

const boundaries = (widen) => [
  'error',
  {
    enforceBuildableLibDependency: false,
    allow: [],
    depConstraints: Object.entries(layers).map(([layer, allowed]) => ({
      sourceTag: `layer:${layer}`,
      onlyDependOnLibsWithTags: widen(allowed, layer).map((name) => `layer:${name}`),
    })),
  },
];

const domainOnly =
  'Domain code is pure: it imports only ./*, @drawbridge/kernel, contracts, scope, people and stops.';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/out-tsc/**',
      '**/node_modules/**',
      '.nx/**',
      'tools/boundaries/fixture/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries((allowed) => allowed),
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', { max: 350, skipBlankLines: false }],
      'max-lines-per-function': ['error', { max: 60 }],
      'max-params': ['error', { max: 3 }],
      complexity: ['error', { max: 10 }],
      'max-depth': ['error', { max: 3 }],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only main.ts reads the environment; pass the typed config.',
        },
      ],
    },
  },
  {
    files: [
      '**/src/main.ts',
      '**/*.spec.ts',
      '**/test/**/*.ts',
      'libs/{testing,fuzzing}/**/*.ts',
      'e2e/**/*.ts',
      'bench/**/*.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(forSpecs),
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/src/domain/**/*.ts', 'libs/kernel/src/**/*.ts', 'libs/{scope,people}/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\./|@drawbridge/(kernel|contracts|scope|people|stops)$)',
              message: domainOnly,
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time arrives with the command.' },
        { object: 'Math', property: 'random', message: 'Ids arrive with the command.' },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'fetch',
        'setTimeout',
        'setInterval',
        'setImmediate',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time arrives with the command.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'Buffer',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'AbortSignal',
          'AbortController',
          'performance',
          'TextDecoder',
          'TextEncoder',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
