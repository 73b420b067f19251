import { setTimeout as delay } from 'node:timers/promises';
import type { CommandRecord } from '@drawbridge/contracts';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { AckPolicy } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectJetStream, declareStreams, type JetStreamConnection } from '../src/index.js';
import { commandEnded, commandRefused, commandStarted } from './command-records.js';
import { LogUnderTest, storedCommands, storedMessages } from './log-under-test.js';

let nats: TestNats;
let connection: JetStreamConnection;
let log: LogUnderTest;

async function open(options: { more?: string; commandsMaxBytes?: number } = {}): Promise<void> {
  nats = await startNats(options);
  connection = await connectJetStream({ servers: nats.servers, name: 'commands' });
  await declareStreams(connection, { replicas: 1, ...options });
  log = new LogUnderTest(connection);
}
beforeEach(() => open());
afterEach(close);
async function close(): Promise<void> {
  await log.close(0);
  await connection.close();
  await nats.stop();
}
async function reopen(options: Parameters<typeof open>[0]): Promise<void> {
  await close();
  await open(options);
}

describe('recording commands', () => {
  it('sends one at once, on a subject of its own', async () => {
    const record = commandStarted();
    await log.record(record);
    const [message, ...more] = await storedMessages(connection);
    expect(more).toStrictEqual([]);
    expect(message?.records).toStrictEqual([record]);
    expect(message?.subject).toMatch(/^drawbridge\.commands\._batch\.[0-9a-f-]{36}$/);
    expect(message?.id).toBe(`${message?.subject.split('.')[3] ?? ''}:1`);
  });

  it('puts what comes together into few messages, each record once, whatever connection it is of', async () => {
    const records = Array.from({ length: 2_000 }, (_, n) =>
      commandStarted({ connection: `cluster-${String(n % 7)}` }),
    );
    await Promise.all(records.map((record) => log.record(record)));
    const messages = await storedMessages(connection);
    expect(messages.length).toBeLessThanOrEqual(5);
    expect(messages.flatMap((message) => message.records).toSorted(byId)).toStrictEqual(
      records.toSorted(byId),
    );
    expect(log.records).toBe(0);
  });

  it('lets an end travel with the start of the next call', async () => {
    const first = commandStarted();
    const second = commandStarted();
    await log.record(first);
    const ended = log.record(commandEnded(first));
    await Promise.all([ended, log.record(second)]);
    const sizes = (await storedMessages(connection)).map((message) => message.records.length);
    expect(sizes).toStrictEqual([1, 2]);
  });

  it('stores an end that nothing follows', async () => {
    const first = commandStarted();
    await log.record(first);
    await log.record(commandEnded(first));
    expect(await storedCommands(connection)).toStrictEqual([first, commandEnded(first)]);
  });

  it('stores what waits when it is closed', async () => {
    const first = commandStarted();
    log.end(first);
    log.end(commandEnded(first));
    expect(await log.close(5_000)).toBe(0);
    expect(await storedCommands(connection)).toStrictEqual([first, commandEnded(first)]);
  });
});

