import { AppError } from './app-error.js';

/** Who caused an event: an agent or human by `<issuer>#<subject>`, a service by its name. */
export interface Actor {
  readonly kind: 'agent' | 'human' | 'service';
  readonly id: string;
}

/** What an event carries besides its meaning. */
export interface EventMetadata {
  /** UUIDv7 of this event; also the deduplication id of its message. */
  readonly id: string;
  /** The id of what caused it: an earlier event, or the incoming HTTP request. */
  readonly causationId: string;
  readonly actor: Actor;
  /** When the command was accepted: UTC, RFC 3339 with milliseconds. */
  readonly at: string;
}

/** An event as it stands in the store. */
export interface RecordedEvent<Event> extends EventMetadata {
  readonly event: Event;
  /** The aggregate: for access the request id, which is also the correlation id. */
  readonly aggregateId: string;
  /** Position in the whole stream, from 1. */
  readonly sequence: number;
}

/** Where an aggregate's history ends: what the next append expects. */
export interface AggregatePosition {
  /** Stream sequence of the aggregate's last event; 0 when it has none. */
  readonly lastSequence: number;
  /** SHA-256 (hex) of the last event's bytes as stored; absent when it has none. */
  readonly lastHash?: string;
}

export interface History<Event> {
  readonly events: readonly RecordedEvent<Event>[];
  readonly position: AggregatePosition;
}

/** What to add: one event, on one aggregate, right after `position`. */
export interface Append<Event> {
  readonly aggregateId: string;
  readonly position: AggregatePosition;
  readonly event: Event;
  readonly metadata: EventMetadata;
}

/** An event that was just stored, and where its history ends with it. */
export interface Appended<Event> extends RecordedEvent<Event> {
  readonly position: AggregatePosition;
}

/**
 * Thrown by {@link EventStore}. `append_conflict`: another writer was first; load and decide again.
 * `event_store_unavailable`: not acknowledged in time; whether it was stored is unknown until read again.
 * `unreadable_event`: a stored message does not match its schema.
 */
export class EventStoreError extends AppError<
  'append_conflict' | 'event_store_unavailable' | 'unreadable_event'
> {}

/** An append-only log, one history per aggregate. What was appended is never changed or removed. */
export interface EventStore<Event> {
  /** The whole history of one aggregate, oldest first; empty when unknown. */
  load(aggregateId: string): Promise<History<Event>>;
  /** Stores the event durably and returns it, or throws {@link EventStoreError} and stores nothing. */
  append(append: Append<Event>): Promise<Appended<Event>>;
}
