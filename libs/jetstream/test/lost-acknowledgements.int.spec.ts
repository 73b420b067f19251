import { randomUUID } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent, CommandRecord } from '@drawbridge/contracts';
import type { Append, EventStore, RecordedEvent } from '@drawbridge/kernel';
import {
  eventually,
  type NatsRelay,
  requireNothingWaits,
  startNats,
  startNatsRelay,
  type TestNats,
} from '@drawbridge/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  followAccessEvents,
  JetStreamStrategy,
  type JetStreamConnection,
} from '../src/index.js';
import { BatchPublisher } from '../src/batch-publisher.js';
import { batchOf } from '../src/command-batch.js';
import { comment, commented, commentOf } from './access-events.js';
import { commandEnded, commandStarted } from './command-records.js';
import { LogUnderTest, storedCommands } from './log-under-test.js';
import { listen } from './nest-application.js';

let nats: TestNats;
let relay: NatsRelay;
/** Through the relay, and straight to the server. */
let relayed: JetStreamConnection;
let direct: JetStreamConnection;
let store: EventStore<AccessEvent>;
let truth: EventStore<AccessEvent>;

beforeEach(async () => {
  nats = await startNats();
  relay = await startNatsRelay(nats.servers);
  direct = await connectJetStream({ servers: nats.servers, name: 'direct' });
  await declareStreams(direct, { replicas: 1 });
  relayed = await connectJetStream({ servers: relay.url, name: 'relayed' });
  store = accessEventStore(relayed, 'approval');
  truth = accessEventStore(direct, 'approval');
});
afterEach(async () => {
  await relayed.close();
  await direct.close();
  await relay.close();
  await nats.stop();
});

const textsOf = async (id: string) => (await truth.load(id)).events.map(commentOf);
const restored = async () => {
  relay.restore();
  await eventually(() => expect(relayed.connected).toBe(false), { timeoutMs: 3_000 }).catch(
    () => undefined,
  );
  await eventually(() => expect(relayed.connected).toBe(true));
};

/** Lets the load pass and then loses every answer, so that the append is stored and not acknowledged. */
const losing = (inner: EventStore<AccessEvent>): EventStore<AccessEvent> => ({
  load: (id) => inner.load(id),
  append: (append) => {
    relay.mute();
    return inner.append(append);
  },
});

it('an event that was stored but not acknowledged is not stored again by the repeated command', async () => {
  const id = randomUUID();
  await comment(store, id, 'first');
  await expect(comment(losing(store), id, 'second')).rejects.toMatchObject({
    code: 'event_store_unavailable',
  });
  expect(await textsOf(id)).toStrictEqual(['first', 'second']);
  await restored();
  const { appended } = await comment(store, id, 'second');
  expect(appended).toBeUndefined();
  await comment(store, id, 'third');
  expect(await textsOf(id)).toStrictEqual(['first', 'second', 'third']);
});

it('the very same append, repeated, is a conflict: what it expected is no longer so', async () => {
  const id = randomUUID();
  const { position } = await store.load(id);
  const append: Append<AccessEvent> = {
    aggregateId: id,
    position,
    event: commented('once'),
    metadata: {
      id: randomUUID(),
      causationId: 'test',
      actor: { kind: 'service', id: 'approval' },
      at: '2026-01-05T09:00:00.000Z',
    },
  };
  await expect(losing(store).append(append)).rejects.toMatchObject({
    code: 'event_store_unavailable',
  });
  await restored();
  await expect(store.append(append)).rejects.toMatchObject({ code: 'append_conflict' });
  expect(await textsOf(id)).toStrictEqual(['once']);
});

it('records that were stored but not acknowledged are stored once', async () => {
  const log = new LogUnderTest(relayed);
  const [first, second, ended] = [commandStarted(), commandStarted(), commandStarted()];
  await log.record(first);
  relay.mute();
  const unknown = log.record(second);
  // It has arrived, and only its answer is lost.
  await eventually(async () => expect(await storedCommands(direct)).toHaveLength(2));
  await expect(unknown).rejects.toBe('command_log_unavailable');
  log.end(commandEnded(ended));
  await restored();
  await eventually(() => expect(log.records).toBe(0));
  expect(await storedCommands(direct)).toStrictEqual([first, second, commandEnded(ended)]);
  await log.close(1_000);
});

it('a message is stored once also when the stream has forgotten its id', async () => {
  const info = await direct.manager.streams.info('COMMANDS');
  await direct.manager.streams.update('COMMANDS', {
    ...info.config,
    duplicate_window: 100_000_000,
  });
  const publisher = new BatchPublisher(relayed, 0);
  const messageOf = (record: CommandRecord) => ({
    id: record.commandId,
    bytes: batchOf([JSON.stringify(record)]),
  });
  const [first, second, third] = [commandStarted(), commandStarted(), commandStarted()];
  await publisher.publish(messageOf(first));
  relay.mute();
  const [lost, other] = [messageOf(second), messageOf(third)];
  const attempts = Promise.allSettled([publisher.publish(lost), publisher.publish(other)]);
  await eventually(async () => expect(await storedCommands(direct)).toHaveLength(3));
  expect(await attempts).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  await restored();
  await publisher.publish(other);
  await publisher.publish(lost);
  expect(await storedCommands(direct)).toStrictEqual([first, second, third]);
  publisher.close();
});

it('an event whose acknowledgement was lost comes again, and has its effect once', async () => {
  const id = randomUUID();
  let calls = 0;
  @Controller()
  class Echo {
    @EventPattern('ApprovalGiven')
    async on(@Payload() event: RecordedEvent<AccessEvent>) {
      if (commentOf(event) !== 'asked') return;
      calls += 1;
      await comment(truth, event.aggregateId, 'answered');
      if (calls > 1) return;
      // The connection dies before the acknowledgement is sent.
      await relay.close();
    }
  }
  const options = {
    connection: relayed,
    stream: 'ACCESS',
    durable: 'echo',
    ackWaitMs: 1_000,
  } as const;
  const app = await listen(Echo, new JetStreamStrategy(options));
  await comment(truth, id, 'asked');
  await eventually(() => expect(calls).toBe(1));
  // This process does not get through any more; another one takes over.
  const second = await listen(Echo, new JetStreamStrategy({ ...options, connection: direct }));
  await eventually(() => requireNothingWaits(direct.manager, 'ACCESS', 'echo'));
  expect(calls).toBe(2);
  expect(await textsOf(id)).toStrictEqual(['asked', 'answered']);
  await second.close();
  await app.close();
});

it('a follower that hears nothing any more is not current, and catches up', async () => {
  const id = randomUUID();
  const seen: string[] = [];
  const follower = followAccessEvents(relayed, { onEvent: (event) => seen.push(commentOf(event)) });
  await follower.caughtUp;
  await comment(truth, id, 'one');
  await eventually(() => expect(seen).toStrictEqual(['one']));
  relay.mute();
  await comment(truth, id, 'two');
  await eventually(() => expect(follower.isCurrent()).toBe(false));
  expect(seen).toStrictEqual(['one']);
  await restored();
  await eventually(() => expect(seen).toStrictEqual(['one', 'two']));
  await eventually(() => expect(follower.isCurrent()).toBe(true));
  await follower.close();
});
