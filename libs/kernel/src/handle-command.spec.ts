import { describe, expect, it } from 'vitest';
import { AppError } from './app-error.js';
import type { Decider } from './decider.js';
import {
  EventStoreError,
  type Append,
  type Appended,
  type EventStore,
  type History,
  type RecordedEvent,
} from './event-store.js';
import { handleCommand } from './handle-command.js';

/** Takes seats of a boat that holds three; the same person sits down once. */
const boat: Decider<readonly string[], string, string> = {
  initial: [],
  decide(person, seated) {
    if (seated.includes(person)) return undefined;
    if (seated.length >= 3) throw new AppError('boat_full', 'the boat is full');
    return person;
  },
  evolve: (seated, person) => [...seated, person],
};

const at = '2026-01-05T09:00:00.000Z';
const metadata = (id: string) => ({
  id,
  causationId: 'cause',
  actor: { kind: 'service', id: 'policy' } as const,
  at,
});
const board = (person: string) => ({
  aggregateId: 'boat',
  command: person,
  metadata: metadata(`event of ${person}`),
});

/** A log in which something can happen between load and append. */
class Log implements EventStore<string> {
  readonly events: RecordedEvent<string>[] = [];
  loads = 0;

  constructor(private readonly beforeAppend: (log: Log) => void = () => undefined) {}

  add(person: string): RecordedEvent<string> {
    const sequence = this.events.length + 1;
    const event = { ...metadata(person), aggregateId: 'boat', event: person, sequence };
    this.events.push(event);
    return event;
  }

  load(): Promise<History<string>> {
    this.loads += 1;
    const lastSequence = this.events.length;
    return Promise.resolve({ events: [...this.events], position: { lastSequence } });
  }

  append({ position, event }: Append<string>): Promise<Appended<string>> {
    this.beforeAppend(this);
    if (position.lastSequence === this.events.length) {
      const added = this.add(event);
      return Promise.resolve({ ...added, position: { lastSequence: added.sequence } });
    }
    return Promise.reject(new EventStoreError('append_conflict', 'someone was first'));
  }
}

const seatsOf = ({ events }: Log) => events.map(({ event }) => event);
/** Calls `act` before the first `times` appends. */
const disturb = (times: number, act: (log: Log, time: number) => void) => {
  let time = 0;
  return (log: Log) => {
    time += 1;
    if (time <= times) act(log, time);
  };
};

describe('handling a command', () => {
  it('decides on the whole history and appends what was decided', async () => {
    const log = new Log();
    log.add('ann');
    const { state, position, appended } = await handleCommand(log, boat, board('bob'));
    expect(state).toStrictEqual(['ann', 'bob']);
    expect(position).toStrictEqual({ lastSequence: 2 });
    expect(appended).toStrictEqual({ ...log.events[1], position });
    expect(seatsOf(log)).toStrictEqual(['ann', 'bob']);
  });

  it('passes aggregate, position and metadata on to the append', async () => {
    const seen: Append<string>[] = [];
    const position = { lastSequence: 7, lastHash: 'abc' };
    const store: EventStore<string> = {
      load: () => Promise.resolve({ events: [], position }),
      append: (append) => {
        seen.push(append);
        return Promise.resolve({
          ...append.metadata,
          aggregateId: 'boat',
          event: 'ann',
          sequence: 8,
          position: { lastSequence: 8, lastHash: 'def' },
        });
      },
    };
    await handleCommand(store, boat, board('ann'));
    const { aggregateId, metadata: given } = board('ann');
    expect(seen).toStrictEqual([{ aggregateId, position, event: 'ann', metadata: given }]);
  });

  it('appends nothing when there is nothing to do', async () => {
    const log = new Log(() => {
      throw new Error('must not append');
    });
    log.add('ann');
    expect(await handleCommand(log, boat, board('ann'))).toStrictEqual({
      state: ['ann'],
      position: { lastSequence: 1 },
    });
  });

  it('lets the refusal of the decider rise, and appends nothing', async () => {
    const log = new Log();
    for (const person of ['ann', 'bob', 'cy']) log.add(person);
    await expect(handleCommand(log, boat, board('dee'))).rejects.toMatchObject({
      code: 'boat_full',
    });
    expect(seatsOf(log)).toStrictEqual(['ann', 'bob', 'cy']);
  });
});

