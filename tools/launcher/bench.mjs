import { ensureInstalled } from './ensure-installed.mjs';
import { runChild, stdoutToStderr } from './run-child.mjs';
import { inRoot, LaunchError, pinnedNode, root, workspaceEnvironment } from './workspace.mjs';

const usage = 'usage: ./drawbridge bench proxy [options]; see ./drawbridge bench proxy --help';

/**
 * `./drawbridge bench`
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 * @throws {LaunchError} when it cannot be built
 */
export async function bench([name, ...args]) {
  if (name !== 'proxy') {
    console.error(usage);
    return 2;
  }
  await ensureInstalled();
  const code = await runChild('nx', ['build', '@drawbridge/bench'], {
    cwd: root,
    env: workspaceEnvironment(),
    stdio: stdoutToStderr,
  });
  if (code !== 0) throw new LaunchError(`the build failed with exit code ${code}`);
  return await runChild(pinnedNode, [inRoot('bench', 'dist', 'main.js'), ...args]);
}
