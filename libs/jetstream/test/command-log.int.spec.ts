import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { AckPolicy } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commandLog,
  connectJetStream,
  declareStreams,
  JetStreamStrategy,
  type JetStreamConnection,
  type RecordedCommand,
} from '../src/index.js';
import { commandEnded, commandRefused, commandStarted } from './command-records.js';
import { listen } from './nest-application.js';

let nats: TestNats;
let connection: JetStreamConnection;

beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'commands' });
  await declareStreams(connection, { replicas: 1 });
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

const newest = () =>
  connection.manager.streams.getMessage('COMMANDS', { last_by_subj: 'drawbridge.commands.>' });
const count = async () => (await connection.manager.streams.info('COMMANDS')).state.messages;

describe('recording a command', () => {
  it.each([
    ['a start', commandStarted({ grantId: undefined }), 'drawbridge.commands.prod-eks.refused'],
    ['a refusal', commandRefused(), 'drawbridge.commands.prod-eks.refused'],
  ])('puts %s without grant on the subject of refused calls', async (_what, record, subject) => {
    await commandLog(connection).record(record);
    expect((await newest())?.subject).toBe(subject);
  });

  it('puts start and end on the subject of connection and grant, as they are', async () => {
    const started = commandStarted();
    const ended = commandEnded(started);
    const log = commandLog(connection);
    const subject = `drawbridge.commands.prod-eks.${started.grantId ?? ''}`;
    await log.record(started);
    expect(await newest()).toMatchObject({ subject });
    expect((await newest())?.json()).toStrictEqual(started);
    await log.record(ended);
    expect(await newest()).toMatchObject({ subject });
    expect((await newest())?.json()).toStrictEqual(ended);
  });

  it('stores a record once, however often it is repeated', async () => {
    const record = commandStarted();
    const before = await count();
    const log = commandLog(connection);
    await Promise.all([log.record(record), log.record(record), log.record(record)]);
    expect(await count()).toBe(before + 1);
  });

  it.each(['a.b', '*', '>', '', 'x y'])(
    'does not let the connection name %j choose a subject',
    async (name) => {
      const before = await count();
      const attempt = commandLog(connection).record(commandStarted({ connection: name }));
      await expect(attempt).rejects.toBeInstanceOf(TypeError);
      expect(await count()).toBe(before);
    },
  );

  it('refuses with command_log_unavailable a record that NATS would not take', async () => {
    const before = await count();
    const record = commandStarted({ userAgent: 'x'.repeat(2_000_000) });
    await expect(commandLog(connection).record(record)).rejects.toMatchObject({
      code: 'command_log_unavailable',
    });
    expect(await count()).toBe(before);
    expect(connection.connected).toBe(true);
  });
});

describe('a full command log', () => {
  it('refuses with command_log_full and drops nothing', async () => {
    const small = await startNats();
    const other = await connectJetStream({ servers: small.servers, name: 'small' });
    await declareStreams(other, { replicas: 1, commandsMaxBytes: 20_000 });
    const log = commandLog(other);
    let recorded = 0;
    const fill = async () => {
      for (;;) {
        await log.record(commandStarted());
        recorded += 1;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'command_log_full' });
    const { state } = await other.manager.streams.info('COMMANDS');
    expect(recorded).toBeGreaterThan(5);
    expect(state).toMatchObject({ messages: recorded, first_seq: 1 });
    await other.close();
    await small.stop();
  });
});

describe('an audit service that does not keep up', () => {
  const days = (count: number) => count * 86_400_000;

  it('stops new commands after half the time that records are kept, and only those', async () => {
    let now = Date.now();
    const log = commandLog(connection, { now: () => now });
    const started = commandStarted();
    await log.record(started);
    now += days(14);
    await log.record(commandStarted());
    await delay(200);
    await log.record(commandStarted());
    now += days(2);
    const behind = { code: 'command_log_behind' };
    await eventually(() => expect(log.record(commandStarted())).rejects.toMatchObject(behind));
    await log.record(commandEnded(started));
    await log.record(commandRefused());

    // Audit comes back and reads everything.
    const name = 'audit';
    const { manager, jetstream } = connection;
    await manager.consumers.add('COMMANDS', { durable_name: name, ack_policy: AckPolicy.Explicit });
    const consumer = await jetstream.consumers.get('COMMANDS', name);
    for (let left = await count(); left > 0; left -= 1) {
      const message = await consumer.next();
      await message?.ackAck();
    }
    now += 60_000;
    await eventually(() => log.record(commandStarted()));
  });
});

describe('consuming records', () => {
  it('gives handlers the record with its sequence and the time it was stored', async () => {
    const seen: RecordedCommand[] = [];
    @Controller()
    class Recorder {
      @EventPattern('CommandStarted')
      on(@Payload() command: RecordedCommand) {
        seen.push(command);
      }
    }
    const durable = `audit-${randomUUID().slice(0, 8)}`;
    await connection.jetstream.publish('drawbridge.commands.prod-eks.refused', '{"type":"Odd"}');
    const record = commandStarted();
    await commandLog(connection).record(record);
    const strategy = new JetStreamStrategy({ connection, stream: 'COMMANDS', durable });
    const app = await listen(Recorder, strategy);
    await eventually(() => expect(seen.at(-1)?.record).toStrictEqual(record));
    const stored = await newest();
    expect(seen.at(-1)).toStrictEqual({
      sequence: stored?.seq,
      storedAt: stored?.time.toISOString(),
      record,
    });
    await eventually(() => expect(strategy.health().parked).toBe(1));
    await app.close();
  });
});
