import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const toolsDirectory = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {import('./catalogue.mjs').GoModule} goModule
 * @returns {string} absolute path of the directory with its `go.mod`
 */
export const moduleDirectory = (goModule) => join(toolsDirectory, goModule.directory);

/**
 * The version that `go.mod` pins: the one place where the version of a tool built from source is written.
 *
 * @param {import('./catalogue.mjs').GoModule} goModule
 * @returns {string} without the `v`
 */
export function pinnedVersion(goModule) {
  const text = readFileSync(join(moduleDirectory(goModule), 'go.mod'), 'utf8');
  for (const line of text.split('\n')) {
    const [path, version] = line
      .replace(/^require\s/, '')
      .trim()
      .split(/\s+/);
    if (path === goModule.module && version?.startsWith('v')) return version.slice(1);
  }
  throw new Error(`${goModule.directory}/go.mod does not require ${goModule.module}`);
}

/**
 * Changes whenever a build could come out differently, so that a changed pin is never served from the cache.
 *
 * @param {import('./catalogue.mjs').GoModule} goModule
 * @returns {string} 12 hex digits
 */
export function pinHash(goModule) {
  const hash = createHash('sha256');
  const directory = moduleDirectory(goModule);
  const sources = readdirSync(directory).filter((file) => file.endsWith('.go'));
  for (const file of ['go.mod', 'go.sum', ...sources.sort()]) {
    hash.update(readFileSync(join(directory, file)));
  }
  return hash
    .update(JSON.stringify([goModule.package, goModule.variables(pinnedVersion(goModule))]))
    .digest('hex')
    .slice(0, 12);
}
