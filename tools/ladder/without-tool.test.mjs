import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolUnavailable } from '../native/resolve-tool.mjs';
import { withoutTool } from './without-tool.mjs';

const unavailable = (/** @type {string} */ reason) =>
  new ToolUnavailable('chromium', [
    { route: 'path', reason: 'not on PATH' },
    { route: 'debian-install', reason },
  ]);
const reason = 'no chromium: path: not on PATH; debian-install: apt-get install failed: no network';

test('on a machine of a developer the stage is skipped, with the reason of every route', () => {
  const missing = unavailable('apt-get install failed: no network');
  for (const machine of [
    { env: {}, isRoot: true },
    { env: { CI: 'true' }, isRoot: false },
  ]) {
    assert.deepEqual(withoutTool('browser', missing, machine), {
      passed: 0,
      failures: [],
      skips: [{ name: 'browser', reason }],
    });
  }
});

test('continuous integration that may install it has failed', () => {
  const missing = unavailable('apt-get install failed: no network');
  const tally = withoutTool('browser', missing, { env: { CI: 'true' }, isRoot: true });
  assert.deepEqual(tally.failures, [`browser: ${reason}`]);
  assert.deepEqual(tally.skips, []);
});

test('continuous integration without apt skips it', () => {
  for (const why of ['apt is not installed', 'this is not Debian']) {
    const machine = { env: { CI: 'true' }, isRoot: true };
    assert.equal(withoutTool('browser', unavailable(why), machine).skips.length, 1);
  }
});
