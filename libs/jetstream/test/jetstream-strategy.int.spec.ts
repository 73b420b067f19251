import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent } from '@drawbridge/contracts';
import { AppError, type EventStore, type RecordedEvent } from '@drawbridge/kernel';
import { eventually, requireNothingWaits, startNats, type TestNats } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  JetStreamStrategy,
  ParkedHeaders,
  type JetStreamConnection,
  type JetStreamStrategyOptions,
} from '../src/index.js';
import { comment, commentOf } from './access-events.js';
import { listen } from './nest-application.js';

type Event = RecordedEvent<AccessEvent>;

let nats: TestNats;
let connection: JetStreamConnection;
let store: EventStore<AccessEvent>;
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'strategy' });
  await declareStreams(connection, { replicas: 1 });
  store = accessEventStore(connection, 'approval');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

/** Only events of this test reach the handler: the stream is shared and never emptied. */
let mine = '';
let durable = '';
beforeEach(() => {
  mine = randomUUID();
  durable = `test-${randomUUID().slice(0, 8)}`;
});
const text = (word: string | number) => `${mine} ${word}`;
const wordOf = (event: Event) => commentOf(event).slice(mine.length + 1);

interface Consumer {
  readonly app: INestMicroservice;
  readonly strategy: JetStreamStrategy;
}

async function consume(
  handle: (event: Event) => unknown,
  options: Partial<JetStreamStrategyOptions> = {},
): Promise<Consumer> {
  @Controller()
  class Comments {
    @EventPattern('ApprovalGiven')
    on(@Payload() event: Event) {
      return commentOf(event).startsWith(mine) ? handle(event) : undefined;
    }
  }
  const strategy = new JetStreamStrategy({ connection, stream: 'ACCESS', durable, ...options });
  const app = await listen(Comments, strategy);
  open.push(() => app.close());
  return { app, strategy };
}

const settled = () => eventually(() => requireNothingWaits(connection.manager, 'ACCESS', durable));

describe('delivery', () => {
  it('hands the recorded event to the handler of its type, once, and acknowledges it', async () => {
    const id = randomUUID();
    const { appended } = await comment(store, id, text('one'));
    const seen: Event[] = [];
    const { strategy } = await consume((event) => seen.push(event));
    await settled();
    expect(seen).toHaveLength(1);
    // Beside it, what was appended says where the next one goes.
    expect(appended).toMatchObject(seen[0] ?? {});
    await eventually(() =>
      expect(strategy.health()).toMatchObject({ connected: true, pending: 0, inFlight: 0 }),
    );
    expect(strategy.health().lastError).toBeUndefined();
  });

  it('acknowledges an event that has no handler', async () => {
    @Controller()
    class Deaf {
      @EventPattern('GrantIssued')
      on(@Payload() event: Event) {
        throw new Error(`never ${event.id}`);
      }
    }
    await comment(store, randomUUID(), text('one'));
    const strategy = new JetStreamStrategy({ connection, stream: 'ACCESS', durable });
    const app = await listen(Deaf, strategy);
    open.push(() => app.close());
    await settled();
    expect(strategy.health().parked).toBe(0);
  });

  it('delivers an event again, later and later, until its handler succeeds', async () => {
    await comment(store, randomUUID(), text('one'));
    const at: number[] = [];
    const codes: (string | undefined)[] = [];
    const { strategy } = await consume(() => {
      codes.push(strategy.health().lastError);
      at.push(Date.now());
      if (at.length < 3) throw new AppError('not_now', 'later');
    });
    await settled();
    expect(at).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(900);
    expect(third - second).toBeGreaterThanOrEqual(1_900);
    expect(codes).toStrictEqual([undefined, 'not_now', 'not_now']);
    expect(strategy.health().lastError).toBeUndefined();
  });

  it('waits for every one of several handlers of a type', async () => {
    const seen: string[] = [];
    @Controller()
    class Two {
      @EventPattern('ApprovalGiven')
      one(@Payload() event: Event) {
        if (commentOf(event).startsWith(mine)) seen.push('one');
      }
      @EventPattern('ApprovalGiven')
      async two(@Payload() event: Event) {
        await delay(200);
        if (commentOf(event).startsWith(mine)) seen.push('two');
      }
    }
    await comment(store, randomUUID(), text('x'));
    const app = await listen(Two, new JetStreamStrategy({ connection, stream: 'ACCESS', durable }));
    open.push(() => app.close());
    await settled();
    expect(seen).toContain('two');
  });

  it('shares the events between two replicas', async () => {
    const ids = Array.from({ length: 60 }, () => randomUUID());
    await Promise.all(ids.map((id) => comment(store, id, text('x'))));
    const seen = { one: new Set<string>(), two: new Set<string>() };
    const both = Promise.withResolvers<undefined>();
    const handle = (replica: Set<string>) => async (event: Event) => {
      replica.add(event.aggregateId);
      if (seen.one.size > 0 && seen.two.size > 0) both.resolve(undefined);
      await both.promise;
    };
    await consume(handle(seen.one), { concurrency: 4 });
    await consume(handle(seen.two), { concurrency: 4 });
    await settled();
    expect([...seen.one, ...seen.two].toSorted()).toStrictEqual(ids.toSorted());
    expect([...seen.one].filter((id) => seen.two.has(id))).toStrictEqual([]);
    expect(Math.min(seen.one.size, seen.two.size)).toBeGreaterThan(0);
  });
});

