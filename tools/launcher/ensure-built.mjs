import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../native/with-lock.mjs';
import { runChild, stdoutToStderr } from './run-child.mjs';
import { readStamp, stampOf, writeStamp } from './stamp.mjs';
import { inRoot, LaunchError, root, say, workspaceEnvironment } from './workspace.mjs';

const groups = ['libs', 'services', 'apps'];
const stampFile = inRoot('.drawbridge', 'build-stamp');

/** Entry points of what people run. */
export const entryPoints = {
  cli: inRoot('apps', 'cli', 'dist', 'main.js'),
  laptop: inRoot('apps', 'laptop', 'dist', 'main.js'),
};

/**
 * Compiles libs, services and apps when a source changed since the last build.
 *
 * @throws {LaunchError} when the build fails.
 */
export async function ensureBuilt() {
  if (await isBuilt()) return;
  const onWait = /** @param {string} holder */ (holder) =>
    say(`waiting for ${holder}, which is building`);
  await withLock(inRoot('.drawbridge', 'build.lock'), onWait, async () => {
    if (await isBuilt()) return;
    const stamp = await sourceStamp(); // before the build: a source saved during it is built next time
    const start = Date.now();
    say('building');
    const projects = groups.map((group) => `${group}/*`).join(',');
    const args = ['run-many', '-t', 'build', '-p', projects, '--parallel=3'];
    const code = await runChild('nx', args, {
      cwd: root,
      env: workspaceEnvironment(),
      stdio: stdoutToStderr,
    });
    if (code !== 0) throw new LaunchError(`the build failed with exit code ${code}`);
    await writeStamp(stampFile, stamp);
    say(`built in ${Math.round((Date.now() - start) / 1000)} s`);
  });
}

async function isBuilt() {
  const outputs = [...Object.values(entryPoints), ...(await projectOutputs())];
  const missing = await Promise.all(outputs.map(async (path) => await isMissing(path)));
  return !missing.includes(true) && (await readStamp(stampFile)) === (await sourceStamp());
}

async function sourceStamp() {
  const projects = await projectDirectories();
  const sources = ['package.json', 'tsconfig.json', 'tsconfig.lib.json', 'src'];
  return await stampOf(
    [
      ...['package-lock.json', 'tsconfig.base.json', 'nx.json'].map((file) => inRoot(file)),
      ...projects.flatMap((project) => sources.map((source) => join(project, source))),
    ],
    (name) => name.endsWith('.spec.ts'),
  );
}

/** The compiler's record of each build: gone together with a removed `dist`. */
async function projectOutputs() {
  const projects = await projectDirectories();
  return projects.map((project) => join(project, 'dist', 'tsconfig.lib.tsbuildinfo'));
}

async function projectDirectories() {
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
  return lists.flat().filter((_, index) => isProject[index]);
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
