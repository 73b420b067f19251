import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent, TrustBundle } from '@drawbridge/contracts';
import { EventStoreError, type EventStore, type RecordedEvent } from '@drawbridge/kernel';
import { eventually, requireNothingWaits, startNats, type TestNats } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  followAccessEvents,
  followTrustBundle,
  JetStreamStrategy,
  publishTrustBundle,
  type JetStreamConnection,
} from '../src/index.js';
import { comment, commentOf } from './access-events.js';
import { commandStarted } from './command-records.js';
import { LogUnderTest, storedCommands } from './log-under-test.js';
import { listen } from './nest-application.js';

type Event = RecordedEvent<AccessEvent>;

let nats: TestNats;
let connection: JetStreamConnection;
let store: EventStore<AccessEvent>;
const open: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'restart' });
  await declareStreams(connection, { replicas: 1 });
  store = accessEventStore(connection, 'approval');
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await connection.close();
  await nats.stop();
});

const crash = async (): Promise<void> => {
  await nats.kill();
  await nats.restart();
};

/** Does what a caller may do: tries again while the store is unavailable. */
async function until(work: () => Promise<unknown>): Promise<void> {
  await eventually(
    async () => {
      await work();
    },
    { timeoutMs: 90_000 },
  );
}

describe('commands while the server is killed and started again', () => {
  it('land exactly once, all of them, when they are repeated until they succeed', async () => {
    const ids = Array.from({ length: 10 }, () => randomUUID());
    const words = Array.from({ length: 20 }, (_, word) => String(word));
    let failures = 0;
    const work = ids.map(async (id) => {
      for (const word of words) {
        await until(() =>
          comment(store, id, word).catch((error: unknown) => {
            failures += 1;
            throw error;
          }),
        );
      }
    });
    await delay(30);
    for (let round = 0; round < 3; round += 1) {
      await crash();
      await delay(100);
    }
    await Promise.all(work);
    for (const id of ids) {
      const { events } = await store.load(id);
      expect(events.map(commentOf)).toStrictEqual(words);
    }
    expect(failures).toBeGreaterThan(0);
  });

  it('are refused as unavailable while it is away', async () => {
    await nats.kill();
    const failure: unknown = await comment(store, randomUUID(), 'x').catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(EventStoreError);
    expect(failure).toMatchObject({ code: 'event_store_unavailable' });
    expect(connection.connected).toBe(false);
  });

  it('are not sent behind the back of a caller who was told they failed', async () => {
    const id = randomUUID();
    const { position } = await store.load(id);
    await nats.kill();
    const failure = store.append({
      aggregateId: id,
      position,
      event: { type: 'ApprovalDenied', data: { approver: approver, via: 'http' } },
      metadata: {
        id: randomUUID(),
        causationId: 'test',
        actor: { kind: 'service', id: 'approval' },
        at: '2026-01-05T09:00:00.000Z',
      },
    });
    await expect(failure).rejects.toMatchObject({ code: 'event_store_unavailable' });
    await nats.restart();
    await eventually(() => expect(connection.connected).toBe(true));
    await delay(500);
    expect((await store.load(id)).events).toStrictEqual([]);
  });
});

const approver = { kind: 'human' as const, issuer: 'https://idp.test', subject: 'a', groups: [] };

describe('a durable consumer', () => {
  it('handles every event although the server is killed again and again, with effects exactly once', async () => {
    const ids = Array.from({ length: 100 }, () => randomUUID());
    await Promise.all(ids.map((id) => comment(store, id, 'asked')));
    const policy = accessEventStore(connection, 'approval');
    let calls = 0;
    @Controller()
    class Echo {
      @EventPattern('ApprovalGiven')
      async on(@Payload() event: Event) {
        calls += 1;
        if (commentOf(event) !== 'asked') return;
        await delay(20);
        await comment(policy, event.aggregateId, 'answered');
        await delay(20);
      }
    }
    const strategy = new JetStreamStrategy({
      connection,
      stream: 'ACCESS',
      durable: 'echo',
      concurrency: 4,
      ackWaitMs: 2_000,
    });
    const app = await listen(Echo, strategy);
    open.push(() => app.close());
    for (let round = 0; round < 3; round += 1) {
      await delay(150);
      await crash();
    }
    await eventually(() => requireNothingWaits(connection.manager, 'ACCESS', 'echo'), {
      timeoutMs: 90_000,
    });
    for (const id of ids) {
      const { events } = await store.load(id);
      expect(events.map(commentOf)).toStrictEqual(['asked', 'answered']);
    }
    expect(calls).toBeGreaterThanOrEqual(200);
    await eventually(() => expect(strategy.health().connected).toBe(true));
  });

  it('does not run a handler twice at the same time for an event that is delivered again meanwhile', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const started = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    @Controller()
    class Slow {
      @EventPattern('ApprovalGiven')
      async on(@Payload() event: Event) {
        if (commentOf(event) !== 'x') return;
        running += 1;
        runs += 1;
        most = Math.max(most, running);
        started.resolve(undefined);
        await finish.promise;
        running -= 1;
      }
    }
    await comment(store, randomUUID(), 'x');
    const options = { connection, stream: 'ACCESS', durable: 'slow', ackWaitMs: 1_500 } as const;
    const app = await listen(Slow, new JetStreamStrategy(options));
    open.push(() => app.close());
    await started.promise;
    // Away for longer than the acknowledgement time: back, it delivers again.
    await nats.kill();
    await delay(2_000);
    const restartedAt = Date.now();
    await nats.restart();
    await eventually(async () => {
      const { delivered } = await connection.manager.consumers.info('ACCESS', 'slow');
      // Killed, the server may have forgotten the first time, and then calls no second one a redelivery. What it
      // tells is the time of the last one, whatever the type says.
      expect(Date.parse(String(delivered.last_active))).toBeGreaterThanOrEqual(restartedAt);
    });
    finish.resolve(undefined);
    await eventually(async () => {
      const info = await connection.manager.consumers.info('ACCESS', 'slow');
      expect(info.num_pending + info.num_ack_pending).toBe(0);
    });
    expect({ most, runs }).toStrictEqual({ most: 1, runs: 1 });
  });

  it('does not give up a message that it cannot park', async () => {
    @Controller()
    class Quiet {}
    const options = { connection, stream: 'ACCESS', durable: 'quiet' } as const;
    const strategy = new JetStreamStrategy(options);
    const app = await listen(Quiet, strategy);
    open.push(() => app.close());
    await connection.manager.streams.delete('PARKED');
    await connection.jetstream.publish(`drawbridge.access.${randomUUID()}`, 'poison');
    await eventually(() => expect(strategy.health().lastError).toBeDefined());
    const before = await connection.manager.consumers.info('ACCESS', 'quiet');
    expect(before).toMatchObject({ num_ack_pending: 1, ack_floor: { stream_seq: 0 } });
    await declareStreams(connection, { replicas: 1 });
    await eventually(() => expect(strategy.health().parked).toBe(1));
    const { state } = await connection.manager.streams.info('PARKED');
    expect(state.messages).toBe(1);
  });

  it('says that it is not connected while the server is away', async () => {
    @Controller()
    class Quiet {}
    const strategy = new JetStreamStrategy({ connection, stream: 'ACCESS', durable: 'quiet' });
    const app = await listen(Quiet, strategy);
    open.push(() => app.close());
    expect(strategy.health().connected).toBe(true);
    await nats.kill();
    await eventually(() => expect(strategy.health().connected).toBe(false));
    await nats.restart();
    await eventually(() => expect(strategy.health().connected).toBe(true));
  });

  it('closes while the server is away, and does not wait for it', async () => {
    @Controller()
    class Quiet {}
    const options = { connection, stream: 'ACCESS', durable: 'quiet', drainMs: 60_000 } as const;
    const app = await listen(Quiet, new JetStreamStrategy(options));
    await nats.kill();
    await eventually(() => expect(connection.connected).toBe(false));
    const before = Date.now();
    await app.close();
    expect(Date.now() - before).toBeLessThan(20_000);
    await nats.restart();
  });
});

