import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../launcher/ensure-built.mjs';
import { runChild } from '../launcher/run-child.mjs';
import { inRoot, LaunchError, root, workspaceEnvironment } from '../launcher/workspace.mjs';
import { nativeTools } from './native-tools.mjs';
import { judge, nothing, oneFailed, sum } from './tally.mjs';
import { withoutTool } from './without-tool.mjs';

/**
 * A stage that is one vitest project.
 *
 * @param {string} project
 * @param {object} [needs]
 * @param {readonly import('../native/catalogue.mjs').ToolName[]} [needs.tools] native programs to look for or get first
 * @param {readonly import('../launcher/ensure-built.mjs').Part[]} [needs.builds] what its tests start from its build
 * @param {import('../native/catalogue.mjs').ToolName} [needs.skipWithout] one of them, without which there is nothing to run
 * @returns {import('./stages.mjs').Stage}
 */
export const vitestStage = (project, { tools = [], builds = [], skipWithout } = {}) => ({
  name: project,
  run: async (vitestArguments) => {
    const { environment, missing } = await nativeTools(tools);
    const unavailable = skipWithout && missing.get(skipWithout);
    if (unavailable) return withoutTool(project, unavailable);
    const build = await buildOnce(project, builds);
    return sum([build, await runVitest(project, vitestArguments, environment)]);
  },
});

/**
 * Once and before all tests, since one of them that builds changes what another one starts. When the build fails the
 * tests run all the same: most of them read the sources, and one run should show all there is to mend.
 *
 * @param {string} project
 * @param {readonly import('../launcher/ensure-built.mjs').Part[]} builds
 */
async function buildOnce(project, builds) {
  try {
    for (const part of builds) await ensureBuilt(part);
    return nothing;
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    return oneFailed(`${project}: ${error.message}`);
  }
}

/**
 * @param {string} project
 * @param {readonly string[]} vitestArguments
 * @param {NodeJS.ProcessEnv} environment
 */
async function runVitest(project, vitestArguments, environment) {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-test-'));
  const file = join(directory, 'tally.json');
  try {
    const reporter = inRoot('tools', 'ladder', 'tally-reporter.mjs');
    const reporters = ['--reporter=default', `--reporter=${reporter}`];
    const code = await runChild(
      'vitest',
      ['run', '--project', project, ...reporters, ...vitestArguments],
      { cwd: root, env: workspaceEnvironment({ ...environment, DRAWBRIDGE_TALLY: file }) },
    );
    return judge(project, await readTally(file), code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @returns {Promise<import('./tally.mjs').Tally | undefined>}
 */
async function readTally(file) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}
