import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { withLock } from '../native/with-lock.mjs';
import { lockfileMatches } from './lockfile-match.mjs';
import { runChild, stdoutToStderr } from './run-child.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { inRoot, LaunchError, pinnedNode, root, say } from './workspace.mjs';

// Inside node_modules, so that removing node_modules removes the claim that it is installed.
const stampFile = inRoot('node_modules', '.drawbridge-installed');
const lockfile = inRoot('package-lock.json');
const hiddenLockfile = inRoot('node_modules', '.package-lock.json');
const progressMs = 10_000;

/**
 * Installs the npm packages when they are missing or `package-lock.json` changed.
 *
 * @throws {LaunchError} when npm fails.
 */
export async function ensureInstalled() {
  const wanted = await wantedStamp();
  if (await isInstalled(wanted)) return;
  await withLock(inRoot('.drawbridge', 'install.lock'), waitFor, async () => {
    if (await isInstalled(wanted)) return;
    if (!(await isInstalledByHand())) await install();
    await writeStamp(stampFile, wanted);
  });
}

/** @param {string} holder */
const waitFor = (holder) => say(`waiting for ${holder}, which is installing the npm packages`);

/** @param {string} wanted */
const isInstalled = async (wanted) => (await readStamp(stampFile)) === wanted;

async function wantedStamp() {
  const hash = createHash('sha256').update(await readFile(lockfile));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
}

async function isInstalledByHand() {
  try {
    await access(pinnedNode);
    const [wanted, installed] = await Promise.all(
      [lockfile, hiddenLockfile].map(async (file) => JSON.parse(await readFile(file, 'utf8'))),
    );
    return lockfileMatches(wanted, installed);
  } catch {
    return false; // a missing or half-written record: install again
  }
}

async function install() {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  say('installing the npm packages; the first time takes a minute or two');
  const timer = setInterval(() => say(`still installing, ${seconds()} s`), progressMs);
  // Warnings would mostly be that a package wants a newer Node.js than the one npm runs on; the product
  // runs on the pinned one.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await runChild('npm', args, { cwd: root, stdio: stdoutToStderr })
    .catch((error) => {
      throw new LaunchError(`npm cannot be started (${error.message}); it comes with Node.js`);
    })
    .finally(() => clearInterval(timer));
  if (code !== 0) throw new LaunchError(`npm ci failed with exit code ${code}`);
  say(`installed in ${seconds()} s`);
}
