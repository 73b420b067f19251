import { randomUUID } from 'node:crypto';
import type { TrustBundle } from '@drawbridge/contracts';
import { eventually, startNats, startNatsRelay, type TestNats } from '@drawbridge/testing';
import { Kvm } from '@nats-io/kv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ACCESS_STREAM,
  accessEventStore,
  CatchUp,
  connectJetStream,
  declareStreams,
  followAccessEvents,
  followTrustBundle,
  publishTrustBundle,
  type AccessFollower,
  type FollowOptions,
  type JetStreamConnection,
  type UnreadableEvent,
} from '../src/index.js';
import { TRUST_BUCKET } from '../src/stream-definitions.js';
import { comment, commentOf } from './access-events.js';

let nats: TestNats;
let connection: JetStreamConnection;
const close: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'followers' });
  await declareStreams(connection, { replicas: 1 });
  close.push(
    () => nats.stop(),
    () => connection.close(),
  );
});
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

describe('following access events', () => {
  const follow = (options: Partial<FollowOptions> = {}): [AccessFollower, string[]] => {
    const seen: string[] = [];
    const onEvent: FollowOptions['onEvent'] = (event) => seen.push(commentOf(event));
    const follower = followAccessEvents(connection, { onEvent, ...options });
    close.push(() => follower.close());
    return [follower, seen];
  };
  const say = (text: string, id: string = randomUUID()) =>
    comment(accessEventStore(connection, 'approval'), id, text);

  it('has caught up with an empty stream at once', async () => {
    const [follower, seen] = follow();
    expect(follower.isCurrent()).toBe(false);
    await follower.caughtUp;
    expect(follower.isCurrent()).toBe(true);
    expect(seen).toStrictEqual([]);
  });

  it('has passed on 2,000 earlier events when it has caught up, and then each new one', async () => {
    const texts = Array.from({ length: 2_000 }, (_, number) => String(number));
    for (let from = 0; from < texts.length; from += 100) {
      await Promise.all(texts.slice(from, from + 100).map((text) => say(text)));
    }
    const [follower, seen] = follow();
    await follower.caughtUp;
    expect(seen.toSorted()).toStrictEqual(texts.toSorted());
    await say('new');
    await eventually(() => expect(seen.at(-1)).toBe('new'));
  });

  it('has passed on what was stored before it was asked to catch up', async () => {
    const [follower, seen] = follow();
    await follower.caughtUp;
    const catchUp = new CatchUp(connection, { stream: ACCESS_STREAM, follower });
    const other = await connectJetStream({ servers: nats.servers, name: 'writer' });
    close.push(() => other.close());
    const store = accessEventStore(other, 'approval');
    for (let round = 1; round <= 20; round += 1) {
      const texts = Array.from({ length: 20 }, (_, number) => `${round}-${number}`);
      await Promise.all(texts.map((text) => comment(store, randomUUID(), text)));
      await Promise.all([catchUp.now(), catchUp.now(), catchUp.now()]);
      expect(seen).toHaveLength(round * 20);
    }
    expect(await follower.whenReached(401, 50)).toBe(false);
  });

  it('goes on as it is when nobody answers', async () => {
    const [follower] = follow();
    await follower.caughtUp;
    await nats.pause();
    await new CatchUp(connection, { stream: ACCESS_STREAM, follower }).now();
    await nats.resume();
  });

  it('tells what it cannot read and goes on behind it', async () => {
    const unreadable: UnreadableEvent[] = [];
    const [follower, seen] = follow({ onUnreadable: (event) => unreadable.push(event) });
    const id = randomUUID();
    await connection.jetstream.publish(`drawbridge.access.${id}`, 'poison');
    await say('after');
    await eventually(() => expect(seen).toStrictEqual(['after']));
    expect(unreadable).toMatchObject([{ aggregateId: id, sequence: 1 }]);
    expect(follower.isCurrent()).toBe(true);
  });

  it('is not current any more after an event it cannot read and may not leave out', async () => {
    const [follower, seen] = follow();
    await follower.caughtUp;
    await connection.jetstream.publish(`drawbridge.access.${randomUUID()}`, 'poison');
    await say('after');
    await eventually(() => expect(seen).toStrictEqual(['after']));
    expect(follower.isCurrent()).toBe(false);
  });

  it('passes on what is said later', async () => {
    const [follower, seen] = follow();
    await follower.caughtUp;
    await say('now');
    await eventually(() => expect(seen).toStrictEqual(['now']));
  });

  it('passes nothing on once it is closed, and is not current', async () => {
    const [follower, seen] = follow();
    await follower.caughtUp;
    await follower.close();
    await say('late');
    expect(follower.isCurrent()).toBe(false);
    expect(seen).toStrictEqual([]);
  });

  it('can be closed while it waits for a server that is away', async () => {
    await nats.kill();
    const [follower] = follow();
    await follower.close();
    expect(follower.isCurrent()).toBe(false);
  });
});

