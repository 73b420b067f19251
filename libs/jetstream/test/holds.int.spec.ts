import { randomUUID } from 'node:crypto';
import type { HoldEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  followHoldEvents,
  holdEventStore,
  type JetStreamConnection,
} from '../src/index.js';
import { commandHeld, holdApproved, writtenBy } from './hold-events.js';

let nats: TestNats;
let connection: JetStreamConnection;

beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'holds' });
  await declareStreams(connection, { replicas: 1 });
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

const hold = async (): Promise<{ holdId: string; sequence: number }> => {
  const holdId = randomUUID();
  const position = { lastSequence: 0 };
  const append = {
    aggregateId: holdId,
    position,
    event: commandHeld,
    metadata: writtenBy('proxy'),
  };
  const { sequence } = await holdEventStore(connection, 'proxy').append(append);
  return { holdId, sequence };
};
const approve = async (holdId: string) => {
  const store = holdEventStore(connection, 'approval');
  const { position } = await store.load(holdId);
  const metadata = writtenBy('approval');
  return store.append({ aggregateId: holdId, position, event: holdApproved, metadata });
};

describe('the history of holds', () => {
  it('is written by the service that may and read by all', async () => {
    const { holdId } = await hold();
    await approve(holdId);
    const { events } = await holdEventStore(connection, 'proxy').load(holdId);
    expect(events.map(({ event }) => event)).toStrictEqual([commandHeld, holdApproved]);
    expect((await accessEventStore(connection, 'proxy').load(holdId)).events).toStrictEqual([]);
  });

  it('takes no approval from the proxy, and no release from approval', async () => {
    const { holdId } = await hold();
    const { position } = await holdEventStore(connection, 'proxy').load(holdId);
    const forge = (event: HoldEvent, writer: 'proxy' | 'approval') => async () => {
      const store = holdEventStore(connection, writer);
      await store.append({ aggregateId: holdId, position, event, metadata: writtenBy(writer) });
    };
    const released: HoldEvent = {
      type: 'CommandReleased',
      data: { commandId: randomUUID(), digest: 'ab'.repeat(32) },
    };
    await expect(forge(holdApproved, 'proxy')()).rejects.toMatchObject({
      code: 'event_writer_wrong',
    });
    await expect(forge(released, 'approval')()).rejects.toMatchObject({
      code: 'event_writer_wrong',
    });
  });

  it('takes one of two events that expect the same position', async () => {
    const { holdId, sequence } = await hold();
    const store = holdEventStore(connection, 'approval');
    const { position } = await store.load(holdId);
    expect(position.lastSequence).toBe(sequence);
    const attempt = () =>
      store.append({
        aggregateId: holdId,
        position,
        event: holdApproved,
        metadata: writtenBy('approval'),
      });
    const results = await Promise.allSettled([attempt(), attempt()]);
    expect(results.map(({ status }) => status).toSorted()).toStrictEqual(['fulfilled', 'rejected']);
    expect((await store.load(holdId)).events).toHaveLength(2);
  });
});

describe('following holds', () => {
  const follow = (since: Date) => {
    const seen: RecordedEvent<HoldEvent>[] = [];
    const follower = followHoldEvents(connection, { since, onEvent: (event) => seen.push(event) });
    return { seen, follower };
  };

  it('passes on what was stored since, and then each new event at once', async () => {
    const { holdId } = await hold();
    const { seen, follower } = follow(new Date(Date.now() - 60_000));
    await follower.caughtUp;
    expect(seen.map(({ aggregateId }) => aggregateId)).toContain(holdId);
    await approve(holdId);
    await eventually(() => expect(seen.at(-1)?.event).toStrictEqual(holdApproved));
    await follower.close();
  });

  it('leaves out what is older, and is current nevertheless', async () => {
    const { holdId } = await hold();
    const { seen, follower } = follow(new Date(Date.now() + 60_000));
    await follower.caughtUp;
    expect(follower.isCurrent()).toBe(true);
    expect(seen).toStrictEqual([]);
    await follower.close();
    expect((await holdEventStore(connection, 'proxy').load(holdId)).events).toHaveLength(1);
  });
});
