import { setImmediate } from 'node:timers/promises';
import {
  type AccessEvent,
  type ServiceName,
  type StopEvent,
  type UseEvent,
} from '@drawbridge/contracts';
import { AppError, EventStoreError, type EventStore, type RecordedEvent } from '@drawbridge/kernel';
import type { GuardedBucket } from '@drawbridge/jetstream';
import { InMemoryEventStore } from '@drawbridge/testing';
import type { Entry, Known } from './journal.js';

/** One life of a process; what it had under way when it was killed never goes on. */
export interface Process {
  readonly service: ServiceName;
  /** How many stops it has heard of. */
  stopsSeen: number;
}

/** How a step to the store ends: well, stored without anybody hearing of it, or not at all. */
export type Outcome = 'well' | 'unheard' | 'not_at_all';

interface Gate {
  readonly process: Process;
  readonly open: (outcome: Outcome) => void;
}

/** One message that a service must acknowledge. */
export interface Delivery {
  readonly service: ServiceName;
  readonly recorded: RecordedEvent<AccessEvent | UseEvent>;
}

interface Task {
  readonly process: Process;
  readonly delivery?: Delivery | undefined;
}

/** Which events each service reacts to, as its controllers say. */
const handled: Readonly<Record<string, readonly ServiceName[]>> = {
  AccessRequested: ['policy'],
  AccessRequestValidated: ['policy', 'approval'],
  AccessRequestApproved: ['policy'],
  AccessRequestWithdrawn: ['policy'],
  RevocationOrdered: ['policy'],
  ExtensionRequested: ['policy'],
  ExtensionOffered: ['policy'],
  ExtensionValidated: ['policy', 'approval'],
  ExtensionApproved: ['policy'],
  ApprovalGiven: ['approval'],
  ApprovalDenied: ['approval'],
  CallFinished: ['policy'],
  GrantGroupLost: ['policy'],
};

/**
 * The one log that all replicas share, where every load, append and acknowledgement waits until the model lets it
 * pass. So any interleaving is one of numbers, and can be shrunk.
 */
export class Bus {
  readonly access = new InMemoryEventStore<AccessEvent>();
  readonly stops = new InMemoryEventStore<StopEvent>();
  readonly uses = new InMemoryEventStore<UseEvent>();
  /** Everything that happened, in its true order. */
  readonly journal: Entry[] = [];
  /** Not acknowledged, and with nobody. */
  readonly waiting: Delivery[] = [];
  readonly past: Delivery[] = [];
  /** Errors that no service may throw. */
  readonly bugs: unknown[] = [];
  readonly counted = { conflicts: 0, unheard: 0, crashed: 0, failed: 0, refusals: 0 };
  readonly #places = new Map<string, { value: unknown; revision: number }>();
  /** When commands were accepted, by the ids of their events. */
  readonly accepted = new Map<string, number>();
  /** The lists of places cannot be read. */
  areListsAway = false;
  nowMs = Date.parse('2026-01-05T09:00:00.000Z');
  #gates: Gate[] = [];
  readonly #tasks = new Set<Task>();

  get underWay(): number {
    return this.#gates.length;
  }

