import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fakePrograms, scratchDirectory } from '../testing/fake-programs.mjs';
import { inRoot } from './workspace.mjs';

const script = inRoot('drawbridge');

/**
 * @param {string} path PATH of the script
 * @param {string[]} args
 */
function run(path, args, command = script) {
  const { status, stdout, stderr } = spawnSync(command, args, { env: { PATH: path }, cwd: '/' });
  return { status, stdout: String(stdout), stderr: String(stderr) };
}

/** Directory with the two programs the script needs besides node. */
const basics = (/** @type {import('node:test').TestContext} */ t) =>
  fakePrograms(join(scratchDirectory(t), 'basics'), {
    dirname: 'exec /usr/bin/dirname "$@"',
    readlink: 'exec /usr/bin/readlink "$@"',
  });

test('without Node.js it says what to install', (t) => {
  const { status, stdout, stderr } = run(basics(t), ['help']);
  assert.deepEqual({ status, stdout }, { status: 127, stdout: '' });
  assert.match(stderr, /^drawbridge: Node\.js is not on PATH\. Install version 20 or newer/);
});

for (const version of ['v18.20.4', 'v8.0.0', 'nonsense']) {
  test(`with Node.js ${version} it says which version is needed`, (t) => {
    const directory = scratchDirectory(t);
    const bin = fakePrograms(join(directory, 'bin'), { node: `echo ${version}` });
    const { status, stderr } = run(`${bin}:${basics(t)}`, ['help']);
    assert.equal(status, 1);
    assert.equal(
      stderr,
      `drawbridge: ${bin}/node is version ${version}; Node.js 20 or newer is needed (https://nodejs.org).\n`,
    );
  });
}

test('help needs nothing installed, from anywhere and through a link', (t) => {
  const path = `${dirname(process.execPath)}:${basics(t)}`;
  const link = join(scratchDirectory(t), 'link');
  symlinkSync(script, link);
  for (const args of [['help'], ['--help'], []]) {
    const { status, stdout, stderr } = run(path, args, link);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /^Drawbridge: just-in-time access/);
  }
});

test('doctor refuses an argument it does not know', (t) => {
  const { status, stderr } = run(`${dirname(process.execPath)}:${basics(t)}`, [
    'doctor',
    '-o',
    'xml',
  ]);
  assert.equal(status, 1);
  assert.match(stderr, /doctor: unknown argument "-o xml"; expected nothing or -o json/);
});

test('an unknown test stage is refused before anything is installed', (t) => {
  const { status, stderr } = run(`${dirname(process.execPath)}:${basics(t)}`, ['test', 'units']);
  assert.equal(status, 1);
  assert.match(stderr, /no test stage "units"; expected one of: format, lint, types/);
});
