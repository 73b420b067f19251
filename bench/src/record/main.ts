import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nativeTool, startEmbeddedNats } from '@drawbridge/embedded';
import {
  COMMANDS_STREAM,
  connectJetStream,
  declareStreams,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { openRecorder, recordCall, type Recorder } from '@drawbridge/proxy';
import { textTable } from '../report/text-table.js';
import { callOf, outcome } from './sample-call.js';
import { MessagePerRecord } from './message-per-record.js';

/*
 * What the record of calls costs, without the rest of the gateway: the step of the chain that records, on a real
 * nats-server that writes to disk before it acknowledges. One message per record is measured beside it, and a
 * recorder that does nothing, whose cost is that of the load itself.
 */

const ROUNDS = 3;
const IDLE_CALLS = 400;
const SECONDS = 2;
const RATES = [1_000, 5_000, 10_000, 20_000];
/** More than a disk takes as single messages. */
const BATCHES_ONLY = 2_000;
const CALLERS = 256;

type Call = () => Promise<unknown>;

interface Way {
  readonly name: string;
  readonly call: Call;
}

async function main(): Promise<void> {
  const storeDirectory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-record-'));
  const executable = await nativeTool('nats-server');
  const nats = await startEmbeddedNats({ executable, storeDirectory, sync: 'always' });
  const connection = await connectJetStream({ servers: nats.url, name: 'bench' });
  await declareStreams(connection, { replicas: 1 });
  const ignored = () => undefined;
  const logger = { log: ignored, warn: ignored, error: console.error };
  const recorder = openRecorder(connection, logger);
  const ways = [
    { name: 'off', call: () => Promise.resolve([callOf(), outcome]) },
    wayOf('group commit', recorder),
    wayOf('a message each', new MessagePerRecord(connection)),
  ];
  try {
    await measureAll(connection, ways);
  } finally {
    await recorder.close(5_000);
    await connection.close();
    await nats.stop();
    rmSync(storeDirectory, { recursive: true, force: true });
  }
}

function wayOf(name: string, recorder: Recorder): Way {
  const clock = () => new Date();
  const handle = recordCall({ recorder, clock })(() => Promise.resolve(outcome));
  return { name, call: () => handle(callOf()) };
}

async function measureAll(connection: JetStreamConnection, ways: readonly Way[]): Promise<void> {
  for (const { call } of ways) await saturate(call, 1);
  const idle = await rounds(ways, ({ call }) => idleLatency(call));
  console.log(`idle: one call every 3 ms, time until it may be forwarded\n${latencies(idle)}\n`);
  for (const rate of RATES) {
    const able = rate < BATCHES_ONLY ? ways : ways.slice(0, 2);
    const rows = await rounds(able, (way) => measured(connection, () => atRate(way.call, rate)));
    console.log(`${rate} calls/s\n${costs(rows)}\n`);
  }
  const most = await rounds(ways, (way) => measured(connection, () => saturate(way.call, SECONDS)));
  console.log(`as many calls as it takes, ${CALLERS} at a time\n${costs(most)}`);
}

/** Every way after the other, several times; the median of each. */
async function rounds<Result>(
  ways: readonly Way[],
  measure: (way: Way) => Promise<Result>,
): Promise<Map<string, Result[]>> {
  const results = new Map<string, Result[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ways) results.get(way.name)?.push(await measure(way));
  }
  return results;
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

async function idleLatency(call: Call): Promise<Latency> {
  const times: number[] = [];
  for (let index = 0; index < IDLE_CALLS; index += 1) {
    const from = performance.now();
    await call();
    times.push(performance.now() - from);
    await wait(3);
  }
  return latencyOf(times);
}

interface Load extends Latency {
  readonly calls: number;
}

/** The calls of each millisecond together, as an event loop under load takes them from its sockets. */
async function atRate(call: Call, rate: number): Promise<Load> {
  const times: number[] = [];
  const open = new Set<Promise<unknown>>();
  const start = performance.now();
  let made = 0;
  for (;;) {
    const elapsed = performance.now() - start;
    if (elapsed >= SECONDS * 1_000) break;
    for (; made < (elapsed / 1_000) * rate; made += 1) {
      const from = performance.now();
      const done = call().then(() => {
        times.push(performance.now() - from);
        open.delete(done);
      });
      open.add(done);
    }
    await wait(1);
  }
  await Promise.all(open);
  return { calls: made, ...latencyOf(times) };
}

async function saturate(call: Call, seconds: number): Promise<Load> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  const caller = async () => {
    while (performance.now() < until) {
      // Without recording it would never let another caller have its turn.
      await wait(0);
      for (let index = 0; index < 16; index += 1) {
        const from = performance.now();
        await call();
        times.push(performance.now() - from);
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return { calls: times.length, ...latencyOf(times) };
}

interface Cost extends Latency {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly messages: number;
}

async function measured(connection: JetStreamConnection, load: () => Promise<Load>): Promise<Cost> {
  const messages = async () =>
    (await connection.manager.streams.info(COMMANDS_STREAM)).state.last_seq;
  const before = await messages();
  const from = performance.now();
  const cpu = process.cpuUsage();
  const { calls, p50, p99 } = await load();
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  // The last ends travel on their own.
  await wait(50);
  const cpuUs = (user + system) / calls;
  return { p50, p99, perSecond: calls / seconds, cpuUs, messages: (await messages()) - before };
}

function latencyOf(times: number[]): Latency {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
const ms = (value: number): string => value.toFixed(3);

function latencies(results: ReadonlyMap<string, readonly Latency[]>): string {
  const lines = [...results].map(([way, each]) => ({
    way,
    'p50 ms': ms(median(each.map(({ p50 }) => p50))),
    'p99 ms': ms(median(each.map(({ p99 }) => p99))),
  }));
  return textTable(lines);
}

/** CPU of this process beyond what the load itself takes; the server's is its own. */
function costs(results: ReadonlyMap<string, readonly Cost[]>): string {
  const off = median((results.get('off') ?? []).map(({ cpuUs }) => cpuUs));
  const lines = [...results].map(([way, each]) => {
    const of = (value: (cost: Cost) => number) => median(each.map(value));
    const perMessage = of(({ perSecond, messages }) => (2 * perSecond * SECONDS) / messages);
    return {
      way,
      'calls/s': of(({ perSecond }) => perSecond).toFixed(0),
      'CPU us a call': (of(({ cpuUs }) => cpuUs) - off).toFixed(1),
      'records a message': Number.isFinite(perMessage) ? perMessage.toFixed(1) : '',
      'p50 ms': ms(of(({ p50 }) => p50)),
      'p99 ms': ms(of(({ p99 }) => p99)),
    };
  });
  return textTable(lines);
}

await main();
