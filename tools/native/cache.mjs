import { access, constants, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { platformKey } from './platform.mjs';
import { withLock } from './with-lock.mjs';

const leftoverMs = 60 * 60 * 1000;

/**
 * Where fetched and built tools are kept: outside the clone, so that a fresh clone starts quickly.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string} `$DRAWBRIDGE_CACHE`, or `drawbridge` in `$XDG_CACHE_HOME` or `~/.cache`.
 */
export function cacheRoot(env = process.env) {
  if (env['DRAWBRIDGE_CACHE']) return env['DRAWBRIDGE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'drawbridge');
}

/**
 * @typedef {object} EntryName
 * @property {string} tool
 * @property {string} version
 * @property {string} key tells entries of one version apart: how it was made, and from which pins
 * @property {import('./platform.mjs').Platform} platform
 */

/**
 * @param {string} root
 * @param {EntryName} name
 * @returns {string} path of the program in its entry
 */
export const entryPath = (root, { tool, version, key, platform }) =>
  join(root, tool, `${version}-${key}-${platformKey(platform)}`, tool);

/** @param {string} path */
export async function isExecutable(path) {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts a program into the cache unless it is there. An entry appears whole or not at all: the program
 * is produced and tried in a scratch directory next to it, which is then renamed.
 *
 * @param {string} path where the program shall be, from {@link entryPath}
 * @param {object} how
 * @param {(directory: string) => Promise<void>} how.produce writes the executable `<directory>/<tool>`; throws to refuse
 * @param {(holder: string) => void} how.onWait see {@link withLock}
 * @returns {Promise<void>}
 */
export async function storeOnce(path, { produce, onWait }) {
  const entry = dirname(path);
  const shelf = dirname(entry);
  await mkdir(shelf, { recursive: true });
  await withLock(join(shelf, `.${basename(entry)}.lock`), onWait, async () => {
    if (await isExecutable(path)) return;
    await removeLeftovers(shelf, basename(entry));
    const scratch = join(shelf, `.${basename(entry)}.${randomUUID()}`);
    await mkdir(scratch);
    try {
      await produce(scratch);
      await publish(scratch, entry, path);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}

/**
 * @param {string} scratch
 * @param {string} entry
 * @param {string} path
 */
async function publish(scratch, entry, path) {
  // An entry without its program is the remains of a half-removed cache and stands in the way of the rename.
  if (!(await isExecutable(path))) await rm(entry, { recursive: true, force: true });
  try {
    await rename(scratch, entry);
  } catch (error) {
    if (!(await isExecutable(path))) throw error;
  }
}

/**
 * Removes what killed processes left. The longest build is far shorter than the age, so nothing that
 * is in use is touched even if the lock was lost.
 *
 * @param {string} shelf
 * @param {string} entry
 */
async function removeLeftovers(shelf, entry) {
  for (const name of await readdir(shelf)) {
    if (!name.startsWith(`.${entry}.`) || name.endsWith('.lock')) continue;
    const path = join(shelf, name);
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > leftoverMs) await rm(path, { recursive: true, force: true });
  }
}