describe('concurrency', () => {
  it('never runs more handlers than allowed, and as many as allowed', async () => {
    const ids = Array.from({ length: 30 }, () => randomUUID());
    await Promise.all(ids.map((id) => comment(store, id, text('x'))));
    let running = 0;
    let most = 0;
    const full = Promise.withResolvers<undefined>();
    await consume(
      async () => {
        running += 1;
        most = Math.max(most, running);
        if (most === 5) full.resolve(undefined);
        await full.promise;
        await delay(30);
        running -= 1;
      },
      { concurrency: 5 },
    );
    await settled();
    expect(most).toBe(5);
  });

  it('handles the events of one aggregate one after another, in order', async () => {
    const id = randomUUID();
    for (let word = 0; word < 10; word += 1) await comment(store, id, text(word));
    const log: string[] = [];
    await consume(async (event) => {
      log.push(`start ${wordOf(event)}`);
      await delay(10 - Number(wordOf(event)));
      log.push(`end ${wordOf(event)}`);
    });
    await settled();
    const words = Array.from({ length: 10 }, (_, word) => [`start ${word}`, `end ${word}`]);
    expect(log).toStrictEqual(words.flat());
  });

  it('keeps a slow handler alive beyond the acknowledgement time: no replica gets its event', async () => {
    await comment(store, randomUUID(), text('slow'));
    let runs = 0;
    const slow = async () => {
      runs += 1;
      await delay(6_000);
    };
    await consume(slow, { ackWaitMs: 2_500 });
    await consume(slow, { ackWaitMs: 2_500 });
    await settled();
    expect(runs).toBe(1);
  });

  it('keeps an event alive that waits behind a slow one of its aggregate', async () => {
    const id = randomUUID();
    await comment(store, id, text('slow'));
    await comment(store, id, text('next'));
    const runs: string[] = [];
    await consume(
      async (event) => {
        runs.push(wordOf(event));
        if (wordOf(event) === 'slow') await delay(6_000);
      },
      { ackWaitMs: 2_500 },
    );
    await settled();
    expect(runs).toStrictEqual(['slow', 'next']);
  });
});

