import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '@drawbridge/testing';
import type { Composition } from './composition.js';

const run = promisify(execFile);
const SHOWN_CHARACTERS = 4_000;

/** Compiles the CLI as it is shipped. */
export async function buildCli(): Promise<void> {
  const compiler = join(repositoryRoot(), 'node_modules/typescript/bin/tsc');
  const project = join(repositoryRoot(), 'apps/cli/tsconfig.lib.json');
  await run(process.execPath, [compiler, '-b', project]);
}

/** The variables of somebody's terminal; `own` are those by which they log in. */
export const terminalOf = (
  home: string,
  composition: Composition,
  own: Readonly<Record<string, string>>,
) => ({
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  DRAWBRIDGE_URL: composition.standIns.addresses.ingress,
  ...own,
});

/**
 * Runs the built CLI in a terminal.
 *
 * @returns what it prints
 * @throws as `execFile` does, with `stdout` and `stderr` and the beginning of both in its message, when it ends with
 * another code than 0
 */
export async function runCli(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const program = join(repositoryRoot(), 'apps/cli/dist/main.js');
  const ended = run(process.execPath, [program, ...args], { env });
  try {
    return (await ended).stdout;
  } catch (error) {
    // What it has found wrong is its answer, and no part of that message.
    if (error instanceof Error && 'stdout' in error)
      error.message += String(error.stdout).slice(0, SHOWN_CHARACTERS);
    throw error;
  }
}
