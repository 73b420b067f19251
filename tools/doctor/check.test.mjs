import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { inRoot } from '../launcher/workspace.mjs';
import { isHealthy } from './check.mjs';
import { demoPorts } from './demo-ports.mjs';

/**
 * @param {boolean} required
 * @param {import('./check.mjs').Check['status']} status
 * @returns {import('./check.mjs').Check}
 */
const check = (required, status) => ({ name: 'x', required, status, found: '', hint: '' });

const verdicts = /** @type {const} */ ([
  [true, 'ok', true],
  [true, 'obtainable', true],
  [true, 'missing', false],
  [false, 'missing', true],
]);

for (const [required, status, healthy] of verdicts) {
  test(`a ${required ? 'required' : 'optional'} thing that is ${status}: healthy is ${healthy}`, () => {
    assert.equal(isHealthy([check(true, 'ok'), check(required, status)]), healthy);
  });
}

test('the ports looked at are those that the demo prefers', () => {
  const topology = readFileSync(inRoot('apps/laptop/src/topology.ts'), 'utf8');
  const preferred = [...topology.matchAll(/^ {2}(\w+): (\d{4,5}),$/gm)];
  assert.deepEqual(
    demoPorts.map(({ part, port }) => [part, String(port)]),
    preferred.map(([, part, port]) => [part, port]),
  );
});

test('on a machine with Node.js alone it names what is missing, as JSON on stdout and nothing else', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRoot('tools/launcher/main.mjs'), 'doctor', '-o', 'json'],
    { env: { PATH: '/nowhere', DRAWBRIDGE_CACHE: '/nowhere', HOME: dirname(inRoot()) } },
  );
  assert.deepEqual({ status, stderr: String(stderr) }, { status: 1, stderr: '' });
  const { healthy, checks } = JSON.parse(String(stdout));
  assert.equal(healthy, false);
  const missing = checks
    .filter(
      (/** @type {import('./check.mjs').Check} */ { required, status }) =>
        required && status === 'missing',
    )
    .map((/** @type {import('./check.mjs').Check} */ { name }) => name);
  assert.deepEqual(missing, ['npm', 'git']);
});
