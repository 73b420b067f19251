import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Tells whether files changed, from their names, sizes and modification times: reading some thousand
 * files on every start would take longer than the start itself.
 *
 * @param {readonly string[]} roots files and directories; one that is missing is left out
 * @param {(name: string) => boolean} isIgnored by base name, for files and directories
 * @returns {Promise<string>} hex digest
 */
export async function stampOf(roots, isIgnored) {
  const hash = createHash('sha256');
  for (const path of [...roots].sort()) {
    for (const line of (await list(path, isIgnored)).sort()) hash.update(`${line}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @param {(name: string) => boolean} isIgnored
 * @returns {Promise<string[]>} one line per file
 */
async function list(path, isIgnored) {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return [];
  if (!entry.isDirectory()) return [`${path}:${entry.size}:${entry.mtimeMs}`];
  const names = (await readdir(path)).filter((name) => !isIgnored(name));
  const lists = await Promise.all(names.map((name) => list(join(path, name), isIgnored)));
  return lists.flat();
}

/**
 * @param {string} file
 * @returns {Promise<string>} what {@link writeStamp} wrote; empty when there is none
 */
export async function readStamp(file) {
  return await readFile(file, 'utf8').catch(() => '');
}

/**
 * @param {string} file
 * @param {string} stamp
 */
export async function writeStamp(file, stamp) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, stamp);
}