describe('poison', () => {
  const parkedOf = async () => {
    const message = await connection.manager.streams.getMessage('PARKED', {
      last_by_subj: `drawbridge.parked.${durable}`,
    });
    return message === null
      ? undefined
      : {
          text: message.string(),
          headers: Object.fromEntries(
            Object.values(ParkedHeaders).map((name) => [name, message.header.get(name)]),
          ),
        };
  };

  it('is parked, byte for byte, with where it came from; what follows is handled', async () => {
    const subject = `drawbridge.access.${randomUUID()}`;
    const { seq } = await connection.jetstream.publish(subject, '{"poison": true }');
    await comment(store, randomUUID(), text('after'));
    const seen: string[] = [];
    const { strategy } = await consume((event) => seen.push(wordOf(event)));
    await settled();
    expect(seen).toStrictEqual(['after']);
    expect(await parkedOf()).toStrictEqual({
      text: '{"poison": true }',
      headers: {
        'Drawbridge-Stream': 'ACCESS',
        'Drawbridge-Sequence': String(seq),
        'Drawbridge-Subject': subject,
        'Drawbridge-Consumer': durable,
        'Drawbridge-Error-Code': 'unreadable_event',
        'Drawbridge-Deliveries': '1',
        // All of the message.
        'Drawbridge-Line': '',
      },
    });
    expect(strategy.health().parked).toBeGreaterThanOrEqual(1);
  });

  it('is still counted by the next process', async () => {
    await connection.jetstream.publish(`drawbridge.access.${randomUUID()}`, 'poison');
    const first = await consume(() => undefined);
    await settled();
    const { parked } = first.strategy.health();
    await first.app.close();
    const second = await consume(() => undefined);
    expect(parked).toBeGreaterThanOrEqual(1);
    expect(second.strategy.health().parked).toBe(parked);
  });

  it('is what fails as often as parkAfter says', async () => {
    await comment(store, randomUUID(), text('x'));
    let runs = 0;
    await consume(
      () => {
        runs += 1;
        throw new AppError('always_wrong', 'no');
      },
      { parkAfter: 2 },
    );
    await eventually(async () => {
      expect((await parkedOf())?.headers).toMatchObject({
        'Drawbridge-Error-Code': 'always_wrong',
        'Drawbridge-Deliveries': '2',
      });
    });
    await settled();
    expect(runs).toBe(2);
  });
});

describe('closing', () => {
  it('lets a running handler finish and acknowledges it', async () => {
    await comment(store, randomUUID(), text('x'));
    let finished = 0;
    const started = Promise.withResolvers<undefined>();
    const { app } = await consume(async () => {
      started.resolve(undefined);
      await delay(500);
      finished += 1;
    });
    await started.promise;
    await app.close();
    expect(finished).toBe(1);
    await settled();
  });

  it('gives a hanging handler up after the drain time, and its event to the next process', async () => {
    await comment(store, randomUUID(), text('x'));
    const started = Promise.withResolvers<undefined>();
    const first = await consume(
      () => {
        started.resolve(undefined);
        return new Promise(() => undefined);
      },
      { drainMs: 200, ackWaitMs: 1_000 },
    );
    await started.promise;
    await first.app.close();
    const seen: string[] = [];
    await consume((event) => seen.push(wordOf(event)), { ackWaitMs: 1_000 });
    await settled();
    expect(seen).toStrictEqual(['x']);
  });

  it('under load loses nothing and hands nothing to two processes', async () => {
    const ids = Array.from({ length: 300 }, () => randomUUID());
    await Promise.all(ids.map((id) => comment(store, id, text('x'))));
    const seen: string[] = [];
    const half = Promise.withResolvers<undefined>();
    const handle = async (event: Event) => {
      await delay(5);
      seen.push(event.aggregateId);
      if (seen.length === 100) half.resolve(undefined);
    };
    const first = await consume(handle, { ackWaitMs: 2_000 });
    await half.promise;
    await first.app.close();
    expect(seen.length).toBeLessThan(300);
    await consume(handle, { ackWaitMs: 2_000 });
    await settled();
    expect(seen.toSorted()).toStrictEqual(ids.toSorted());
  });
});

describe('a consumer that the server lost', () => {
  it('is made again and goes on', async () => {
    const seen: string[] = [];
    const { strategy } = await consume((event) => seen.push(wordOf(event)));
    await comment(store, randomUUID(), text('one'));
    await eventually(() => expect(seen).toContain('one'));
    await connection.manager.consumers.delete('ACCESS', durable);
    await comment(store, randomUUID(), text('two'));
    await eventually(() => expect(seen).toContain('two'));
    await eventually(() => expect(strategy.health().connected).toBe(true));
  });
});
