import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/fake-programs.mjs';
import { cacheRoot, entryPath, storeOnce } from './cache.mjs';

const name = /** @type {const} */ ({
  tool: 'etcd',
  version: '3.6.16',
  key: 'abc',
  platform: { os: 'linux', arch: 'arm64' },
});
const onWait = () => {};

/** @param {string} text */
const write = (text) => async (/** @type {string} */ directory) => {
  writeFileSync(join(directory, 'etcd'), text);
  chmodSync(join(directory, 'etcd'), 0o755);
};

test('the cache is where the environment says, else in the home directory', () => {
  assert.equal(cacheRoot({ DRAWBRIDGE_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
  assert.equal(cacheRoot({ XDG_CACHE_HOME: '/b' }), '/b/drawbridge');
  assert.equal(cacheRoot({}), join(homedir(), '.cache/drawbridge'));
});

test('an entry is named after tool, version, key and platform', () => {
  assert.equal(entryPath('/cache', name), '/cache/etcd/3.6.16-abc-linux-arm64/etcd');
});

test('a program is made once', async (t) => {
  const path = entryPath(scratchDirectory(t), name);
  await storeOnce(path, { produce: write('first'), onWait });
  await storeOnce(path, { produce: write('second'), onWait });
  assert.equal(readFileSync(path, 'utf8'), 'first');
  assert.deepEqual(readdirSync(dirname(dirname(path))), ['3.6.16-abc-linux-arm64']);
});

test('an entry that lost its program is made again', async (t) => {
  const path = entryPath(scratchDirectory(t), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(join(dirname(path), 'leftover'), '');
  await storeOnce(path, { produce: write('new'), onWait });
  assert.deepEqual(readdirSync(dirname(path)), ['etcd']);
});

test('a refused program leaves nothing behind', async (t) => {
  const path = entryPath(scratchDirectory(t), name);
  const produce = async (/** @type {string} */ directory) => {
    await write('bad')(directory);
    throw new Error('refused');
  };
  await assert.rejects(storeOnce(path, { produce, onWait }), new Error('refused'));
  assert.deepEqual(readdirSync(dirname(dirname(path))), []);
});

test('a builder killed half-way leaves no entry, and the next one is not held up', async (t) => {
  const path = entryPath(scratchDirectory(t), name);
  const script = `
    import { writeFileSync } from 'node:fs';
    import { storeOnce } from ${JSON.stringify(new URL('cache.mjs', import.meta.url).href)};
    await storeOnce(${JSON.stringify(path)}, { onWait() {}, async produce(directory) {
      writeFileSync(directory + '/etcd', 'half', { mode: 0o755 });
      console.log('half-way');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    } });`;
  const builder = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  await once(builder.stdout, 'data');
  builder.kill('SIGKILL');
  await once(builder, 'close');
  assert.equal(existsSync(dirname(path)), false);

  await storeOnce(path, { produce: write('whole'), onWait });
  assert.equal(readFileSync(path, 'utf8'), 'whole');
});
