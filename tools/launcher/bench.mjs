import { ensureBuilt } from './ensure-built.mjs';
import { ensureInstalled } from './ensure-installed.mjs';
import { runChild } from './run-child.mjs';
import { inRoot, pinnedNode } from './workspace.mjs';

/** What can be measured, and the program that does it. */
const programs = new Map([
  ['proxy', 'main.js'],
  ['holds', 'holds/main.js'],
  ['ingest', 'ingest/main.js'],
  ['life', 'life/main.js'],
  ['masking', 'masking/main.js'],
  ['questions', 'questions/main.js'],
  ['record', 'record/main.js'],
  ['soak', 'soak/main.js'],
]);

const usage =
  'usage: ./drawbridge bench proxy [options], bench soak [options], bench masking [options], bench holds [options], bench life [options], bench ingest [options], bench questions [options], or bench record';

/**
 * `./drawbridge bench`
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 * @throws {import('./workspace.mjs').LaunchError} when it cannot be built
 */
export async function bench([name, ...args]) {
  const program = programs.get(name ?? '');
  if (program === undefined) {
    console.error(usage);
    return 2;
  }
  await ensureInstalled();
  await ensureBuilt('bench');
  return await runChild(pinnedNode, [inRoot('bench', 'dist', program), ...args]);
}
