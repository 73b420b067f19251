import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent } from '@drawbridge/contracts';
import { freePort, startEmbeddedNats, type EmbeddedNats } from '@drawbridge/embedded';
import type { EventStore, RecordedEvent } from '@drawbridge/kernel';
import { describeEventStoreContract, eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  followAccessEvents,
  JetStreamStrategy,
  type JetStreamConnection,
} from '../src/index.js';
import { comment, commentOf } from './access-events.js';
import { listen } from './nest-application.js';

let directory = '';
let nodes: readonly EmbeddedNats[] = [];
let connection: JetStreamConnection;
let second: JetStreamConnection;
let store: EventStore<AccessEvent>;
let other: EventStore<AccessEvent>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-cluster-'));
  const executable = await nativeTool('nats-server');
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `"nats-route://127.0.0.1:${port}"`).join(', ');
  nodes = await Promise.all(
    ports.map((port, number) =>
      startEmbeddedNats({
        executable,
        storeDirectory: join(directory, `node-${number}`),
        sync: 'periodic',
        more: [
          `server_name: node-${number}`,
          `cluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}] }`,
        ].join('\n'),
      }),
    ),
  );
  const servers = nodes.map(({ url }) => url);
  await eventually(
    async () => {
      connection = await connectJetStream({ servers, name: 'first' });
      await declareStreams(connection, { replicas: 3 }).catch(async (error: unknown) => {
        await connection.close();
        throw error;
      });
    },
    { timeoutMs: 120_000 },
  );
  second = await connectJetStream({ servers: servers.toReversed(), name: 'second' });
  store = accessEventStore(connection, 'approval');
  other = accessEventStore(second, 'approval');
});
afterAll(async () => {
  await connection.close();
  await second.close();
  await Promise.all(nodes.map((node) => node.stop()));
  await rm(directory, { recursive: true, force: true });
});

describeEventStoreContract('JetStream with three replicas', () => ({ store, other }));

it('reads its own writes, whichever replica answers', async () => {
  for (let round = 0; round < 200; round += 1) {
    const id = randomUUID();
    await comment(store, id, 'one');
    const [mine, others] = await Promise.all([store.load(id), other.load(id)]);
    expect([mine.events.length, others.events.length]).toStrictEqual([1, 1]);
  }
});

it('goes on with every event exactly once while one server after another is killed', async () => {
  const ids: readonly string[] = Array.from({ length: 40 }, () => randomUUID());
  const followed: string[] = [];
  const follower = followAccessEvents(second, {
    onEvent: (event) => {
      if (ids.includes(event.aggregateId))
        followed.push(`${event.aggregateId} ${commentOf(event)}`);
    },
  });
  @Controller()
  class Echo {
    @EventPattern('ApprovalGiven')
    async on(@Payload() event: RecordedEvent<AccessEvent>) {
      if (!ids.includes(event.aggregateId) || commentOf(event) !== 'asked') return;
      await comment(other, event.aggregateId, 'answered');
    }
  }
  const options = {
    connection: second,
    stream: 'ACCESS',
    durable: 'echo',
    ackWaitMs: 3_000,
  } as const;
  const app = await listen(Echo, new JetStreamStrategy(options));
  const asking = (async () => {
    for (const id of ids) {
      await eventually(() => comment(store, id, 'asked'), { timeoutMs: 120_000 });
      await delay(150);
    }
  })();
  for (const node of nodes) {
    await delay(1_000);
    await node.kill();
    await delay(1_500);
    await node.restart();
  }
  await asking;
  await eventually(
    async () => {
      for (const id of ids) {
        const { events } = await store.load(id);
        expect(events.map(commentOf)).toStrictEqual(['asked', 'answered']);
      }
    },
    { timeoutMs: 120_000 },
  );
  const expected = ids.flatMap((id) => [`${id} asked`, `${id} answered`]);
  await eventually(() => expect(followed.toSorted()).toStrictEqual(expected.toSorted()), {
    timeoutMs: 90_000,
  });
  await eventually(() => expect(follower.isCurrent()).toBe(true));
  await app.close();
  await follower.close();
});
