import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../native/with-lock.mjs';
import { runChild, stdoutToStderr } from './run-child.mjs';
import { readStamp, stampOf, writeStamp } from './stamp.mjs';
import { inRoot, LaunchError, pinnedNode, root, say } from './workspace.mjs';

/** @typedef {'product' | 'bench' | 'e2e'} Part the product, or a project beside it, which needs all of that */

const groups = ['libs', 'services', 'apps'];
const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
/** @param {Part} part */
export const stampFile = (part) => inRoot('.drawbridge', `build-stamp-${part}`);

/** Entry points of what people run. */
export const entryPoints = {
  cli: inRoot('apps', 'cli', 'dist', 'main.js'),
  laptop: inRoot('apps', 'laptop', 'dist', 'main.js'),
};

/**
 * Compiles libs, services and apps, and the project that is asked for, when a source changed since the last build.
 * Something may be running from what is built already, so no file is touched that stays as it is: a build of Nx would
 * remove each one and copy it back from its cache.
 *
 * @param {Part} [part]
 * @throws {LaunchError} when the build fails.
 */
export async function ensureBuilt(part = 'product') {
  if (await isBuilt(part)) return;
  const onWait = /** @param {string} holder */ (holder) =>
    say(`waiting for ${holder}, which is building`);
  await withLock(inRoot('.drawbridge', 'build.lock'), onWait, async () => {
    if (await isBuilt(part)) return;
    const stamp = await sourceStamp(part); // before the build: a source saved during it is built next time
    const start = Date.now();
    say('building');
    const projects = (await projectsOf(part)).map((project) => join(project, 'tsconfig.lib.json'));
    const code = await runChild(pinnedNode, [compiler, '-b', ...projects], {
      cwd: root,
      stdio: stdoutToStderr,
    });
    if (code !== 0) throw new LaunchError(`the build failed with exit code ${code}`);
    await writeStamp(stampFile(part), stamp);
    say(`built in ${Math.round((Date.now() - start) / 1000)} s`);
  });
}

/** @param {Part} part */
async function isBuilt(part) {
  const outputs = [...Object.values(entryPoints), ...(await projectOutputs(part))];
  const missing = await Promise.all(outputs.map(async (path) => await isMissing(path)));
  return (
    !missing.includes(true) && (await readStamp(stampFile(part))) === (await sourceStamp(part))
  );
}

/** @param {Part} part */
async function sourceStamp(part) {
  const projects = await projectsOf(part);
  const sources = ['package.json', 'tsconfig.json', 'tsconfig.lib.json', 'src'];
  return await stampOf(
    [
      ...['package-lock.json', 'tsconfig.base.json', 'nx.json'].map((file) => inRoot(file)),
      ...projects.flatMap((project) => sources.map((source) => join(project, source))),
    ],
    (name) => name.endsWith('.spec.ts'),
  );
}

/**
 * The compiler's record of each build: gone together with a removed `dist`.
 *
 * @param {Part} part
 */
async function projectOutputs(part) {
  const projects = await projectsOf(part);
  return projects.map((project) => join(project, 'dist', 'tsconfig.lib.tsbuildinfo'));
}

/** @param {Part} part */
async function projectsOf(part) {
  const lists = await Promise.all(
    groups.map(async (group) => {
      const names = await readdir(inRoot(group));
      return names.map((name) => inRoot(group, name));
    }),
  );
  // What a branch switch leaves of a removed project (its node_modules, its dist) is not a project.
  const isProject = await Promise.all(
    lists.flat().map(async (project) => !(await isMissing(join(project, 'package.json')))),
  );
  const product = lists.flat().filter((_, index) => isProject[index]);
  return part === 'product' ? product : [...product, inRoot(part)];
}

/** @param {string} path */
async function isMissing(path) {
  try {
    await access(path);
    return false;
  } catch {
    return true;
  }
}
