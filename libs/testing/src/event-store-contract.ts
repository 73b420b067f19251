import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  EventStoreError,
  handleCommand,
  type Append,
  type Decider,
  type EventMetadata,
  type EventStore,
  type History,
} from '@drawbridge/kernel';

/** A store that may append the events of `approval`. */
export interface EventStoreUnderTest {
  readonly store: EventStore<AccessEvent>;
  /** Another view of the same store, as a second process has it. */
  readonly other: EventStore<AccessEvent>;
}

const at = '2026-01-05T09:00:00.000Z';
const approver: Principal = {
  kind: 'human',
  issuer: 'https://idp.test',
  subject: 'alice',
  groups: [],
};

const approval = (comment: string): AccessEvent => ({
  type: 'ApprovalGiven',
  data: { approver, via: 'http', comment },
});
const commentOf = (event: AccessEvent) =>
  event.type === 'ApprovalGiven' ? event.data.comment : undefined;

const metadata = (id: string = randomUUID()): EventMetadata => ({
  id,
  causationId: 'cause',
  actor: { kind: 'service', id: 'approval' },
  at,
});

/** Appends its comment unless it stands there already: the shape of every idempotent decider. */
const comments: Decider<readonly string[], string, AccessEvent> = {
  initial: [],
  decide: (comment, state) => (state.includes(comment) ? undefined : approval(comment)),
  evolve: (state, event) => [...state, commentOf(event) ?? ''],
};

const next = ({ position }: History<AccessEvent>, aggregateId: string): Append<AccessEvent> => ({
  aggregateId,
  position,
  event: approval('next'),
  metadata: metadata(),
});

/** What every {@link EventStore} must do; run it on each implementation. */
export function describeEventStoreContract(name: string, given: () => EventStoreUnderTest): void {
  describe(`${name} as an event store`, () => {
    describeHistories(given);
    describeContents(given);
    describeConflicts(given);
    describeRaces(given);
  });
}

function describeHistories(given: () => EventStoreUnderTest): void {
  it('has an empty history for an aggregate it does not know', async () => {
    expect(await given().store.load(randomUUID())).toStrictEqual({
      events: [],
      position: { lastSequence: 0 },
    });
  });

  it.each(['*', '>', 'a.b', '', ' ', '../x', 'a\r\nPUB x 0'])(
    'has an empty history for the impossible id %j',
    async (id) => {
      const { store } = given();
      await append(store, randomUUID(), 'someone else');
      expect((await store.load(id)).events).toStrictEqual([]);
    },
  );

  it('gives back what was appended, in order, with its metadata', async () => {
    const { store, other } = given();
    const aggregateId = randomUUID();
    const { position: between, ...first } = await append(store, aggregateId, 'one');
    expect(between).toStrictEqual((await other.load(aggregateId)).position);
    const { position: end, ...second } = await append(store, aggregateId, 'two');
    const { events, position } = await other.load(aggregateId);
    expect(end).toStrictEqual(position);
    expect(events).toStrictEqual([first, second]);
    expect(second).toMatchObject({ aggregateId, causationId: 'cause', at });
    expect(second.actor).toStrictEqual({ kind: 'service', id: 'approval' });
    expect(position.lastSequence).toBe(second.sequence);
    expect(second.sequence).toBeGreaterThan(first.sequence);
  });
}

function describeContents(given: () => EventStoreUnderTest): void {
  it('keeps text as it is, whatever it holds', async () => {
    const { store } = given();
    const aggregateId = randomUUID();
    const comment = 'ünï\u0000\u202e \ud83d\ude00 "\\" </script>';
    await append(store, aggregateId, comment);
    const { events } = await store.load(aggregateId);
    expect(events.map(({ event }) => commentOf(event))).toStrictEqual([comment]);
  });

  it('tells a hash that changes with every event', async () => {
    const { store } = given();
    const aggregateId = randomUUID();
    const hashes = new Set<string | undefined>();
    for (const comment of ['one', 'two', 'three']) {
      await append(store, aggregateId, comment);
      hashes.add((await store.load(aggregateId)).position.lastHash);
    }
    expect(hashes.size).toBe(3);
    expect([...hashes].every((hash) => /^[0-9a-f]{64}$/.test(hash ?? ''))).toBe(true);
  });

  it('keeps aggregates apart', async () => {
    const { store } = given();
    const [one, two] = [randomUUID(), randomUUID()];
    await append(store, one, 'one');
    await append(store, two, 'two');
    await append(store, one, 'three');
    const texts = async (id: string) =>
      (await store.load(id)).events.map(({ event }) => commentOf(event));
    expect(await texts(one)).toStrictEqual(['one', 'three']);
    expect(await texts(two)).toStrictEqual(['two']);
  });

  it('gives out copies: changing them changes nothing in the store', async () => {
    const { store } = given();
    const aggregateId = randomUUID();
    await append(store, aggregateId, 'one');
    const { events } = await store.load(aggregateId);
    Reflect.set(events[0]?.event.data ?? {}, 'comment', 'changed');
    const again = await store.load(aggregateId);
    expect(again.events.map(({ event }) => commentOf(event))).toStrictEqual(['one']);
  });

  it('loads a history of 600 events whole', { timeout: 120_000 }, async () => {
    const { store } = given();
    const aggregateId = randomUUID();
    const noise = randomUUID();
    for (let number = 0; number < 600; number += 1) {
      await append(store, aggregateId, String(number));
      if (number % 100 === 0) await append(store, noise, 'noise');
    }
    const { events } = await store.load(aggregateId);
    const expected = Array.from({ length: 600 }, (_, number) => String(number));
    expect(events.map(({ event }) => commentOf(event))).toStrictEqual(expected);
  });
}

