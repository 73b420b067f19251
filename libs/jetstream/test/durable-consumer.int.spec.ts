import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JetStreamApiError } from '@nats-io/jetstream';
import { startNats, testServers, type TestNats } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectJetStream,
  declareStreams,
  durableConsumer,
  pauseBeforePull,
  type JetStreamConnection,
} from '../src/index.js';

let nats: TestNats;
let connection: JetStreamConnection;
beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'durable' });
  await declareStreams(connection, { replicas: 1 });
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

const made = { stream: 'COMMANDS', durable: 'made', ackWaitMs: 2_000 };
const configOf = async (durable: string) =>
  (await connection.manager.consumers.info('COMMANDS', durable)).config;

describe('a durable consumer', () => {
  it('is made once, and keeps its place', async () => {
    await durableConsumer(connection, made);
    const { created } = await connection.manager.consumers.info('COMMANDS', 'made');
    await durableConsumer(connection, made);
    expect((await connection.manager.consumers.info('COMMANDS', 'made')).created).toBe(created);
    expect(await configOf('made')).toMatchObject({ ack_wait: 2_000_000_000, max_deliver: -1 });
  });

  it('is changed when it is not as it should be', async () => {
    await durableConsumer(connection, { ...made, durable: 'changed' });
    await durableConsumer(connection, { ...made, durable: 'changed', ackWaitMs: 3_000 });
    expect(await configOf('changed')).toMatchObject({ ack_wait: 3_000_000_000 });
  });

  it('is made by many at once as by one', async () => {
    const many = Array.from({ length: 20 }, () =>
      durableConsumer(connection, { ...made, durable: 'raced' }),
    );
    const consumers = await Promise.all(many);
    const names = await Promise.all(consumers.map(async (one) => (await one.info()).created));
    expect(new Set(names).size).toBe(1);
  });

  it('can be had while the server cannot write to its directory', async (context) => {
    context.skip((await testServers()) === 'docker', 'the directory is inside a container');
    await durableConsumer(connection, { ...made, durable: 'lost' });
    const streams = join(nats.storeDirectory, 'jetstream', '$G', 'streams');
    await rm(join(streams, 'COMMANDS', 'obs', 'lost'), { recursive: true });
    const consumer = await durableConsumer(connection, { ...made, durable: 'lost' });
    expect((await consumer.info()).num_pending).toBe(0);
  });

  it('is given time when it was deleted, and only then', async () => {
    const consumer = await durableConsumer(connection, { ...made, durable: 'deleted' });
    await consumer.delete();
    const gone: unknown = await consumer.info().catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(JetStreamApiError);
    expect([pauseBeforePull(gone, 200), pauseBeforePull(gone, 5_000)]).toEqual([2_000, 5_000]);
    expect(pauseBeforePull(new Error('lost'), 200)).toBe(200);
  });
});
