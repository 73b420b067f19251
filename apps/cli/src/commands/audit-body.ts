import { AuditBodies, BodyDirection } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { neutraliseLines } from '../output/neutralise.js';
import { table } from '../output/table.js';
import { writeWhole } from '../output/write-whole.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface BodyOptions extends SharedOptions {
  readonly direction?: BodyDirection;
  readonly file?: string;
}

/** As long as the longest body may take. */
const WAIT_MS = 600_000;

/** `drawbridge audit body` */
export function registerBody(registrar: Registrar, group: Command): void {
  const direction = new Option('--direction <which>', 'print this one').choices(
    BodyDirection.options,
  );
  const body = group
    .command('body')
    .summary('what a call brought along, what it got, and the object before')
    .description(
      'Lists the bodies that are kept of a command, or prints one of them: masked, as its client saw it. Control characters are neutralised, unless it goes to a file. For auditors, and who owns the agent.',
    )
    .argument('<command>', 'id of a command')
    .addOption(direction)
    .option('--file <path>', 'write it there, byte for byte')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit body <command>',
        'drawbridge audit body <command> --direction response',
      ]),
    );
  sharedOptions(body).action(
    action(registrar, (context, command) =>
      show(context, command.args[0] ?? '', command.opts<BodyOptions>()),
    ),
  );
}

function show(
  context: CommandContext,
  id: string,
  { direction, file }: BodyOptions,
): Promise<ExitCode> {
  if (direction !== undefined) return print(context, `${pathOf(id)}/${direction}`, file);
  if (file === undefined) return list(context, pathOf(id));
  throw new CliError('usage_invalid', '--file: expected --direction too');
}

const pathOf = (id: string): string => `/v1/audit/commands/${encodeURIComponent(id)}/bodies`;

async function list(context: CommandContext, path: string): Promise<ExitCode> {
  const api = await context.part('audit');
  const bodies = await api.call({ path, answer: AuditBodies });
  context.show(bodies, () => (bodies.items.length === 0 ? 'nothing is kept\n' : listText(bodies)));
  return exitCode.ok;
}

const listText = ({ items }: AuditBodies): string =>
  table(
    ['DIRECTION', 'BYTES', 'KEPT', 'CUT', 'TYPE', 'SHA-256'],
    items.map(({ direction, bytes, kept = bytes, cut, contentType, sha256 }) => [
      ...[direction, String(bytes), String(kept), cut, contentType, sha256],
    ]),
  );

async function print(
  context: CommandContext,
  path: string,
  file: string | undefined,
): Promise<ExitCode> {
  const api = await context.part('audit');
  const body = await api.download({ path, waitMs: WAIT_MS });
  if (file !== undefined) {
    await writeWhole(file, body);
    context.note(`written to ${file}`);
    return exitCode.ok;
  }
  const text = new TextDecoder();
  for await (const piece of body) {
    context.terminal.out(neutraliseLines(text.decode(piece, { stream: true })));
  }
  context.terminal.out(`${neutraliseLines(text.decode())}\n`);
  return exitCode.ok;
}
