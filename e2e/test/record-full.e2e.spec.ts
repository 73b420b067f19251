import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectJetStream, type JetStreamConnection } from '@drawbridge/jetstream';
import { takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, requireNothingWaits } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Composition } from '../src/composition.js';
import { callGateway } from '../src/gateway-client.js';
import { Journey, steps } from '../src/journey.js';
import { faultsOf } from '../src/record-chaos/faults.js';
import { sha256, type Answered } from '../src/record-chaos/load.js';
import { storedRecord, streamDigests, streams } from '../src/record-chaos/stored-record.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';

/** What fits on the stream while ClickHouse is away. */
const ROOM_BYTES = 300_000;
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-full-'));
const state = takeStateDirectory(join(directory, 'state'));
const closers = new Closers();
const patience = { timeoutMs: 120_000 };
const answered: Answered[] = [];
let cluster: RecordingCluster;
let composition: Composition;
let bus: JetStreamConnection;
let token: string;

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  cluster = await startRecordingCluster();
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access, {
    proxy: { AGENT_CALLS_PER_SECOND: '100000', AGENT_BURST: '100000' },
  });
  closers.add(() => composition.stop());
  closers.add(() => composition.signalEngine('SIGCONT'));
  bus = await connectJetStream({ servers: composition.standIns.nats.url, name: 'test' });
  closers.add(() => bus.close());
  token = await composition.agentToken();
});
afterAll(() => closers.close());

let calls = 0;
async function call() {
  calls += 1;
  const path = `/apis/apps/v1/namespaces/payments/deployments/checkout?call=${calls}`;
  const answer = await callGateway({ ...composition.gateway, path, token });
  if (answer.status === 200) {
    answered.push({ call: String(calls), response: sha256(answer.body) });
  }
  return answer;
}

const Readiness = z.object({
  checks: z.record(z.string(), z.boolean()),
  figures: z.record(z.string(), z.number()),
});

async function readiness(address: string) {
  const answer = await fetch(`${address}/readyz`);
  return { status: answer.status, ...Readiness.parse(await answer.json()) };
}

async function setRoom(bytes: number): Promise<void> {
  const { config, state: now } = await bus.manager.streams.info('COMMANDS');
  await bus.manager.streams.update('COMMANDS', { ...config, max_bytes: now.bytes + bytes });
}

const caughtUp = () =>
  eventually(async () => {
    for (const stream of streams) await requireNothingWaits(bus.manager, stream, 'audit');
  }, patience);

describe('ClickHouse is away for longer than the stream has room', () => {
  it('calls go on until then, and none is forwarded after it', { timeout: 300_000 }, async () => {
    const journey = new Journey(composition, token, { key: 'full', durationSeconds: 900 });
    for (const step of steps) await journey.take[step]();
    await caughtUp();
    await setRoom(ROOM_BYTES);
    expect(composition.signalEngine('SIGSTOP')).toBe(true);

    let refused = await call();
    for (; refused.status === 200; refused = await call());
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.body).toContain('record_unavailable');
    expect(answered.length, 'calls went on').toBeGreaterThan(50);
    const forwarded = cluster.received.length;
    for (let more = 0; more < 20; more += 1) expect((await call()).status).toBe(503);
    expect(cluster.received.length).toBe(forwarded);

    const { proxyHealth, audit } = composition.standIns.addresses;
    await eventually(async () => {
      const proxy = await readiness(proxyHealth);
      expect(proxy).toMatchObject({ status: 503, checks: { recording: false, nats: true } });
      expect(proxy.figures['commandLogFull']).toBeGreaterThan(0);
    });
    const behind = await eventually(async () => {
      const told = await readiness(audit);
      expect(told.status).toBe(503);
      return told;
    }, patience);
    expect(behind.figures['commandsLag']).toBeGreaterThan(0);
  });

  it(
    'all of it is caught up with, and with room the gateway serves by itself',
    { timeout: 300_000 },
    async () => {
      expect(composition.signalEngine('SIGCONT')).toBe(true);
      await caughtUp();
      // What was taken stays for thirty days, so the stream is as full as before.
      expect((await call()).status).toBe(503);
      await setRoom(ROOM_BYTES);
      await eventually(async () => expect((await call()).status).toBe(200), patience);
      await composition.ready();

      await caughtUp();
      const inStreams = await streamDigests(composition.standIns.nats.url);
      await composition.stop();
      const last = Object.fromEntries(streams.map((each) => [each, inStreams[each].size]));
      const stored = await storedRecord(join(state.path, 'clickhouse'), last as never);
      const happened = { received: cluster.received, answered, sessions: [], inStreams };
      const faults = Object.entries(faultsOf(happened, stored));
      expect(faults.filter(([, found]) => found.length > 0)).toEqual([]);
      const outcomes = stored.commands.filter(({ outcome }) => outcome === 'completed');
      expect(outcomes.length).toBeGreaterThanOrEqual(answered.length);
    },
  );
});