function describeConflicts(given: () => EventStoreUnderTest): void {
  it('refuses an append on a position that is no longer the last, and stores nothing', async () => {
    const { store, other } = given();
    const aggregateId = randomUUID();
    const before = await store.load(aggregateId);
    await append(other, aggregateId, 'first');
    await expect(store.append(next(before, aggregateId))).rejects.toMatchObject({
      code: 'append_conflict',
    });
    expect((await store.load(aggregateId)).events).toHaveLength(1);
  });

  it('refuses an append on a position that the aggregate has not reached', async () => {
    const { store } = given();
    const ahead = { events: [], position: { lastSequence: 9_999_999 } };
    await expect(store.append(next(ahead, randomUUID()))).rejects.toBeInstanceOf(EventStoreError);
  });

  it('stores an event once when the same append is made again', async () => {
    const { store, other } = given();
    const aggregateId = randomUUID();
    const again = next(await store.load(aggregateId), aggregateId);
    const first = await store.append(again);
    const repeated = await other.append(again).catch((error: unknown) => error);
    // A store may know the id and confirm it, or only see that the position has moved on.
    if (repeated instanceof EventStoreError) expect(repeated.code).toBe('append_conflict');
    else expect(repeated).toStrictEqual(first);
    const { events, position } = await store.load(aggregateId);
    expect(events.map((event) => ({ ...event, position }))).toStrictEqual([first]);
  });

  it('does not lose a second event that was given the id of another', async () => {
    const { store } = given();
    const [one, two] = [randomUUID(), randomUUID()];
    const id = randomUUID();
    const position = { lastSequence: 0 };
    await store.append({
      aggregateId: one,
      position,
      event: approval('a'),
      metadata: metadata(id),
    });
    const reused = store.append({
      aggregateId: two,
      position,
      event: approval('b'),
      metadata: metadata(id),
    });
    await expect(reused).rejects.toMatchObject({ code: 'append_conflict' });
    expect((await store.load(two)).events).toStrictEqual([]);
  });
}

function describeRaces(given: () => EventStoreUnderTest): void {
  it('lets exactly one of many writers at one position win', async () => {
    const { store, other } = given();
    const aggregateId = randomUUID();
    const before = await store.load(aggregateId);
    const writers = Array.from({ length: 20 }, (_, number) =>
      (number % 2 === 0 ? store : other).append(next(before, aggregateId)),
    );
    const results = await Promise.allSettled(writers);
    const lost = results.filter((result) => result.status === 'rejected');
    expect(results.length - lost.length).toBe(1);
    expect(lost.every(({ reason }) => isConflict(reason))).toBe(true);
    expect((await store.load(aggregateId)).events).toHaveLength(1);
  });

  it('lets 50 racing commands all land exactly once', { timeout: 60_000 }, async () => {
    const { store, other } = given();
    const aggregateId = randomUUID();
    const wanted = Array.from({ length: 50 }, (_, number) => `comment ${number}`);
    await Promise.all(
      wanted.map((command, number) => land(number % 2 === 0 ? store : other, aggregateId, command)),
    );
    const { events } = await store.load(aggregateId);
    const landed = events.map(({ event }) => commentOf(event) ?? '');
    expect(landed.toSorted()).toStrictEqual(wanted.toSorted());
  });
}

/** As a message handler does: a command that lost too many races is tried again later. */
async function land(
  store: EventStore<AccessEvent>,
  aggregateId: string,
  command: string,
): Promise<void> {
  for (;;) {
    try {
      await handleCommand(store, comments, { aggregateId, command, metadata: metadata() });
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof EventStoreError && error.code === 'append_conflict';

async function append(store: EventStore<AccessEvent>, aggregateId: string, comment: string) {
  const { position } = await store.load(aggregateId);
  return store.append({
    aggregateId,
    position,
    event: approval(comment),
    metadata: metadata(),
  });
}
