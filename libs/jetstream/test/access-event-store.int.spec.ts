import { randomUUID } from 'node:crypto';
import { describeEventStoreContract, startNats, type TestNats } from '@drawbridge/testing';
import type { AccessEvent } from '@drawbridge/contracts';
import type { EventStore } from '@drawbridge/kernel';
import type { Msg } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  JetStreamConnection,
} from '../src/index.js';
import { comment, commented, commentOf } from './access-events.js';

let nats: TestNats;
let connection: JetStreamConnection;
let second: JetStreamConnection;
let store: EventStore<AccessEvent>;
let other: EventStore<AccessEvent>;

beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'first' });
  second = await connectJetStream({ servers: nats.servers, name: 'second' });
  await declareStreams(connection, { replicas: 1 });
  store = accessEventStore(connection, 'approval');
  other = accessEventStore(second, 'approval');
});
afterAll(async () => {
  await connection.close();
  await second.close();
  await nats.stop();
});

describeEventStoreContract('JetStream', () => ({ store, other }));

const metadata = () => ({
  id: randomUUID(),
  causationId: 'test',
  actor: { kind: 'service', id: 'approval' } as const,
  at: '2026-01-05T09:00:00.000Z',
});
const streams = () => connection.manager.streams;
const lastOf = (id: string) =>
  streams().getMessage('ACCESS', { last_by_subj: `drawbridge.access.${id}` });

describe('what stands in the stream', () => {
  it('is the envelope in JSON, chained by the hash of the bytes before', async () => {
    const id = randomUUID();
    await comment(store, id, 'one');
    const first = await lastOf(id);
    const { lastHash } = (await store.load(id)).position;
    await comment(store, id, 'two');
    const last = await lastOf(id);
    expect(first?.json()).toMatchObject({ previousHash: null, schemaVersion: 1, aggregateId: id });
    expect(last?.json()).toMatchObject({
      previousHash: lastHash,
      correlationId: id,
      type: 'ApprovalGiven',
    });
    expect(last?.header.get('Nats-Msg-Id')).toBe(last?.json<{ id: string }>().id);
  });

  it.each([
    ['delete a message', () => streams().deleteMessage('ACCESS', 1)],
    ['purge', () => streams().purge('ACCESS')],
    ['purge one aggregate', () => streams().purge('ACCESS', { filter: 'drawbridge.access.*' })],
    ['allow deleting', () => streams().update('ACCESS', { deny_delete: false })],
    ['allow purging', () => streams().update('ACCESS', { deny_purge: false })],
  ])('cannot be changed: the server refuses to %s', async (_what, change) => {
    const before = await streams().info('ACCESS');
    await expect(change()).rejects.toThrow();
    const after = await streams().info('ACCESS');
    expect(after.config).toMatchObject({ deny_delete: true, deny_purge: true });
    expect(after.state.messages).toBe(before.state.messages);
  });

  it('cannot be rolled up by a header', async () => {
    const id = randomUUID();
    await comment(store, id, 'one');
    const { headers } = await import('@nats-io/transport-node');
    const rollup = headers();
    rollup.set('Nats-Rollup', 'all');
    const attempt = connection.jetstream.publish(`drawbridge.access.${id}`, '{}', {
      headers: rollup,
    });
    await expect(attempt).rejects.toThrow();
    expect((await store.load(id)).events).toHaveLength(1);
  });
});

describe('appending', () => {
  it.each(['identity', 'policy', 'proxy', 'audit'] as const)(
    'refuses %s an event that approval owns, and stores nothing',
    async (writer) => {
      const id = randomUUID();
      const foreign = accessEventStore(connection, writer);
      const attempt = Promise.resolve().then(() =>
        foreign.append({
          aggregateId: id,
          position: { lastSequence: 0 },
          event: commented('x'),
          metadata: metadata(),
        }),
      );
      await expect(attempt).rejects.toMatchObject({ code: 'event_writer_wrong' });
      expect((await store.load(id)).events).toStrictEqual([]);
    },
  );

  it.each(['*', '>', 'a.b', '', 'a b'])('throws for the impossible id %j', async (aggregateId) => {
    const attempt = store.append({
      aggregateId,
      position: { lastSequence: 0 },
      event: commented('x'),
      metadata: metadata(),
    });
    await expect(attempt).rejects.toBeInstanceOf(TypeError);
  });

  it('throws event_store_unavailable for a stream that is not there, quickly', async () => {
    const empty = await startNats();
    const lonely = await connectJetStream({ servers: empty.servers, name: 'lonely' });
    const attempt = accessEventStore(lonely, 'approval').append({
      aggregateId: randomUUID(),
      position: { lastSequence: 0 },
      event: commented('x'),
      metadata: metadata(),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'event_store_unavailable' });
    const load = accessEventStore(lonely, 'approval').load(randomUUID());
    await expect(load).rejects.toMatchObject({ code: 'event_store_unavailable' });
    await lonely.close();
    await empty.stop();
  });
});

