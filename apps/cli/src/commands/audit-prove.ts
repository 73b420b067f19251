import { readFile } from 'node:fs/promises';
import { CommandProof, proofText } from '@drawbridge/contracts';
import { parseCheckpoint, unverifiedText } from '@drawbridge/integrity';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { endedOnce } from '../integrity/kept-checkpoints.js';
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

interface ProveOptions extends SharedOptions {
  readonly file: string;
  readonly checkpoint?: string;
}

/** `drawbridge audit prove` */
export function registerProve(registrar: Registrar, group: Command): void {
  const prove = group
    .command('prove')
    .summary('take the proof of one command away')
    .description(
      'Writes what convinces somebody who has only the public key that a command is on the record, as it is and at its place. It shows nothing of other commands. For auditors, and who owns the agent.',
    )
    .argument('<command>', 'its id, as `drawbridge audit commands` shows it')
    .requiredOption('--file <file>', 'where it goes, e.g. proof.json')
    .option(
      '--checkpoint <file>',
      'the checkpoint that it shall lead to: one that the other side has, as a note',
    )
    .addHelpText(
      'after',
      examples([
        'drawbridge audit prove <command> --file proof.json',
        'drawbridge audit prove <command> --file proof.json --checkpoint published.note',
        'drawbridge audit verify --proof proof.json --key audit-key.pem',
      ]),
    );
  sharedOptions(prove).action(
    action(registrar, (context) => run(context, prove.args[0] ?? '', prove.opts<ProveOptions>())),
  );
}

async function run(
  context: CommandContext,
  id: string,
  { file, checkpoint }: ProveOptions,
): Promise<ExitCode> {
  const size = checkpoint === undefined ? undefined : await sizeOf(checkpoint);
  const api = await context.part('audit');
  const proof = await api.call({
    path: `/v1/audit/commands/${encodeURIComponent(id)}/proof`,
    query: { size },
    answer: CommandProof,
  });
  await writeWhole(file, bytesOf(proofText(proof)));
  context.show({ command: proof.commandId, file }, () => `written to ${file}\n`);
  return exitCode.ok;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** Whether it is of this log is for whoever checks the proof. */
async function sizeOf(file: string): Promise<string> {
  try {
    return String(parseCheckpoint(unverifiedText(endedOnce(await readFile(file, 'utf8')))).size);
  } catch (cause) {
    const message = `--checkpoint: "${file}" cannot be read as a checkpoint`;
    throw new CliError('file_unreadable', message, { cause });
  }
}
