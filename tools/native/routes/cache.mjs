import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from '../cache.mjs';
import { pinHash, pinnedVersion } from '../go-pin.mjs';
import { platformKey } from '../platform.mjs';
import { probe } from '../probe.mjs';
import { notFound } from '../attempt.mjs';
import { playwrightKey, playwrightVersion } from './playwright.mjs';
import { releaseKey } from './release.mjs';

/**
 * What an earlier run downloaded, built or copied. Entries made from pins that have changed since are
 * passed over; among the rest those of our own pins come first.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const cacheRoute = {
  name: 'cache',
  kind: 'look',
  async attempt(tool, context) {
    const shelf = join(context.cacheRoot, tool.name);
    const reasons = [];
    for (const entry of await usableEntries(tool, context, shelf)) {
      const path = join(shelf, entry, tool.name);
      if (!(await isExecutable(path))) continue;
      const probed = await probe(tool, path);
      if (probed.ok) return { ok: true, path, version: probed.version, detail: entry };
      reasons.push(probed.reason);
    }
    return notFound(reasons.length === 0 ? `not in ${context.cacheRoot}` : reasons.join('; '));
  },
};

/**
 * @param {import('../catalogue.mjs').Tool} tool
 * @param {import('../attempt.mjs').Context} context
 * @param {string} shelf
 */
async function usableEntries(tool, { platform }, shelf) {
  const suffix = `-${platformKey(platform)}`;
  const release = tool.release;
  const releaseSum = release?.sha256[platformKey(platform)];
  const wanted = pinnedKeys(tool).map((key) => key + suffix);
  if (release !== undefined && releaseSum !== undefined) {
    wanted.push(`${release.version}-${releaseKey(releaseSum)}${suffix}`);
  }
  const others = (await listed(shelf)).filter((name) =>
    ['-docker', '-debian'].some((key) => name.endsWith(key + suffix)),
  );
  return [...wanted, ...others];
}

/**
 * What entries made from our pins begin with.
 *
 * @param {import('../catalogue.mjs').Tool} tool
 */
function pinnedKeys({ goModule, playwright }) {
  if (goModule !== undefined) return [`${pinnedVersion(goModule)}-${pinHash(goModule)}`];
  const version = playwright === undefined ? undefined : playwrightVersion();
  return version === undefined ? [] : [`${version}-${playwrightKey}`];
}

/** @param {string} directory */
async function listed(directory) {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  } catch {
    return []; // nothing was ever stored
  }
}