describe('a record that is too large', () => {
  const huge = () => commandStarted({ userAgent: 'x'.repeat(1_100_000) });

  it('for NATS is given up alone; what came with it is stored', async () => {
    const [before, tooLarge, after] = [commandStarted(), huge(), commandStarted()];
    const results = await Promise.allSettled([before, tooLarge, after].map((r) => log.record(r)));
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: 'command_record_too_large' },
      { status: 'fulfilled' },
    ]);
    expect(log.givenUp).toMatchObject([
      { type: 'CommandStarted', commandId: tooLarge.commandId, connection: 'prod-eks' },
    ]);
    expect(await storedCommands(connection)).toStrictEqual([before, after]);
    expect([log.records, log.refusal, log.log.givenUp]).toStrictEqual([0, undefined, 1]);
    expect(connection.connected).toBe(true);
  });

  it('for the stream is found by halving', async () => {
    const info = await connection.manager.streams.info('COMMANDS');
    await connection.manager.streams.update('COMMANDS', { ...info.config, max_msg_size: 2_000 });
    const records = Array.from({ length: 20 }, () => commandStarted());
    const tooLarge = commandStarted({ userAgent: 'x'.repeat(3_000) });
    const all = [...records.slice(0, 7), tooLarge, ...records.slice(7)];
    const results = await Promise.allSettled(all.map((record) => log.record(record)));
    expect(results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toStrictEqual([
      7,
    ]);
    const stored = await storedCommands(connection);
    expect(stored.toSorted(byId)).toStrictEqual(records.toSorted(byId));
    expect(log.givenUp).toHaveLength(1);
  });

  it('is kept when it is an end: no call may start until it is stored', async () => {
    const info = await connection.manager.streams.info('COMMANDS');
    const update = (max_msg_size: number) =>
      connection.manager.streams.update('COMMANDS', { ...info.config, max_msg_size });
    await update(200);
    const ended = commandEnded(commandStarted());
    log.end(ended);
    await eventually(() => expect(log.refusal).toBe('command_record_too_large'));
    await update(-1);
    await eventually(() => expect(log.records).toBe(0));
    expect(log.refusal).toBeUndefined();
    expect(log.givenUp).toStrictEqual([]);
    expect(await storedCommands(connection)).toStrictEqual([ended]);
  });

  it('does not end the connection of a server with a small max_payload', async () => {
    await reopen({ more: 'max_payload: 4096' });
    const records = Array.from({ length: 100 }, () => commandStarted());
    await Promise.all(records.map((record) => log.record(record)));
    expect((await storedCommands(connection)).toSorted(byId)).toStrictEqual(records.toSorted(byId));
    expect(connection.connected).toBe(true);
  });
});

describe('a full command log', () => {
  it('refuses with command_log_full, drops nothing, and goes on when there is room', async () => {
    await reopen({ commandsMaxBytes: 20_000 });
    const recorded: CommandRecord[] = [];
    const fill = async () => {
      for (;;) {
        const record = commandStarted();
        recorded.push(record);
        await log.record(record);
      }
    };
    await expect(fill()).rejects.toBe('command_log_full');
    expect(log.refusal).toBe('command_log_full');
    const { state, config } = await connection.manager.streams.info('COMMANDS');
    const ended = commandEnded(commandStarted());
    log.end(ended);
    expect(recorded.length).toBeGreaterThan(5);
    expect(state).toMatchObject({ messages: recorded.length - 1, first_seq: 1 });
    await connection.manager.streams.update('COMMANDS', { ...config, max_bytes: 40_000 });
    await eventually(() => expect(log.records).toBe(0));
    expect(log.refusal).toBeUndefined();
    const all = [...recorded, ended].toSorted(byId);
    expect((await storedCommands(connection)).toSorted(byId)).toStrictEqual(all);
  });
});

describe('an audit service that does not keep up', () => {
  const days = (count: number) => count * 86_400_000;

  it('stops new commands after half the time that records are kept, and only those', async () => {
    let now = Date.now();
    const behind = new LogUnderTest(connection, () => now);
    const started = commandStarted();
    expect(behind.refusal).toBeUndefined();
    await behind.record(started);
    now += days(14);
    expect(behind.refusal).toBeUndefined();
    await delay(200);
    expect(behind.refusal).toBeUndefined();
    now += days(2);
    await eventually(() => expect(behind.refusal).toBe('command_log_behind'));
    await behind.record(commandEnded(started));
    await behind.record(commandRefused());

    // Audit comes back and reads everything.
    const name = 'audit';
    const { manager, jetstream } = connection;
    await manager.consumers.add('COMMANDS', { durable_name: name, ack_policy: AckPolicy.Explicit });
    const consumer = await jetstream.consumers.get('COMMANDS', name);
    for (let left = (await storedMessages(connection)).length; left > 0; left -= 1) {
      const message = await consumer.next();
      await message?.ackAck();
    }
    now += 60_000;
    await eventually(() => expect(behind.refusal).toBeUndefined());
    await behind.close(1_000);
  });
});

const byId = (one: CommandRecord, other: CommandRecord): number =>
  one.commandId < other.commandId ? -1 : 1;
