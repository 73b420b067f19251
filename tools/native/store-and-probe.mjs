import { chmod } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { entryPath, storeOnce } from './cache.mjs';
import { notFound } from './attempt.mjs';
import { probe } from './probe.mjs';

/**
 * Puts a tool into the cache and says what is there now. What does not work or is too old is refused
 * before it is published.
 *
 * @param {import('./catalogue.mjs').Tool} tool
 * @param {import('./attempt.mjs').Context} context
 * @param {object} entry
 * @param {string} entry.version
 * @param {string} entry.key
 * @param {string} entry.detail
 * @param {(directory: string) => Promise<void>} entry.produce writes `<directory>/<tool>`
 * @returns {Promise<import('./attempt.mjs').Attempt>}
 */
export async function storeAndProbe(tool, context, { version, key, detail, produce }) {
  const { cacheRoot, platform, log } = context;
  const path = entryPath(cacheRoot, { tool: tool.name, version, key, platform });
  try {
    await storeOnce(path, {
      onWait: (holder) => log(`${tool.name}: waiting for ${holder}, which is making it`),
      produce: async (directory) => {
        await produce(directory);
        await refuseBroken(tool, join(directory, basename(path)));
      },
    });
  } catch (error) {
    return notFound(error instanceof Error ? error.message : String(error));
  }
  const probed = await probe(tool, path);
  return probed.ok ? { ok: true, path, version: probed.version, detail } : notFound(probed.reason);
}

/**
 * @param {import('./catalogue.mjs').Tool} tool
 * @param {string} path
 */
async function refuseBroken(tool, path) {
  await chmod(path, 0o755);
  const probed = await probe(tool, path);
  if (!probed.ok) throw new Error(probed.reason.replace(path, 'what came'));
}
