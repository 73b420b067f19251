import { createHash } from 'node:crypto';
import {
  EventStoreError,
  type Append,
  type Appended,
  type EventStore,
  type History,
  type RecordedEvent,
} from '@drawbridge/kernel';

/** The in-memory twin of the JetStream event store: the same contract suite runs on both. */
export class InMemoryEventStore<Event> implements EventStore<Event> {
  readonly #log: RecordedEvent<Event>[] = [];
  readonly #byAggregate = new Map<string, RecordedEvent<Event>[]>();
  readonly #ids = new Set<string>();

  /** Everything appended so far, in stream order. */
  get log(): readonly RecordedEvent<Event>[] {
    return this.#log;
  }

  load(aggregateId: string): Promise<History<Event>> {
    return Promise.resolve(structuredClone(this.#history(aggregateId)));
  }

  append({ aggregateId, position, event, metadata }: Append<Event>): Promise<Appended<Event>> {
    const last = this.#history(aggregateId).position.lastSequence;
    if (last !== position.lastSequence) {
      const message = `"${aggregateId}" ends at sequence ${last}, expected ${position.lastSequence}`;
      return Promise.reject(new EventStoreError('append_conflict', message));
    }
    if (this.#ids.has(metadata.id)) {
      const message = `the event id ${metadata.id} was already used`;
      return Promise.reject(new EventStoreError('append_conflict', message));
    }
    const sequence = this.#log.length + 1;
    const recorded = structuredClone({ ...metadata, aggregateId, event, sequence });
    this.#log.push(recorded);
    this.#ids.add(metadata.id);
    this.#byAggregate.set(aggregateId, [...(this.#byAggregate.get(aggregateId) ?? []), recorded]);
    const end = this.#history(aggregateId).position;
    return Promise.resolve({ ...structuredClone(recorded), position: end });
  }

  #history(aggregateId: string): History<Event> {
    const events = this.#byAggregate.get(aggregateId) ?? [];
    const last = events.at(-1);
    if (last === undefined) return { events, position: { lastSequence: 0 } };
    const lastHash = createHash('sha256').update(JSON.stringify(last)).digest('hex');
    return { events, position: { lastSequence: last.sequence, lastHash } };
  }
}
