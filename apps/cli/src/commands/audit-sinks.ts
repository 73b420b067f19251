import { ParkedRecordsView, ParkedRecordView, SinksView } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { neutralise } from '../output/neutralise.js';
import { table } from '../output/table.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
} from './command-context.js';

/** `drawbridge audit sinks`, `sinks parked` and `sinks retry` */
export function registerSinks(registrar: Registrar, group: Command): void {
  const sinks = group
    .command('sinks')
    .summary('where the record is exported to, and how far that is')
    .description(
      'Lists the systems that are given a copy of the record, and how far each is behind.',
    )
    .addHelpText('after', examples(['drawbridge audit sinks', 'drawbridge audit sinks -o json']));
  sharedOptions(sinks).action(action(registrar, (context) => list(context)));
  registerParked(registrar, sinks);
  registerRetry(registrar, sinks);
}

function registerParked(registrar: Registrar, group: Command): void {
  const command = group
    .command('parked')
    .summary('records that a sink was not told of')
    .description(
      'Lists the records that a sink refused or that could not be read, the oldest first. For auditors.',
    )
    .option('--limit <n>', 'how many at most, up to 100', '50');
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const { limit } = shown.opts<{ readonly limit: string }>();
      const api = await context.part('audit');
      const path = '/v1/audit/sinks/parked';
      const parked = await api.call({ path, query: { limit }, answer: ParkedRecordsView });
      context.show(parked, () => parkedTable(parked));
      return exitCode.ok;
    }),
  );
}

function registerRetry(registrar: Registrar, group: Command): void {
  const command = group
    .command('retry <number>')
    .summary('send one of them again')
    .description(
      'Tells the sink of a parked record again, once; it is gone from the list when the sink takes it. For auditors.',
    )
    .addHelpText('after', examples(['drawbridge audit sinks retry 4711']));
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const [sequence = ''] = shown.args;
      if (!/^[1-9]\d*$/.test(sequence)) {
        throw new CliError('usage_invalid', 'expected the number of a parked record');
      }
      const api = await context.part('audit');
      const path = `/v1/audit/sinks/parked/${sequence}/retry`;
      const sent = await api.call({ method: 'POST', path, answer: ParkedRecordView });
      context.show(sent, () => `${neutralise(sent.sink)} took ${sequence}\n`);
      return exitCode.ok;
    }),
  );
}

/** What no sink took, one line each. */
function parkedTable({ items, total }: ParkedRecordsView): string {
  if (items.length === 0) return 'every record was taken\n';
  const lines = table(
    ['NUMBER', 'SINK', 'STREAM', 'SEQUENCE', 'LINE', 'TYPE', 'HAPPENED', 'PARKED', 'CODE'],
    items.map(({ sequence, sink, record, parkedAt, code }) => [
      ...[String(sequence), sink, record.stream, String(record.sequence), String(record.line)],
      ...[record.type, record.at, parkedAt, code],
    ]),
  );
  return total > items.length ? `${lines}and ${total - items.length} more\n` : lines;
}

async function list(context: CommandContext): Promise<ExitCode> {
  const api = await context.part('audit');
  const view = await api.call({ path: '/v1/audit/sinks', answer: SinksView });
  context.show(view, () => (view.items.length === 0 ? 'no sinks\n' : sinkTable(view)));
  if (view.parked > 0) {
    context.note(`${view.parked} records could not be exported: drawbridge audit sinks parked`);
  }
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
