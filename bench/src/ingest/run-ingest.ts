import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  nativeTool,
  startEmbeddedClickHouse,
  startEmbeddedNats,
  type EmbeddedNats,
} from '@drawbridge/embedded';
import {
  COMMANDS_STREAM,
  connectJetStream,
  declareStreams,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { z } from 'zod';
import { cpuSeconds, memoryBytes } from '../machine/process-usage.js';
import { textTable } from '../report/text-table.js';
import type { Voice } from '../run-bench.js';
import { AuditProcess } from './audit-process.js';
import { parseIngestOptions, usage, type IngestOptions } from './ingest-options.js';
import { CommandPublisher } from './publish-commands.js';
import { SampleCommands } from './sample-commands.js';

const WARM_UP_SECONDS = 12;

interface Stage {
  readonly connection: JetStreamConnection;
  readonly nats: EmbeddedNats;
  readonly directory: string;
  readonly publisher: CommandPublisher;
  readonly options: IngestOptions;
  readonly voice: Voice;
}

/**
 * `./drawbridge bench ingest`
 *
 * @returns exit code: 1 when not every command has exactly one row
 */
export async function runIngest(args: readonly string[], voice: Voice): Promise<number> {
  const options = parseIngestOptions(args);
  if (options.help) {
    voice.print(usage);
    return 0;
  }
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-ingest-'));
  const executable = await nativeTool('nats-server');
  const nats = await startEmbeddedNats({ executable, storeDirectory: join(directory, 'nats') });
  const connection = await connectJetStream({ servers: nats.url, name: 'bench' });
  try {
    await declareStreams(connection, { replicas: 1 });
    const publisher = new CommandPublisher(connection, new SampleCommands());
    return await measure({ connection, nats, directory, publisher, options, voice });
  } finally {
    await connection.close();
    await nats.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(stage: Stage): Promise<number> {
  const { options, voice, publisher } = stage;
  voice.print(`## Behind a gateway at ${options.rate} commands a second\n\n${await live(stage)}`);
  voice.say(`putting ${options.commands} commands into the stream`);
  await publisher.publish(options.commands);
  await publisher.finish();
  voice.print(`## Catching up with ${options.commands} commands\n\n${await catchUp(stage)}`);
  const made = options.commands + options.rate * (options.seconds + WARM_UP_SECONDS);
  const { table, rows, commands } = await stored(stage.directory);
  voice.print(`## On disk\n\n${table}`);
  if (rows === made && commands === made) return 0;
  voice.say(`${made} commands are ${rows} rows of ${commands} commands`);
  return 1;
}

async function live({ nats, directory, publisher, options }: Stage): Promise<string> {
  const audit = await AuditProcess.start(nats.url, directory);
  await audit.ready();
  // The figure is of the last ten seconds: of the start as long as that.
  await publisher.publishAtRate(options.rate, WARM_UP_SECONDS);
  const watch = audit.watchLag();
  const cpu = cpuSeconds(audit.processId);
  await publisher.publishAtRate(options.rate, options.seconds);
  const used = cpuSeconds(audit.processId) - cpu;
  const { at } = await watch.stop();
  await audit.stop();
  return textTable([
    {
      'lag p50 ms': at(0.5).toFixed(0),
      'lag p99 ms': at(0.99).toFixed(0),
      'CPU cores': (used / options.seconds).toFixed(2),
    },
  ]);
}

/** From the first batch that is stored, because the start of a process is none of it. */
async function catchUp({ connection, nats, directory, options }: Stage): Promise<string> {
  const before = await left(connection);
  const audit = await AuditProcess.start(nats.url, directory);
  let first: Reading | undefined;
  for (;;) {
    await wait(50);
    const reading = read(audit.processId, nats.pid ?? 0, await left(connection));
    if (reading.left < before) first ??= reading;
    if (first === undefined || reading.left > 0) continue;
    const peak = memoryBytes(audit.processId);
    await audit.stop();
    return describe(first, reading, { share: first.left / before, peak, ...options });
  }
}

interface Reading {
  readonly at: number;
  readonly left: number;
  readonly auditCpu: number;
  readonly natsCpu: number;
}

const read = (audit: number, nats: number, messages: number): Reading => ({
  at: performance.now(),
  left: messages,
  auditCpu: cpuSeconds(audit),
  natsCpu: cpuSeconds(nats),
});

async function left(connection: JetStreamConnection): Promise<number> {
  const info = await connection.manager.consumers.info(COMMANDS_STREAM, 'audit');
  return info.num_pending + info.num_ack_pending;
}

interface Caught {
  /** Of the commands, between the two readings. */
  readonly share: number;
  readonly commands: number;
  readonly peak: number;
}

function describe(first: Reading, last: Reading, { share, commands, peak }: Caught): string {
  const seconds = (last.at - first.at) / 1_000;
  const count = commands * share;
  return textTable([
    {
      'commands/s': (count / seconds).toFixed(0),
      'records/s': ((2 * count) / seconds).toFixed(0),
      'CPU us a command: audit and engine': (
        ((last.auditCpu - first.auditCpu) * 1e6) /
        count
      ).toFixed(1),
      'nats-server': (((last.natsCpu - first.natsCpu) * 1e6) / count).toFixed(1),
      'memory MB': (peak / 1e6).toFixed(0),
      seconds: seconds.toFixed(1),
    },
  ]);
}

const Counts = z.tuple([z.object({ rows: z.number(), commands: z.number() })]);
const Sizes = z.tuple([z.object({ bytes: z.number() })]);

async function stored(directory: string) {
  const engine = await startEmbeddedClickHouse({ directory: join(directory, 'clickhouse') });
  const client = engine.createClient();
  const query = async (text: string): Promise<unknown> =>
    (
      await client.query({
        query: text,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
    ).json();
  const size = async () =>
    Sizes.parse(
      await query(
        "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = 'drawbridge' AND table IN ('commands', 'stream_messages')",
      ),
    )[0].bytes;
  const [{ rows, commands }] = Counts.parse(
    await query(
      'SELECT count() AS rows, uniqExact(command_id) AS commands FROM drawbridge.commands FINAL WHERE notEmpty(start_positions) AND notEmpty(end_positions)',
    ),
  );
  const asStored = (await size()) / commands;
  await client.command({ query: 'OPTIMIZE TABLE drawbridge.commands FINAL' });
  const merged = (await size()) / commands;
  await engine.close();
  const table = textTable([
    {
      'bytes a command': asStored.toFixed(1),
      'when all parts are merged': merged.toFixed(1),
      commands: String(commands),
    },
  ]);
  return { table, rows, commands };
}
