import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inRoot } from '../../launcher/workspace.mjs';
import { notFound } from '../attempt.mjs';
import { runCommand } from '../run-command.mjs';
import { storeAndProbe } from '../store-and-probe.mjs';

const downloadTimeoutMs = 10 * 60_000;
const executables = ['chrome-headless-shell', 'headless_shell'];
const library = inRoot('node_modules', 'playwright-core');

/** Marks entries of the cache that playwright-core downloaded. */
export const playwrightKey = 'playwright';

/** @returns {string | undefined} of the installed playwright-core, which decides what it downloads */
export function playwrightVersion() {
  try {
    return JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')).version;
  } catch {
    return undefined; // npm packages are not installed
  }
}

/**
 * The browser that playwright-core itself downloads: built for it, for every system it knows.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const playwrightRoute = {
  name: 'playwright',
  kind: 'fetch',
  async attempt(tool, context) {
    const { name, playwright } = tool;
    const version = playwrightVersion();
    if (playwright === undefined) return notFound('playwright-core does not have it');
    if (version === undefined) return notFound('npm packages are not installed');
    return await storeAndProbe(tool, context, {
      version,
      key: playwrightKey,
      detail: `downloaded by playwright-core ${version}`,
      produce: async (directory) => {
        context.log(`${name}: downloading ${playwright} with playwright-core`);
        await download(playwright, directory, context.env);
        await writeStarter(directory, name);
      },
    });
  },
};

/**
 * @param {string} browser
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} env
 */
async function download(browser, directory, env) {
  const result = await runCommand(process.execPath, [join(library, 'cli.js'), 'install', browser], {
    env: { ...env, PLAYWRIGHT_BROWSERS_PATH: join(directory, 'browsers') },
    timeoutMs: downloadTimeoutMs,
  });
  if (result.ok) return;
  // It prints a whole error object for each of its attempts; the cause of the last comes last.
  const errors = [...(result.stdout + result.stderr).matchAll(/^Error: (.+)$/gm)];
  const reason = errors.at(-1)?.[1] ?? result.failure;
  throw new Error(`playwright-core install failed: ${reason}`);
}

/**
 * The browser must stay beside its data; what is in the cache under the tool's own name starts it there.
 *
 * @param {string} directory
 * @param {string} name
 */
async function writeStarter(directory, name) {
  const files = await readdir(join(directory, 'browsers'), {
    recursive: true,
    withFileTypes: true,
  });
  const found = files.find((file) => file.isFile() && executables.includes(file.name));
  if (found === undefined) throw new Error('playwright-core brought no browser');
  const path = relative(directory, join(found.parentPath, found.name));
  const starter = `#!/bin/sh\nexec "$(dirname "$0")/${path}" "$@"\n`;
  await writeFile(join(directory, name), starter, { mode: 0o755 });
}
