import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from '../download.mjs';
import { platformKey } from '../platform.mjs';
import { notFound } from '../attempt.mjs';
import { runCommand } from '../run-command.mjs';
import { storeAndProbe } from '../store-and-probe.mjs';

/**
 * The vendor's release, when its checksum is pinned for this platform.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const releaseRoute = {
  name: 'release',
  kind: 'fetch',
  async attempt(tool, context) {
    const { release } = tool;
    const sha256 = release?.sha256[platformKey(context.platform)];
    if (release === undefined || sha256 === undefined) {
      return notFound(`no checksum is pinned for ${platformKey(context.platform)}`);
    }
    const url = release.url(context.platform);
    return await storeAndProbe(tool, context, {
      version: release.version,
      key: releaseKey(sha256),
      detail: url,
      produce: async (directory) => {
        context.log(`${tool.name}: downloading ${url}`);
        const file = join(directory, 'download');
        await download(url, { file, sha256 });
        await unpack(file, join(directory, tool.name), release.member?.(context.platform));
      },
    });
  },
};

/** @param {string} sha256 */
export const releaseKey = (sha256) => `release-${sha256.slice(0, 12)}`;

/**
 * @param {string} file
 * @param {string} target
 * @param {string | undefined} member of the archive; `undefined` when the file is the program itself
 */
async function unpack(file, target, member) {
  if (member === undefined) return await rename(file, target);
  const directory = join(file, '..');
  const tar = await runCommand('tar', ['-xzf', file, '-C', directory, member], {
    timeoutMs: 60_000,
  });
  if (!tar.ok) throw new Error(`the archive cannot be unpacked: ${tar.failure}`);
  await rename(join(directory, member), target);
  await rm(join(directory, /** @type {string} */ (member.split('/')[0])), { recursive: true });
  await rm(file);
}
