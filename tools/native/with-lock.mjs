import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const heartbeatMs = 2_000;
const staleMs = 30_000;
const pollMs = 200;

/**
 * Runs `work` while no other process runs work under the same lock file.
 *
 * The lock saves doing the same build twice; it is not what keeps the cache whole. A holder that was
 * killed is noticed by its dead process id, or, when it ran on another machine or in another
 * container, by a heartbeat older than 30 s. In the rare case that two waiters take over a stale lock
 * at once both do the work, and the atomic rename in `cache.mjs` lets one of the results win.
 *
 * @template T
 * @param {string} path of the lock file
 * @param {(holder: string) => void} onWait called once when another process holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, work) {
  await acquire(path, onWait);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a lost heartbeat only makes the lock look stale
  }, heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

/**
 * @param {string} path
 * @param {(holder: string) => void} onWait
 */
async function acquire(path, onWait) {
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; !(await create(path));) {
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    if (holder.stale) {
      await rm(path, { force: true });
      continue;
    }
    if (!told) onWait(`process ${holder.pid} on ${holder.host}`);
    told = true;
    await delay(pollMs);
  }
}

/**
 * @param {string} path
 * @returns {Promise<boolean>} false when the file is already there
 */
async function create(path) {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
    await file.close();
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {Promise<{ pid: number, host: string, stale: boolean } | undefined>} `undefined` when it is gone
 */
async function readHolder(path) {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    const { pid, host } = parseHolder(await readFile(path, 'utf8'));
    const dead = host === hostname() && pid > 0 && !isAlive(pid);
    return { pid, host, stale: dead || age > staleMs };
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @param {string} text empty in the instant between creating the file and writing it
 * @returns {{ pid: number, host: string }}
 */
function parseHolder(text) {
  try {
    const { pid, host } = JSON.parse(text);
    return { pid: Number(pid), host: String(host) };
  } catch {
    return { pid: 0, host: 'unknown' };
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
