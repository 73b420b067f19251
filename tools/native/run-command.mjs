import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** Reasons quote the end of what a program said, not megabytes of it. */
const keptChars = 65_536;

/**
 * @typedef {object} CommandResult
 * @property {boolean} ok it started, ended in time and with exit code 0
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} failure why not `ok`, in one line; empty when `ok`
 */

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutMs] default 10 s; the program is killed when it is over
 * @property {boolean} [background] run at a low priority, so that a build does not stall the machine
 * @property {(chunk: string) => void} [onStderr]
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** Ends every program that {@link runCommand} has not seen the end of. */
export function killRunning() {
  for (const child of running) child.kill('SIGKILL');
}
// A build that outlives the process that asked for it would write into a directory nobody owns.
process.on('exit', killRunning);

/**
 * Runs a program to its end. Never throws: a program that cannot be started is a failure like any other.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {CommandOptions} options
 * @returns {Promise<CommandResult>}
 */
export function runCommand(command, args, options = {}) {
  const { timeoutMs = 10_000 } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    if (options.background === true) lowerPriority(child.pid);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (output.stdout = keepEnd(output.stdout, chunk)));
    child.stderr.on('data', (chunk) => {
      output.stderr = keepEnd(output.stderr, chunk);
      options.onStderr?.(String(chunk));
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    /** @param {string} failure */
    const end = (failure) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...output, ok: failure === '', failure });
    };
    child.on('error', (error) => end(`${command} cannot be started: ${error.message}`));
    child.on('close', (code, signal) => {
      if (code === 0) return end('');
      if (signal === 'SIGKILL') return end(`${command} did not end within ${timeoutMs / 1000} s`);
      end(lastLine(output.stderr) ?? `${command} ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

/** @param {number | undefined} pid */
function lowerPriority(pid) {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Being nice is a courtesy; a sandbox that forbids it still builds.
  }
}

/**
 * @param {string} kept
 * @param {Buffer} chunk
 */
const keepEnd = (kept, chunk) => (kept + String(chunk)).slice(-keptChars);

/** @param {string} text */
const lastLine = (text) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