describe('a follower of access events', () => {
  it('sees every event once and in order, over restarts, and knows when it is behind', async () => {
    const id = randomUUID();
    await comment(store, id, '0');
    const seen: string[] = [];
    const changes: boolean[] = [];
    const follower = followAccessEvents(connection, {
      onEvent: (event) => seen.push(commentOf(event)),
      onCurrent: (current) => changes.push(current),
    });
    open.push(() => follower.close());
    await follower.caughtUp;
    expect(follower.isCurrent()).toBe(true);
    expect(seen).toStrictEqual(['0']);
    for (let round = 1; round <= 3; round += 1) {
      await nats.kill();
      await eventually(() => expect(follower.isCurrent()).toBe(false));
      await nats.restart();
      await until(() => comment(store, id, String(round)));
      await eventually(() => expect(seen).toHaveLength(round + 1));
      await eventually(() => expect(follower.isCurrent()).toBe(true));
    }
    expect(seen).toStrictEqual(['0', '1', '2', '3']);
    expect(changes.filter((current) => !current).length).toBeGreaterThanOrEqual(3);
  });

  it('notices that the server hangs', async () => {
    const follower = followAccessEvents(connection, { onEvent: () => undefined });
    open.push(() => follower.close());
    await follower.caughtUp;
    await nats.pause();
    try {
      await eventually(() => expect(follower.isCurrent()).toBe(false));
    } finally {
      await nats.resume();
    }
    await eventually(() => expect(follower.isCurrent()).toBe(true));
  });
});

describe('a follower of the trust bundle', () => {
  it('gets bundles published before and after a restart', async () => {
    const bundle = (revision: number): TrustBundle => ({
      revision,
      publishedAt: '2026-01-05T09:00:00.000Z',
      issuers: [],
    });
    const seen: number[] = [];
    await publishTrustBundle(connection, bundle(1));
    const follower = await followTrustBundle(connection, ({ revision }) => seen.push(revision));
    open.push(() => follower.close());
    await crash();
    await until(() => publishTrustBundle(connection, bundle(2)));
    await eventually(() => expect(seen).toStrictEqual([1, 2]));
    await publishTrustBundle(connection, bundle(3));
    await eventually(() => expect(seen).toStrictEqual([1, 2, 3]));
  });
});

describe('the command log', () => {
  it('keeps records while the server is away, and stores each once when it is back', async () => {
    const log = new LogUnderTest(connection);
    const [before, during] = [commandStarted(), commandStarted()];
    await log.record(before);
    await nats.kill();
    await expect(log.record(during)).rejects.toBe('command_log_unavailable');
    expect(log.refusal).toBe('command_log_unavailable');
    await nats.restart();
    await eventually(() => expect(log.records).toBe(0));
    expect(log.refusal).toBeUndefined();
    expect(await storedCommands(connection)).toStrictEqual([before, during]);
    expect(await log.close(1_000)).toBe(0);
  });

  // Longer than five seconds is no short one, even if it is only the test that is slow.
  it('does not refuse for a short absence', { retry: 3 }, async () => {
    const log = new LogUnderTest(connection);
    await nats.kill();
    const record = commandStarted();
    const recorded = log.record(record);
    await nats.restart();
    await recorded;
    expect(await storedCommands(connection)).toStrictEqual([record]);
    await log.close(1_000);
  });
});
