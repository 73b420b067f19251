import { CliError } from './cli-error.js';
import { credential } from './commands/credential.js';
import { exitCode, type ExitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

/** `drawbridge credential` on its own. kubectl shows what it writes to standard error. */
export async function runCredential(
  terminal: Terminal,
  args: readonly string[],
): Promise<ExitCode> {
  try {
    await credential(terminal, args);
    return exitCode.ok;
  } catch (error) {
    const advice = error instanceof CliError ? error.advice : undefined;
    const message = error instanceof Error ? error.message : String(error);
    terminal.note(`drawbridge: ${message}${advice === undefined ? '' : `; ${advice}`}\n`);
    return error instanceof CliError ? error.exitCode : exitCode.error;
  }
}
