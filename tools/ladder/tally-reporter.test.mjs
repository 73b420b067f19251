import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inRoot, pinnedNode } from '../launcher/workspace.mjs';

// Inside the clone, because the specs import vitest from its node_modules.
const scratch = inRoot('.drawbridge', 'tally-reporter-test');

const spec = `
import { beforeAll, describe, expect, it } from 'vitest';
it('passes', () => {});
it('fails', () => expect(1).toBe(2));
it('skips with a reason', (context) => context.skip('no Docker engine'));
it.skip('skips without one', () => {});
it.todo('is to be written');
describe('suite', () => {
  beforeAll(() => { throw new Error('no server\\nsecond line'); });
  it('never runs', () => {});
});
`;

test('a real vitest run is counted, with the reasons of skips and failures outside of tests', (t) => {
  mkdirSync(scratch, { recursive: true });
  t.after(() => rmSync(scratch, { recursive: true }));
  writeFileSync(join(scratch, 'mixed.spec.ts'), spec);
  writeFileSync(join(scratch, 'broken.spec.ts'), "import './missing.js';");
  const file = join(scratch, 'tally.json');
  const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs');
  const reporter = inRoot('tools', 'ladder', 'tally-reporter.mjs');
  const { status } = spawnSync(
    pinnedNode,
    [vitest, 'run', '--root', scratch, `--reporter=${reporter}`],
    { env: { ...process.env, DRAWBRIDGE_TALLY: file } },
  );
  assert.equal(status, 1);

  const tally = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(tally.passed, 1);
  assert.deepEqual(tally.failures.sort(), [
    `broken.spec.ts: Cannot find module './missing.js' imported from ${scratch}/broken.spec.ts`,
    'mixed.spec.ts > fails: expected 1 to be 2 // Object.is equality',
    'mixed.spec.ts > suite: no server',
  ]);
  assert.deepEqual(tally.skips, [
    { name: 'mixed.spec.ts > skips with a reason', reason: 'no Docker engine' },
    { name: 'mixed.spec.ts > skips without one', reason: 'no reason given' },
    { name: 'mixed.spec.ts > is to be written', reason: 'no reason given' },
    { name: 'mixed.spec.ts > suite > never runs', reason: 'no reason given' },
  ]);
});
