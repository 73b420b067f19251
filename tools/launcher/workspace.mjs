import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** @param {string[]} parts */
export const inRoot = (...parts) => join(root, ...parts);

/** The Node.js that the product is built for, pinned as a dev dependency. */
export const pinnedNode = inRoot('node_modules', '.bin', 'node');

/**
 * Environment in which `node` and the tools of the workspace are the pinned ones.
 *
 * @param {NodeJS.ProcessEnv} [additions]
 * @returns {NodeJS.ProcessEnv}
 */
export const workspaceEnvironment = (additions = {}) => ({
  ...process.env,
  PATH: [inRoot('node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter),
  // Plain lines instead of a full-screen view, and no background process that outlives the command.
  NX_TUI: 'false',
  NX_DAEMON: 'false',
  ...additions,
});

/** A failure to start that is explained by its message alone. */
export class LaunchError extends Error {}

/**
 * Tells a person what the launcher is doing. On stderr: stdout belongs to the command's own output.
 *
 * @param {string} line
 */
export const say = (line) => console.error(`drawbridge: ${line}`);
