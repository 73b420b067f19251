import { bench } from './bench.mjs';
import { ensureBuilt, entryPoints } from './ensure-built.mjs';
import { ensureInstalled } from './ensure-installed.mjs';
import { help } from './help.mjs';
import { runChild } from './run-child.mjs';
import { LaunchError, pinnedNode, say } from './workspace.mjs';

/** @typedef {(args: string[]) => Promise<number>} Command takes what follows the name, yields an exit code */

/** @type {Readonly<Record<string, Command>>} */
const commands = {
  help: showHelp,
  '--help': showHelp,
  '-h': showHelp,
  doctor: async (args) => (await import('../doctor/doctor.mjs')).doctor(args),
  test: async (args) => (await import('../ladder/ladder.mjs')).climbLadder(args),
  bench,
  demo: (args) => runBuilt(entryPoints.laptop, ['demo', ...args]),
  up: (args) => runBuilt(entryPoints.laptop, ['up', ...args]),
};

async function showHelp() {
  process.stdout.write(help);
  return 0;
}

/**
 * @param {string} entryPoint
 * @param {string[]} args
 */
async function runBuilt(entryPoint, args) {
  await ensureInstalled();
  await ensureBuilt();
  return await runChild(pinnedNode, [entryPoint, ...args]);
}

/** @param {string[]} argv */
async function main([name = 'help', ...args]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return command === undefined
    ? await runBuilt(entryPoints.cli, [name, ...args])
    : await command(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
