/**
 * Proves that the module boundaries are enforced: plants one violation of each kind (in memory, as if it
 * stood in the named file) and fails unless lint reports exactly the expected rule. Without a cached project
 * graph the Nx rule skips itself and passes, so the graph is computed first.
 */
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';

const NX = '@nx/enforce-module-boundaries';
const planted = [
  [
    'a service imports another service',
    'services/policy/src/planted.ts',
    `import '@drawbridge/proxy';`,
    NX,
  ],
  [
    'a service imports an embedded stand-in',
    'services/proxy/src/planted.ts',
    `import '@drawbridge/embedded';`,
    NX,
  ],
  [
    'a service imports test helpers',
    'services/audit/src/planted.ts',
    `import '@drawbridge/testing';`,
    NX,
  ],
  ['a lib imports a service', 'libs/runtime/src/planted.ts', `import '@drawbridge/identity';`, NX],
  [
    'contracts import an adapter',
    'libs/contracts/src/planted.ts',
    `import '@drawbridge/jetstream';`,
    NX,
  ],
  ['the CLI imports a service', 'apps/cli/src/planted.ts', `import '@drawbridge/policy';`, NX],
  [
    'domain code does I/O',
    'services/policy/src/domain/planted.ts',
    `import 'node:fs';`,
    'no-restricted-imports',
  ],
  [
    'domain code reads the clock',
    'services/proxy/src/domain/planted.ts',
    `export const at = Date.now();`,
    'no-restricted-properties',
  ],
  [
    'the kernel has a dependency',
    'libs/kernel/src/planted.ts',
    `import 'zod';`,
    'no-restricted-imports',
  ],
  [
    'the environment is read outside main.ts',
    'services/audit/src/planted.ts',
    `export const x = process.env;`,
    'no-restricted-properties',
  ],
];
const legal = [
  [
    'a service imports contracts',
    'services/policy/src/planted.ts',
    `import '@drawbridge/contracts';`,
  ],
  [
    'a spec uses test helpers',
    'services/policy/src/planted.spec.ts',
    `import '@drawbridge/testing';`,
  ],
];

await createProjectGraphAsync();
const rules = new Set(planted.map(([, , , rule]) => rule));
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => rules.has(ruleId),
  overrideConfig: [
    { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
    { linterOptions: { reportUnusedDisableDirectives: 'off' } },
  ],
});

const reported = async (filePath, code) => {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  return result.messages.map(({ ruleId, message }) => ruleId ?? message);
};

let failures = 0;
const expect = (sentence, actual, expected) => {
  const same = JSON.stringify(actual) === JSON.stringify(expected);
  if (!same) failures += 1;
  console.error(
    `${same ? 'ok  ' : 'FAIL'} ${sentence}${same ? '' : `: expected ${expected}, got ${actual}`}`,
  );
};
for (const [sentence, file, code, rule] of planted)
  expect(sentence, await reported(file, code), [rule]);
for (const [sentence, file, code] of legal) expect(sentence, await reported(file, code), []);
console.error(`${planted.length + legal.length} planted, ${failures} not judged as expected`);
process.exitCode = failures === 0 ? 0 : 1;
