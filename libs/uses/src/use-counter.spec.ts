import { randomUUID } from 'node:crypto';
import type { GrantLimits, UseEvent } from '@drawbridge/contracts';
import { EventStoreError, type Append, type Appended } from '@drawbridge/kernel';
import { InMemoryEventStore } from '@drawbridge/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UseCounter, type LimitedCall } from './use-counter.js';

const grant = {
  grantId: randomUUID(),
  accessRequestId: randomUUID(),
  issuer: 'https://idp.corp.test',
  subject: 'agent-oncall',
};
const call = (limits: GrantLimits, isChange = false): LimitedCall => ({
  grant,
  limits,
  isChange,
  commandId: randomUUID(),
});
const counterOf = (store: InMemoryEventStore<UseEvent>) =>
  new UseCounter({
    store,
    clock: () => new Date('2026-01-05T09:00:00Z'),
    newId: () => randomUUID(),
  });
const outcome = async (counting: Promise<unknown>): Promise<string> => {
  try {
    await counting;
    return 'counted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** Fails when it is told to: before it stores, or behind it. */
class BadStore extends InMemoryEventStore<UseEvent> {
  fails: 'before' | 'behind' | undefined;

  override async append(append: Append<UseEvent>): Promise<Appended<UseEvent>> {
    const how = this.fails;
    this.fails = undefined;
    if (how === 'before') throw new EventStoreError('event_store_unavailable', 'away');
    const recorded = await super.append(append);
    if (how === 'behind') throw new EventStoreError('event_store_unavailable', 'away');
    return recorded;
  }
}

describe('counting', () => {
  it('says which call is the last', async () => {
    const counter = counterOf(new InMemoryEventStore());
    expect(await counter.count(call({ maxCalls: 2 }))).toStrictEqual({ isLast: false });
    expect(await counter.count(call({ maxCalls: 2 }))).toStrictEqual({ isLast: true });
  });

  it('names the agent as who did it, and the call as the cause', async () => {
    const store = new InMemoryEventStore<UseEvent>();
    const counted = call({ maxCalls: 2 });
    await counterOf(store).count(counted);
    expect(store.log).toMatchObject([
      {
        aggregateId: grant.grantId,
        causationId: counted.commandId,
        actor: { kind: 'agent', id: 'https://idp.corp.test#agent-oncall' },
      },
    ]);
  });

  it('gives a hundred places to a hundred of many, at eight replicas at once', async () => {
    const store = new InMemoryEventStore<UseEvent>();
    const counters = Array.from({ length: 8 }, () => counterOf(store));
    const all = counters.flatMap((counter) =>
      Array.from({ length: 40 }, () => outcome(counter.count(call({ maxCalls: 100 })))),
    );
    const outcomes = await Promise.all(all);
    expect(outcomes.filter((code) => code === 'counted')).toHaveLength(100);
    expect(outcomes.filter((code) => code === 'grant_used_up')).toHaveLength(220);
    expect(store.log).toHaveLength(100);
  });

  it.each([
    ['before', 10],
    ['behind', 9],
  ] as const)('never lets one more pass when the store fails %s storing', async (fails, left) => {
    const store = new BadStore();
    const counter = counterOf(store);
    store.fails = fails;
    const limits = { maxCalls: 10 };
    expect(await outcome(counter.count(call(limits)))).toBe('grant_use_uncounted');
    const outcomes = [];
    for (let index = 0; index < 20; index += 1) {
      outcomes.push(await outcome(counter.count(call(limits))));
    }
    expect(outcomes.filter((code) => code === 'counted')).toHaveLength(left);
  });

  it('fails at once for all who waited behind one whose store failed', async () => {
    const store = new BadStore();
    const counter = counterOf(store);
    store.fails = 'before';
    const waiting = [1, 2, 3].map(() => outcome(counter.count(call({ maxCalls: 10 }))));
    expect(new Set(await Promise.all(waiting))).toStrictEqual(new Set(['grant_use_uncounted']));
    expect(await outcome(counter.count(call({ maxCalls: 10 })))).toBe('counted');
  });

  it('refuses without a look at the history once it knows', async () => {
    const store = new InMemoryEventStore<UseEvent>();
    const counter = counterOf(store);
    await counter.count(call({ maxCalls: 1 }));
    store.load = () => Promise.reject(new Error('not looked at'));
    expect(await outcome(counter.count(call({ maxCalls: 1 })))).toBe('grant_used_up');
  });

  it('notes the end of a call, also at another replica and twice', async () => {
    const store = new InMemoryEventStore<UseEvent>();
    const one = call({ maxCalls: 2 });
    await counterOf(store).count(one);
    await counterOf(store).finish(one);
    await counterOf(store).finish(one);
    expect(store.log.map(({ event }) => event.type)).toStrictEqual(['CallCounted', 'CallFinished']);
  });

  it('keeps to every limit, whatever comes in whatever order', async () => {
    const limitsOf = fc.record({
      maxCalls: fc.integer({ min: 1, max: 6 }),
      maxChanges: fc.integer({ min: 1, max: 6 }),
    });
    const calls = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 2 }), isChange: fc.boolean() }),
      { maxLength: 16 },
    );
    await fc.assert(
      fc.asyncProperty(limitsOf, calls, async (limits, plan) => {
        const store = new InMemoryEventStore<UseEvent>();
        const counters = [counterOf(store), counterOf(store), counterOf(store)];
        const outcomes = await Promise.all(
          plan.map(async ({ at, isChange }) => ({
            isChange,
            code: await outcome(counters[at]!.count(call(limits, isChange))),
          })),
        );
        const passed = outcomes.filter(({ code }) => code === 'counted');
        const changes = passed.filter(({ isChange }) => isChange);
        expect(passed.length).toBeLessThanOrEqual(limits.maxCalls);
        expect(changes.length).toBeLessThanOrEqual(limits.maxChanges);
        const isFull = passed.length === limits.maxCalls;
        for (const { code, isChange } of outcomes) {
          if (code === 'counted') continue;
          expect(isFull || (isChange && changes.length === limits.maxChanges)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
