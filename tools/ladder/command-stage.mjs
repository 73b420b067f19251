import { runChild } from '../launcher/run-child.mjs';
import { root, workspaceEnvironment } from '../launcher/workspace.mjs';
import { oneFailed, onePassed, oneSkipped } from './tally.mjs';

/** @typedef {readonly [string, ...string[]]} Command a program and its arguments */

/**
 * A stage that is one check made of commands. All of them run, so that one run shows all there is to mend.
 *
 * @param {string} name
 * @param {() => readonly Command[] | Promise<readonly Command[]>} commands
 * @param {() => Promise<string | undefined>} [reasonToSkip]
 * @returns {import('./stages.mjs').Stage}
 */
export const commandStage = (name, commands, reasonToSkip = async () => undefined) => ({
  name,
  run: async () => {
    const reason = await reasonToSkip();
    if (reason !== undefined) return oneSkipped({ name, reason });
    const failures = [];
    for (const [command, ...args] of await commands()) {
      const code = await runChild(command, args, { cwd: root, env: workspaceEnvironment() });
      if (code !== 0) failures.push(`${[command, ...args].join(' ')} ended with exit code ${code}`);
    }
    return failures.length === 0 ? onePassed() : oneFailed(`${name}: ${failures.join('; ')}`);
  },
});