describe('the trust bundle', () => {
  const bundle = (revision: number): TrustBundle => ({
    revision,
    publishedAt: '2026-01-05T09:00:00.000Z',
    issuers: [],
  });
  const follow = async (): Promise<number[]> => {
    const seen: number[] = [];
    const follower = await followTrustBundle(connection, ({ revision }) => seen.push(revision));
    close.push(() => follower.close());
    return seen;
  };

  it('reaches a follower before it resolves', async () => {
    await publishTrustBundle(connection, bundle(3));
    expect(await follow()).toStrictEqual([3]);
  });

  it('reaches a follower that was there before', async () => {
    const seen = await follow();
    expect(seen).toStrictEqual([]);
    await publishTrustBundle(connection, bundle(1));
    await eventually(() => expect(seen).toStrictEqual([1]));
  });

  it('does not reach who closes while the bus that was cut is asked', async () => {
    const relay = await startNatsRelay(nats.servers);
    const other = await connectJetStream({ servers: relay.url, name: 'closing' });
    close.push(
      () => relay.close(),
      () => other.close(),
    );
    const seen: number[] = [];
    const follower = await followTrustBundle(other, ({ revision }) => seen.push(revision));
    const asked = vi.spyOn(other, 'requireConnected');
    await nats.pause();
    relay.restore();
    await eventually(() => expect(asked).toHaveBeenCalled());
    const closed = follower.close();
    await nats.resume();
    await closed;
    await other.whenConnected(60_000);
    const later: number[] = [];
    const second = await followTrustBundle(other, ({ revision }) => later.push(revision));
    close.push(() => second.close());
    await publishTrustBundle(connection, bundle(1));
    await eventually(() => expect(later).toStrictEqual([1]));
    expect(seen).toStrictEqual([]);
  });

  it('is never replaced by an older or equal one', async () => {
    const seen = await follow();
    expect(await publishTrustBundle(connection, bundle(2))).toBe(true);
    expect(await publishTrustBundle(connection, bundle(1))).toBe(false);
    expect(await publishTrustBundle(connection, bundle(2))).toBe(false);
    expect(await publishTrustBundle(connection, bundle(3))).toBe(true);
    await eventually(() => expect(seen).toStrictEqual([2, 3]));
  });

  it('is the newest one after replicas raced', async () => {
    const revisions = Array.from({ length: 10 }, (_, number) => number + 1);
    await Promise.all(
      revisions.map((revision) => publishTrustBundle(connection, bundle(revision))),
    );
    expect(await follow()).toStrictEqual([10]);
  });

  it('is kept by followers when something unreadable or a deletion follows', async () => {
    const seen = await follow();
    await publishTrustBundle(connection, bundle(1));
    const bucket = await new Kvm(connection.jetstream).open(TRUST_BUCKET);
    await bucket.put('bundle', 'not a bundle');
    await bucket.put('bundle', '{"revision":9,"publishedAt":"x","issuers":[]}');
    await bucket.delete('bundle');
    await publishTrustBundle(connection, bundle(2));
    await eventually(() => expect(seen).toStrictEqual([1, 2]));
  });
});
