import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordLine, type CommandRecord, type RebuiltMessage } from '@drawbridge/contracts';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { readRebuilt, rebuiltData } from '@drawbridge/integrity';
import {
  accessEventStore,
  recordCommands,
  connectJetStream,
  declareStreams,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import {
  engineOf,
  eventually,
  requireNothingWaits,
  sourceProgram,
  startNats,
  type TestNats,
} from '@drawbridge/testing';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identifier } from '../src/clickhouse/identifier.js';
import type { AuditStore } from '../src/clickhouse/select-page.js';
import type { SealedStream } from '../src/integrity/sealed-streams.js';
import { rebuiltPages } from './rebuilt-pages.js';
import { requestHistory } from './sample-events.js';
import { ended, refused, started } from './sample-records.js';

const COMPLETED = 2_600;
const REFUSED = 400;
const IN_FLIGHT = 100;
const EVENTS = 600;
const KILLS = 5;
/** Records of each round that are published while audit is dead. */
const TAIL = 150;

let nats: TestNats;
let connection: JetStreamConnection;
let directory: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  await declareStreams(connection, { replicas: 1 });
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-audit-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await connection.close();
  await nats.stop();
  await rm(directory, { recursive: true, force: true });
});

function startAuditProcess(): ChildProcess {
  const program = new URL('./audit-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, sourceProgram(program), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      NATS_URL: nats.servers,
      HTTP_PORT: '0',
      AUDITOR_GROUPS: 'auditors',
      TEST_DIRECTORY: directory,
      LOG_LEVEL: 'fatal',
    },
  });
  children.push(child);
  return child;
}

const ids = (count: number, minute: number): string[] =>
  Array.from({ length: count }, (_, n) =>
    uuidV7(new Date(Date.UTC(2026, 0, 5, 9, minute, 0, n * 10))),
  );

/** Starts, ends and refusals, the ends before, after and far from their starts. */
function records(): CommandRecord[] {
  const completed = ids(COMPLETED, 0);
  return [
    ...completed.slice(0, 200).map((id) => ended(id)),
    ...completed.flatMap((id, n) =>
      n < 200 || n % 3 === 0 ? [started(id)] : [started(id), ended(id)],
    ),
    ...ids(REFUSED, 20).map((id) => refused(id)),
    ...completed.filter((_, n) => n >= 200 && n % 3 === 0).map((id) => ended(id)),
    ...ids(IN_FLIGHT, 30).map((id) => started(id)),
  ];
}

/**
 * Every record, from one to nine in a message; some once more in another message, as after the window of
 * deduplication, and some also in a message of their own, as they came before there were batches.
 */
async function publishCommands(some: readonly CommandRecord[]): Promise<void> {
  let from = 0;
  for (let n = 0; from < some.length; n += 1) {
    const group = some.slice(from, from + 1 + (n % 9));
    from += group.length;
    await recordCommands(connection, ...group);
    if (n % 4 === 0) await recordCommands(connection, ...group.toReversed());
    const [record] = group;
    if (n % 4 === 1) {
      const subject = `drawbridge.commands.${record!.connection}.again`;
      await connection.jetstream.publish(subject, recordLine(record!));
    }
  }
}

async function publishEvents(): Promise<void> {
  const identity = accessEventStore(connection, 'identity');
  const [event] = requestHistory;
  for (const aggregateId of ids(EVENTS, 40)) {
    const metadata = {
      id: uuidV7(new Date()),
      causationId: 'test',
      actor: { kind: 'agent', id: 'https://idp.test#agent-oncall' },
      at: new Date().toISOString(),
    } as const;
    const position = { lastSequence: 0 };
    await identity.append({ aggregateId, position, event: event!, metadata });
  }
}

const progress = async (stream: string) => {
  const info = await connection.manager.consumers.info(stream, 'audit');
  return {
    acknowledged: info.ack_floor.stream_seq,
    unacknowledged: info.num_ack_pending,
    deliveries: info.delivered.consumer_seq,
    left: info.num_pending + info.num_ack_pending,
  };
};

const patience = { timeoutMs: 120_000 };
const idle = { acknowledged: 0, unacknowledged: 0 };

/**
 * Kills the engine of audit, which makes itself another one, and then audit, each while it holds a batch that it has not
 * acknowledged; the tail of `some` is published while it is dead.
 */
async function killWhileItWorksOn(some: readonly CommandRecord[]): Promise<void> {
  const audit = startAuditProcess();
  const middle = some.length - TAIL;
  const published = publishCommands(some.slice(0, middle));
  await killEngineInTheMiddle(audit, some);
  await stopInTheMiddle(audit, some);
  const exited = once(audit, 'exit');
  audit.kill('SIGKILL');
  await exited;
  await published;
  await publishCommands(some.slice(middle));
  // At most nine of them share a message.
  expect((await progress('COMMANDS')).left).toBeGreaterThanOrEqual(TAIL / 9);
}