describe('a command right after another', () => {
  it('goes on with what came of that one, and reads nothing', async () => {
    const log = new Log();
    const known = await handleCommand(log, boat, board('ann'));
    expect(log.loads).toBe(1);
    const { state } = await handleCommand(log, boat, { ...board('bob'), known });
    expect(log.loads).toBe(1);
    expect([state, seatsOf(log)]).toStrictEqual([
      ['ann', 'bob'],
      ['ann', 'bob'],
    ]);
  });

  it('reads after all when somebody came between', async () => {
    const log = new Log();
    const known = await handleCommand(log, boat, board('ann'));
    for (const person of ['bob', 'cy']) log.add(person);
    const late = handleCommand(log, boat, { ...board('dee'), known });
    await expect(late).rejects.toMatchObject({ code: 'boat_full' });
    expect([log.loads, seatsOf(log)]).toStrictEqual([2, ['ann', 'bob', 'cy']]);
  });
});

describe('a lost race', () => {
  it('is decided again on what the winner left', async () => {
    const log = new Log(disturb(1, (lost) => lost.add('ann')));
    const { state } = await handleCommand(log, boat, board('bob'));
    expect(state).toStrictEqual(['ann', 'bob']);
    expect(log.loads).toBe(2);
  });

  it('is refused when the winner took the last place', async () => {
    const log = new Log(disturb(1, (lost) => lost.add('cy')));
    for (const person of ['ann', 'bob']) log.add(person);
    await expect(handleCommand(log, boat, board('dee'))).rejects.toMatchObject({
      code: 'boat_full',
    });
    expect(seatsOf(log)).toStrictEqual(['ann', 'bob', 'cy']);
  });

  it('is over when the winner did the same: once, not twice', async () => {
    const log = new Log(disturb(1, (lost) => lost.add('ann')));
    expect(await handleCommand(log, boat, board('ann'))).toStrictEqual({
      state: ['ann'],
      position: { lastSequence: 1 },
    });
    expect(seatsOf(log)).toStrictEqual(['ann']);
  });

  const endless: Decider<number, string, string> = {
    initial: 0,
    decide: (name) => name,
    evolve: (count) => count + 1,
  };

  it('is won at last after seven others were', async () => {
    const log = new Log(disturb(7, (lost, time) => lost.add(`other ${time}`)));
    const { state } = await handleCommand(log, endless, board('ann'));
    expect(state).toBe(8);
    expect(log.loads).toBe(8);
  });

  it('is given up after eight, with the conflict', async () => {
    const log = new Log(disturb(100, (lost, time) => lost.add(`other ${time}`)));
    await expect(handleCommand(log, endless, board('ann'))).rejects.toMatchObject({
      code: 'append_conflict',
    });
    expect(log.loads).toBe(8);
    expect(seatsOf(log)).not.toContain('ann');
  });
});

describe('a store that fails', () => {
  it.each(['event_store_unavailable', 'unreadable_event'] as const)(
    'with %s is not asked again: the caller decides that',
    async (code) => {
      const log = new Log(() => {
        throw new EventStoreError(code, 'failed');
      });
      await expect(handleCommand(log, boat, board('ann'))).rejects.toMatchObject({ code });
      expect(log.loads).toBe(1);
    },
  );

  it('after it stored the event does not make a repeated command store it twice', async () => {
    const log = new Log(
      disturb(1, (stored) => {
        stored.add('ann');
        throw new EventStoreError('event_store_unavailable', 'no acknowledgement');
      }),
    );
    await expect(handleCommand(log, boat, board('ann'))).rejects.toMatchObject({
      code: 'event_store_unavailable',
    });
    expect(await handleCommand(log, boat, board('ann'))).toStrictEqual({
      state: ['ann'],
      position: { lastSequence: 1 },
    });
    expect(seatsOf(log)).toStrictEqual(['ann']);
  });

  it('with a fault of its own lets it rise unchanged', async () => {
    const fault = new TypeError('undefined is not a function');
    const log = new Log(() => {
      throw fault;
    });
    await expect(handleCommand(log, boat, board('ann'))).rejects.toBe(fault);
  });
});
