import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @typedef {'SIGINT' | 'SIGTERM' | 'SIGHUP'} ForwardedSignal */
const forwarded = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a program in the foreground and hands it the signals that this process gets, so that the
 * launcher never ends before what it launched.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {import('node:child_process').StdioOptions} [options.stdio] default: all inherited
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it, as a shell reports it
 */
export function runChild(command, args, { cwd, env, stdio = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio });
    /** @param {ForwardedSignal} signal */
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the child as well; a second one would mean "stop at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    for (const signal of forwarded) process.on(signal, forward);
    const end = () => {
      for (const signal of forwarded) process.off(signal, forward);
    };
    child.on('error', (error) => {
      end();
      reject(error);
    });
    child.on('close', (code, signal) => {
      end();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** For children whose stdout would mix with the command's own: it goes to stderr. */
export const stdoutToStderr = /** @type {import('node:child_process').StdioOptions} */ ([
  'inherit',
  2,
  2,
]);
