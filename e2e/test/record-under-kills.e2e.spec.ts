import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Identifier, rebuildMessages } from '@drawbridge/audit';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { connectJetStream } from '@drawbridge/jetstream';
import { takeStateDirectory } from '@drawbridge/laptop';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Composition } from '../src/composition.js';
import { callGateway } from '../src/gateway-client.js';
import { Journey, steps } from '../src/journey.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';

/** `CHAOS_SECONDS=600` is what a release is given; a change gets less. */
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 30);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 100_000);
const CALLERS = 4;
const STREAM = 'COMMANDS';
const targets = ['audit', 'proxy', 'nats', 'engine'] as const;

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-chaos-'));
const state = takeStateDirectory(join(directory, 'state'));
let cluster: RecordingCluster;
let composition: Composition;
let token: string;

beforeAll(async () => {
  cluster = await startRecordingCluster();
  composition = await Composition.start(state, cluster.access);
  token = await composition.agentToken();
});
afterAll(async () => {
  await composition.stop();
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Numbers that look random, the same for the same seed (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let last = seed;
  return () => (last = (last * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

/** Reads and writes without a pause until it is over; what fails meanwhile fails. */
async function callUntil(isOver: () => boolean, caller: number): Promise<number> {
  const path = '/apis/apps/v1/namespaces/payments/deployments/checkout';
  let answered = 0;
  for (let call = 0; !isOver(); call += 1) {
    const query = `?call=${caller}-${call}`;
    const answer = await callGateway({ ...composition.gateway, path: path + query, token }).catch(
      () => undefined,
    );
    if (answer?.status === 200) answered += 1;
    // Nobody there: a client that waits a moment.
    else await delay(50);
  }
  return answered;
}

async function killAtRandom(isOver: () => boolean, random: () => number): Promise<string[]> {
  const killed: string[] = [];
  while (!isOver()) {
    await delay(300 + random() * 1_500);
    const target = targets[Math.floor(random() * targets.length)] ?? 'audit';
    killed.push(target);
    if (target === 'engine') {
      composition.killEngine();
      continue;
    }
    await composition.kill(target);
    await delay(random() * 500);
    await composition.startAgain(target);
  }
  return killed;
}

/** SHA-256 of every message of the stream, by sequence. */
async function digestsOf(stream: string): Promise<Map<number, string>> {
  const connection = await connectJetStream({
    servers: composition.standIns.nats.url,
    name: 'test',
  });
  try {
    const { last_seq: last } = (await connection.manager.streams.info(stream)).state;
    const digests = new Map<number, string>();
    for (let sequence = 1; sequence <= last; sequence += 1) {
      const message = await connection.manager.streams.getMessage(stream, { seq: sequence });
      const bytes = message?.data ?? new Uint8Array();
      digests.set(sequence, createHash('sha256').update(bytes).digest('hex'));
    }
    return digests;
  } finally {
    await connection.close();
  }
}

async function isCaughtUp(stream: string): Promise<void> {
  const connection = await connectJetStream({
    servers: composition.standIns.nats.url,
    name: 'test',
  });
  try {
    const info = await connection.manager.consumers.info(stream, 'audit');
    expect(info.num_pending + info.num_ack_pending).toBe(0);
  } finally {
    await connection.close();
  }
}

describe(`processes killed at random for ${SECONDS} s under load (seed ${SEED})`, () => {
  it(
    'nothing ran off the record, and each command is one row that gives its bytes back',
    { timeout: (SECONDS + 400) * 1_000 },
    async () => {
      const journey = new Journey(composition, token, { key: 'chaos', durationSeconds: 3_600 });
      for (const step of steps) await journey.take[step]();
      const endsAt = Date.now() + SECONDS * 1_000;
      const isOver = () => Date.now() > endsAt;
      const calling = Array.from({ length: CALLERS }, (_, caller) => callUntil(isOver, caller));
      const killed = await killAtRandom(isOver, randomFrom(SEED));
      const answered = (await Promise.all(calling)).reduce((sum, each) => sum + each, 0);
      expect(answered, `calls went through between ${killed.join(', ')}`).toBeGreaterThan(20);

      await eventually(() => isCaughtUp(STREAM), { timeoutMs: 90_000 });
      const digests = await digestsOf(STREAM);
      const forwarded = new Set(
        cluster.received
          .filter(({ url }) => url.includes('call='))
          .map(({ commandId }) => commandId),
      );
      // One directory is one process's.
      await composition.stop();
      const found = await rowsIn(join(state.path, 'clickhouse'), digests);
      expect(forwarded.size).toBeGreaterThanOrEqual(answered);
      expect([...forwarded].filter((id) => found.rows.get(id) !== 1)).toEqual([]);
      expect([...found.rows.values()].filter((rows) => rows !== 1)).toEqual([]);
      expect(found.differ).toEqual([]);
      expect(found.messages).toBe(digests.size);
    },
  );
});

/** How many rows each command has that was allowed, and which messages the rows do not give back. */
async function rowsIn(path: string, digests: ReadonlyMap<number, string>) {
  const engine = await startEmbeddedClickHouse({ directory: path });
  const client = engine.createClient();
  const result = await client.query({
    query:
      "SELECT toString(command_id) AS id, toUInt32(count()) AS rows FROM drawbridge.commands FINAL WHERE effect = 'allow' AND notEmpty(start_positions) GROUP BY id",
    format: 'JSONEachRow',
  });
  const counted = await result.json<{ id: string; rows: number }>();
  const store = { client, database: Identifier.parse('drawbridge') };
  const differ: number[] = [];
  let messages = 0;
  const range = { stream: STREAM, from: 1, to: Math.max(...digests.keys()) };
  for await (const { sequence, bytes, digest } of rebuildMessages(store, range)) {
    const rebuilt = createHash('sha256')
      .update(bytes ?? '')
      .digest('hex');
    if (rebuilt !== digests.get(sequence) || rebuilt !== digest) differ.push(sequence);
    messages += 1;
  }
  await engine.close();
  return { rows: new Map(counted.map(({ id, rows }) => [id, rows])), differ, messages };
}
