import { SinksView } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { table } from '../output/table.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

/** `drawbridge audit sinks` */
export function registerSinks(registrar: Registrar, group: Command): void {
  const sinks = group
    .command('sinks')
    .summary('where the record is exported to, and how far that is')
    .description(
      'Lists the systems that are given a copy of the record, and how far each is behind.',
    )
    .addHelpText('after', examples(['drawbridge audit sinks', 'drawbridge audit sinks -o json']));
  sharedOptions(sinks).action(action(registrar, (context) => list(context)));
}

async function list(context: CommandContext): Promise<ExitCode> {
  const api = await context.part('audit');
  const view = await api.call({ path: '/v1/audit/sinks', answer: SinksView });
  context.show(view, () => (view.items.length === 0 ? 'no sinks\n' : sinkTable(view)));
  if (view.parked > 0) context.note(`${view.parked} messages could not be exported and are parked`);
  return exitCode.ok;
}

const sinkTable = ({ items }: SinksView): string =>
  table(
    ['SINK', 'TYPE', 'STREAM', 'TOLD UP TO', 'BEHIND', 'FAILING SINCE', 'CODE'],
    items.flatMap(({ name, type, streams, failing }) =>
      streams.map(({ stream, position, behind }) => [
        ...[name, type, stream, String(position), String(behind)],
        ...[failing?.since, failing?.code],
      ]),
    ),
  );
