import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { writeWhole } from '../output/write-whole.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

/** The first bytes come when it is noted who takes it. */
const WAIT_MS = 60_000;

interface ExportOptions extends SharedOptions {
  readonly file: string;
}

/** `drawbridge audit export` */
export function registerExport(registrar: Registrar, group: Command): void {
  const command = group
    .command('export')
    .summary('take a session away as a file that opens without Drawbridge')
    .description(
      'Writes everything that is recorded of a session into a tar.gz: the story, events, calls, bodies, recordings, checkpoints, and a script that checks it. That you took it is recorded. For auditors, and who owns the agent.',
    )
    .argument('<id>', 'of a grant, or of the access request')
    .requiredOption('--file <file>', 'where it goes, e.g. incident.tar.gz')
    .addHelpText('after', examples(['drawbridge audit export <grant> --file incident.tar.gz']));
  sharedOptions(command).action(
    action(registrar, (context) =>
      exportSession(context, command.args[0] ?? '', command.opts<ExportOptions>()),
    ),
  );
}

async function exportSession(
  context: CommandContext,
  id: string,
  { file }: ExportOptions,
): Promise<ExitCode> {
  await writeWhole(file, await downloadBundle(context, id));
  context.show({ id, file }, () => `written to ${file}\n`);
  return exitCode.ok;
}

/** The bytes of the bundle of a session, as they come. */
export async function downloadBundle(
  context: CommandContext,
  id: string,
): Promise<AsyncIterable<Uint8Array>> {
  const api = await context.part('audit');
  const path = `/v1/audit/sessions/${encodeURIComponent(id)}/bundle`;
  return api.download({ path, waitMs: WAIT_MS });
}
