import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from '../cache.mjs';
import { runCommand } from '../run-command.mjs';

const downloadTimeoutMs = 120_000;

/**
 * Fetches a package and unpacks its files, without installing it.
 *
 * @param {string} name of the package
 * @param {object} where
 * @param {string} where.directory scratch, without other packages in it
 * @param {string} where.unpacked what takes the place of `/`
 * @param {NodeJS.ProcessEnv} where.env
 */
export async function unpack(name, { directory, unpacked, env }) {
  const download = await runCommand('apt-get', ['download', '-q', name], {
    cwd: directory,
    env,
    timeoutMs: downloadTimeoutMs,
  });
  if (!download.ok) throw new Error(`apt-get download failed: ${download.failure}`);
  const file = (await readdir(directory)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get download brought no package');
  const extract = await runCommand('dpkg-deb', ['-x', join(directory, file), unpacked], { env });
  if (!extract.ok) throw new Error(`the package cannot be unpacked: ${extract.failure}`);
  await rm(join(directory, file));
}

/**
 * @param {string} root what {@link unpack} wrote
 * @param {string} tool
 */
export async function findProgram(root, tool) {
  for (const bin of ['usr/bin', 'usr/sbin', 'bin', 'sbin']) {
    const path = join(root, bin, tool);
    if (await isExecutable(path)) return path;
  }
  throw new Error(`the package has no program ${tool}`);
}
