import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { root } from '../launcher/workspace.mjs';
import { cacheRoot } from '../native/cache.mjs';
import { demoPorts } from './demo-ports.mjs';

const gib = 1024 ** 3;
const neededGib = { clone: 2, cache: 6 };

/** @returns {import('./check.mjs').CheckUp[]} */
export const machineChecks = () => [
  () => checkDisk('disk for the clone', root, neededGib.clone),
  () => checkDisk('disk for tools', cacheRoot(), neededGib.cache),
  checkPorts,
];

/**
 * @param {string} name
 * @param {string} directory may not exist yet: its nearest existing parent counts
 * @param {number} needed GiB
 * @returns {Promise<import('./check.mjs').Check>}
 */
async function checkDisk(name, directory, needed) {
  let existing = directory;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = (bavail * bsize) / gib;
  const ok = free >= needed;
  return {
    name,
    required: true,
    status: ok ? 'ok' : 'missing',
    found: `${free.toFixed(0)} GiB free at ${directory}`,
    hint: ok ? '' : `free ${needed} GiB, or set DRAWBRIDGE_CACHE to another disk`,
  };
}

/** @returns {Promise<import('./check.mjs').Check>} */
async function checkPorts() {
  const free = await Promise.all(demoPorts.map(({ port }) => isFree(port)));
  const busy = demoPorts.filter((_, index) => free[index] !== true);
  const taken = busy.map(({ port, part }) => `${port} (${part})`).join(', ');
  return {
    name: 'ports of the demo',
    required: false,
    status: 'ok',
    found: busy.length === 0 ? `${demoPorts.map(({ port }) => port).join(', ')} are free` : '',
    hint: busy.length === 0 ? '' : `in use: ${taken}; the demo takes others`,
  };
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