describe('loading from a replica that lags behind', () => {
  /** The real server, but a batched direct get lacks the newest `missing` messages. */
  const lagging = (missing: number): JetStreamConnection => {
    const { nats: real, jetstream, manager } = connection;
    const behind = new Proxy(real, {
      get(target, name) {
        if (name !== 'requestMany') {
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        }
        return async (...request: Parameters<typeof real.requestMany>) => {
          const replies: Msg[] = [];
          for await (const reply of await real.requestMany(...request)) {
            replies.push(reply);
            if (reply.headers?.code === 204 || reply.headers?.code === 404) break;
          }
          const [end] = replies.slice(-1);
          const events = replies.slice(0, -1);
          const kept = events.slice(0, Math.max(events.length - missing, 0));
          return ReadableStream.from(end === undefined ? kept : [...kept, end]);
        };
      },
    });
    return new JetStreamConnection(behind, { jetstream, manager });
  };

  it.each([0, 1, 2, 3, 5])('still gives every event when %i are missing there', async (missing) => {
    const id = randomUUID();
    for (const word of ['one', 'two', 'three']) await comment(store, id, word);
    const { events, position } = await accessEventStore(lagging(missing), 'approval').load(id);
    expect(events.map(commentOf)).toStrictEqual(['one', 'two', 'three']);
    expect(position).toStrictEqual((await store.load(id)).position);
  });
});

describe('an unreadable event', () => {
  const put = (id: string, body: string | Uint8Array) =>
    connection.jetstream.publish(`drawbridge.access.${id}`, body);
  const envelope = (id: string, change: object = {}) =>
    JSON.stringify({
      ...{ id: randomUUID(), type: 'ApprovalGiven', schemaVersion: 1, aggregateId: id },
      ...{ correlationId: id, causationId: 'c', actor: { kind: 'service', id: 'approval' } },
      ...{ at: '2026-01-05T09:00:00.000Z', previousHash: null, data: commented('ok').data },
      ...change,
    });

  it('is none when everything is in order (the cases below differ in one thing)', async () => {
    const id = randomUUID();
    await put(id, envelope(id, { fieldOfTheFuture: 1 }));
    expect((await store.load(id)).events.map(commentOf)).toStrictEqual(['ok']);
  });

  it.each([
    ['no JSON', () => 'hello'],
    ['nothing', () => ''],
    ['not UTF-8', () => Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['an array', () => '[]'],
    ['a later schema', (id: string) => envelope(id, { schemaVersion: 2 })],
    ['an unknown type', (id: string) => envelope(id, { type: 'GrantWidened' })],
    ['data of another type', (id: string) => envelope(id, { type: 'GrantIssued' })],
    ['another aggregate', (id: string) => envelope(id, { aggregateId: randomUUID() })],
    ['a wrong hash', (id: string) => envelope(id, { previousHash: 'a'.repeat(64) })],
    ['no instant', (id: string) => envelope(id, { at: 'yesterday' })],
  ])('is one with %s', async (_what, body) => {
    const id = randomUUID();
    await put(id, body(id));
    await expect(store.load(id)).rejects.toMatchObject({ code: 'unreadable_event' });
  });

  it('is one that was put between others, and its text is not repeated in the error', async () => {
    const id = randomUUID();
    await comment(store, id, 'one');
    await put(id, envelope(id, { type: 'hunter2' }));
    const error: unknown = await store.load(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unreadable_event' });
    expect(String(error)).not.toContain('hunter2');
  });
});