  accessStore(process: Process): EventStore<AccessEvent> {
    return this.#storeOf(this.access, process, (recorded, known) => {
      this.journal.push({ kind: 'access', recorded, ...known });
      this.#deliver(recorded);
    });
  }

  stopStore(process: Process): EventStore<StopEvent> {
    return this.#storeOf(this.stops, process, (recorded, known) => {
      this.journal.push({ kind: 'stop', recorded, ...known });
    });
  }

  useStore(process: Process): EventStore<UseEvent> {
    return this.#storeOf(this.uses, process, (recorded, known) => {
      this.journal.push({ kind: 'use', recorded, ...known });
      this.#deliver(recorded);
    });
  }

  /** The lists of places that processes share. */
  bucket(process: Process): GuardedBucket {
    const placesOf = (key: string) => this.#places.get(key) ?? { value: undefined, revision: 0 };
    return {
      read: async (key) => {
        const outcome = await this.#gate(process);
        if (outcome === 'not_at_all' || this.areListsAway) throw unavailable();
        return placesOf(key);
      },
      write: async (key, value, revision) => {
        const outcome = await this.#gate(process);
        if (outcome === 'not_at_all') throw unavailable();
        const isNewest = placesOf(key).revision === revision;
        if (isNewest) {
          this.#places.set(key, { value, revision: revision + 1 });
          this.journal.push({ kind: 'places', nowMs: this.nowMs, value });
        }
        if (outcome === 'well' && (await this.#gate(process)) === 'well') return isNewest;
        this.counted.unheard += 1;
        throw unavailable();
      },
    };
  }

  /** Begins something; it goes on as its gates are opened. */
  begin(process: Process, work: () => Promise<unknown>, delivery?: Delivery): void {
    const task = { process, delivery };
    this.#tasks.add(task);
    work().then(
      () => this.#tasks.delete(task),
      (error: unknown) => {
        this.#tasks.delete(task);
        if (!(error instanceof AppError)) this.bugs.push(error);
        else this.counted.refusals += 1;
        // Negatively acknowledged: it comes again.
        if (delivery !== undefined) this.waiting.push(delivery);
      },
    );
  }

  /** Lets one step of those that wait happen. */
  async pass(which: number, outcome: Outcome = 'well'): Promise<void> {
    const gate = this.#gates[which % Math.max(this.#gates.length, 1)];
    if (gate === undefined) return;
    this.#gates = this.#gates.filter((other) => other !== gate);
    if (outcome === 'not_at_all') this.counted.failed += 1;
    gate.open(outcome);
    await setImmediate();
  }

  /** Lets everything end that was begun. */
  async settle(): Promise<void> {
    await setImmediate();
    for (let steps = 0; this.#gates.length > 0; steps += 1) {
      if (steps > 20_000) throw new Error('it never ends');
      await this.pass(0);
    }
  }

  /** What this process had under way ends where it is; what it had not acknowledged comes again. */
  kill(process: Process): void {
    this.#gates = this.#gates.filter((gate) => gate.process !== process);
    for (const task of [...this.#tasks].filter((one) => one.process === process)) {
      this.#tasks.delete(task);
      this.counted.crashed += 1;
      if (task.delivery !== undefined) this.waiting.push(task.delivery);
    }
  }

  /** Appended by whoever holds approval's credentials, past its rules. */
  async forge(requestId: string, event: AccessEvent): Promise<void> {
    const { position } = await this.access.load(requestId);
    const { nowMs } = this;
    const id = `forged-${this.journal.length}`;
    const actor = { kind: 'service', id: 'approval' } as const;
    const metadata = { id, causationId: id, actor, at: new Date(nowMs).toISOString() };
    const recorded = await this.access.append({
      aggregateId: requestId,
      position,
      event,
      metadata,
    });
    const decidedAt = this.journal.length;
    this.journal.push({
      kind: 'access',
      recorded,
      nowMs,
      acceptedMs: nowMs,
      decidedAt,
      stopsSeen: 0,
    });
    this.#deliver(recorded);
  }

  #storeOf<Event>(
    inner: EventStore<Event>,
    process: Process,
    onStored: (recorded: RecordedEvent<Event>, known: Known) => void,
  ): EventStore<Event> {
    return {
      load: async (id) => {
        if ((await this.#gate(process)) === 'not_at_all') throw unavailable();
        return inner.load(id);
      },
      append: async (append) => {
        const { stopsSeen, service: writer } = process;
        const known = { decidedAt: this.journal.length, stopsSeen, writer };
        const outcome = await this.#gate(process);
        if (outcome === 'not_at_all') throw unavailable();
        const recorded = await inner.append(append).catch((error: unknown) => {
          this.counted.conflicts += 1;
          throw error;
        });
        const { nowMs } = this;
        const acceptedMs = this.accepted.get(append.metadata.id) ?? nowMs;
        onStored(recorded, { ...known, nowMs, acceptedMs });
        // Killed here: it is stored, and nothing of what was to follow has happened.
        const heard = await this.#gate(process);
        if (outcome === 'well' && heard === 'well') return recorded;
        this.counted.unheard += 1;
        throw unavailable();
      },
    };
  }

  #deliver(recorded: RecordedEvent<AccessEvent | UseEvent>): void {
    for (const service of handled[recorded.event.type] ?? []) {
      this.waiting.push({ service, recorded });
      this.past.push({ service, recorded });
    }
  }

  #gate(process: Process): Promise<Outcome> {
    return new Promise((open) => {
      this.#gates.push({ process, open });
    });
  }
}

const unavailable = () =>
  new EventStoreError('event_store_unavailable', 'nobody knows whether it was stored');
