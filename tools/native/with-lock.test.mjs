import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/fake-programs.mjs';
import { withLock } from './with-lock.mjs';

const unexpectedWait = () => assert.fail('nobody holds the lock');

test('the second waits until the first is done', async (t) => {
  const lock = join(scratchDirectory(t), 'lock');
  /** @type {string[]} */
  const events = [];
  const { promise: released, resolve: release } = deferred();
  const first = withLock(lock, unexpectedWait, async () => {
    events.push('first in');
    await released;
    events.push('first out');
  });
  const second = withLock(
    lock,
    (holder) => {
      events.push(holder);
      release(undefined);
    },
    async () => events.push('second in'),
  );
  await Promise.all([first, second]);
  const holder = `process ${process.pid} on ${hostname()}`;
  assert.deepEqual(events, ['first in', holder, 'first out', 'second in']);
  assert.equal(existsSync(lock), false);
});

test('a lock is released when the work fails', async (t) => {
  const lock = join(scratchDirectory(t), 'lock');
  const failing = withLock(lock, unexpectedWait, () => Promise.reject(new Error('no')));
  await assert.rejects(failing, new Error('no'));
  assert.equal(await withLock(lock, unexpectedWait, async () => 'done'), 'done');
});

test('the lock of a process that is gone is taken over', async (t) => {
  const lock = join(scratchDirectory(t), 'lock');
  const { pid } = spawnSync(process.execPath, ['--eval', '']);
  writeFileSync(lock, JSON.stringify({ pid, host: hostname() }));
  assert.equal(await withLock(lock, unexpectedWait, async () => 'done'), 'done');
});

test('a lock without a heartbeat for half a minute is taken over, whoever held it', async (t) => {
  const lock = join(scratchDirectory(t), 'lock');
  writeFileSync(lock, JSON.stringify({ pid: process.pid, host: 'another-machine' }));
  const past = new Date(Date.now() - 31_000);
  utimesSync(lock, past, past);
  assert.equal(await withLock(lock, unexpectedWait, async () => 'done'), 'done');
});

/** `Promise.withResolvers` is newer than Node.js 20. */
function deferred() {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