/** The batch that audit holds then is stored, or not, and audit cannot know; it stores it again. */
async function killEngineInTheMiddle(
  audit: ChildProcess,
  some: readonly CommandRecord[],
): Promise<void> {
  const engine = await stopInTheMiddle(audit, some);
  process.kill(engine, 'SIGKILL');
  audit.kill('SIGCONT');
  await eventually(() => {
    const other = engineOf(audit.pid ?? 0);
    if (other === undefined || other === engine) throw new Error('audit has no other engine');
  }, patience);
}

/**
 * Holds the process still when it has stored something itself and has a batch in its hands; gives it some of the same
 * again until then.
 *
 * @returns the process id of its engine
 */
async function stopInTheMiddle(
  audit: ChildProcess,
  some: readonly CommandRecord[],
): Promise<number> {
  const { acknowledged: before } = await progress('COMMANDS').catch(() => idle);
  return eventually(async () => {
    audit.kill('SIGSTOP');
    const { acknowledged, unacknowledged } = await progress('COMMANDS').catch(() => idle);
    const engine = engineOf(audit.pid ?? 0);
    if (engine !== undefined && acknowledged > before && unacknowledged > 0) return engine;
    audit.kill('SIGCONT');
    if (acknowledged > before) await publishCommands(some.slice(0, 20));
    throw new Error('audit is not in the middle of a batch');
  }, patience);
}

describe('audit and its ClickHouse, killed in the middle of their work', () => {
  it('has every command and every event in exactly one row', { timeout: 480_000 }, async () => {
    const all = records();
    const share = Math.ceil(all.length / (KILLS + 1));
    const events = publishEvents();
    for (let kill = 0; kill < KILLS; kill += 1) {
      await killWhileItWorksOn(all.slice(kill * share, (kill + 1) * share));
    }
    await events;

    const audit = startAuditProcess();
    const published = publishCommands(all.slice(KILLS * share));
    await killEngineInTheMiddle(audit, all.slice(KILLS * share));
    await published;
    for (const stream of ['COMMANDS', 'ACCESS']) {
      await eventually(() => requireNothingWaits(connection.manager, stream, 'audit'), {
        timeoutMs: 120_000,
      });
    }
    const exited = once(audit, 'exit');
    audit.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);

    const { deliveries } = await progress('COMMANDS');
    const { last_seq: messages } = (await connection.manager.streams.info('COMMANDS')).state;
    expect(deliveries, 'some batch was delivered again').toBeGreaterThan(messages);
    await check(messages);
  });
});

async function check(messages: number): Promise<void> {
  const clickHouse = await startEmbeddedClickHouse({ directory });
  const client = clickHouse.createClient();
  const rows = async (query: string): Promise<unknown[]> =>
    (await client.query({ query, format: 'JSONEachRow' })).json();
  expect(
    await rows(
      'SELECT outcome, count() AS rows, uniqExact(command_id) AS ids FROM drawbridge.commands FINAL GROUP BY outcome ORDER BY outcome',
    ),
  ).toEqual([
    { outcome: '', rows: IN_FLIGHT, ids: IN_FLIGHT },
    { outcome: 'completed', rows: COMPLETED, ids: COMPLETED },
    { outcome: 'refused', rows: REFUSED, ids: REFUSED },
  ]);
  expect(
    await rows(
      "SELECT count() AS rows FROM drawbridge.commands FINAL WHERE decided_at IS NULL OR verb = '' OR (outcome = 'completed' AND ended_at IS NULL)",
    ),
  ).toEqual([{ rows: 0 }]);
  // Every message of the stream is in the rows of its commands.
  expect(
    await rows(
      'SELECT uniqExact(sequence) AS distinct, max(sequence) AS last FROM (SELECT intDiv(arrayJoin(arrayConcat(start_positions, end_positions)), 1024) AS sequence FROM drawbridge.commands FINAL)',
    ),
  ).toEqual([{ distinct: messages, last: messages }]);
  expect(
    await rows(
      'SELECT count() AS all, uniqExact(sequence) AS distinct, max(sequence) AS last, uniqExact(id) AS ids FROM drawbridge.events FINAL',
    ),
  ).toEqual([{ all: EVENTS, distinct: EVENTS, last: EVENTS, ids: EVENTS }]);
  await checkBytes({ client, database: Identifier.parse('drawbridge') }, 'COMMANDS', messages);
  await checkBytes({ client, database: Identifier.parse('drawbridge') }, 'ACCESS', EVENTS);
  await clickHouse.close();
}

/** The rows give back every message of the stream, byte for byte. */
async function checkBytes(store: AuditStore, stream: SealedStream, count: number): Promise<void> {
  const rebuilt: RebuiltMessage[] = [];
  for await (const { messages } of rebuiltPages(store, stream)) rebuilt.push(...messages);
  const differ: unknown[] = [];
  for (const message of rebuilt) {
    const { sequence } = message;
    const { flaws } = readRebuilt(message);
    const stored = await connection.manager.streams.getMessage(stream, { seq: sequence });
    const isSame = rebuiltData(message).equals(stored?.data ?? Buffer.of(0));
    if (!isSame || flaws !== undefined) differ.push({ sequence, flaws });
  }
  expect({ count: rebuilt.length, differ }).toEqual({ count, differ: [] });
}
