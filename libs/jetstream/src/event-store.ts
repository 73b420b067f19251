import type {
  AccessEvent,
  AuditTrailEvent,
  HoldEvent,
  ServiceName,
  StopEvent,
  UseEvent,
} from '@drawbridge/contracts';
import {
  EventStoreError,
  type AggregatePosition,
  type Append,
  type Appended,
  type EventStore,
  type History,
  type RecordedEvent,
} from '@drawbridge/kernel';
import {
  decodeEvent,
  encodeEvent,
  isSubjectToken,
  sha256Hex,
  type StoredBytes,
} from './event-envelope.js';
import {
  accessEvents,
  auditTrailEvents,
  holdEvents,
  useEvents,
  stopEvents,
  type EventKind,
  type StoredEvent,
} from './event-kind.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { JetStreamError } from './jetstream-error.js';
import { NotAcknowledged, publishAcknowledged } from './publish-acknowledged.js';
import { readSubject } from './read-subject.js';

/**
 * The history of access requests on stream `ACCESS`, for the one service `writer`.
 *
 * An append that throws `event_store_unavailable` may have been stored, now or a moment later. Repeating the
 * command is safe: a stored event shows in the next load, where the decider finds nothing left to do; one
 * that is not yet visible makes the repeated append a conflict, because both expect the same last sequence.
 */
export const accessEventStore = (
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<AccessEvent> => eventStore(accessEvents, connection, writer);

/** The history of holds on stream `HOLDS`, for the one service `writer`; as {@link accessEventStore}. */
export const holdEventStore = (
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<HoldEvent> => eventStore(holdEvents, connection, writer);

/** The counted calls of grants on stream `USES`, for the one service `writer`; as {@link accessEventStore}. */
export const useEventStore = (
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<UseEvent> => eventStore(useEvents, connection, writer);

/** The history of stops on stream `STOPS`, for the one service `writer`; as {@link accessEventStore}. */
export const stopEventStore = (
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<StopEvent> => eventStore(stopEvents, connection, writer);

/** What audit has to say, on stream `AUDIT`, for the one service `writer`; as {@link accessEventStore}. */
export const auditEventStore = (
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<AuditTrailEvent> => eventStore(auditTrailEvents, connection, writer);

function eventStore<Event extends StoredEvent>(
  kind: EventKind<Event>,
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<Event> {
  const place = { kind, connection };
  return {
    load: (aggregateId) => load(place, aggregateId),
    append: (append) => {
      const type: Event['type'] = append.event.type;
      if (kind.writerOf[type] === writer) return appendEvent(place, append);
      throw new JetStreamError('event_writer_wrong', `${writer} may not append ${type}`);
    },
  };
}

interface Place<Event extends StoredEvent> {
  readonly kind: EventKind<Event>;
  readonly connection: JetStreamConnection;
}

async function load<Event extends StoredEvent>(
  place: Place<Event>,
  aggregateId: string,
): Promise<History<Event>> {
  // An id that is not a subject token belongs to nothing, and must not reach the server as a wildcard.
  if (!isSubjectToken(aggregateId)) return { events: [], position: { lastSequence: 0 } };
  return historyOf(place.kind, await read(place, aggregateId));
}

async function read<Event extends StoredEvent>(
  { kind, connection }: Place<Event>,
  aggregateId: string,
): Promise<readonly StoredBytes[]> {
  try {
    return await readSubject(connection, {
      stream: kind.stream,
      subject: kind.subjectPrefix + aggregateId,
    });
  } catch (cause) {
    throw unavailable('the history cannot be read', cause);
  }
}

/** Decodes and checks that each event names the hash of the one before it. */
function historyOf<Event extends StoredEvent>(
  kind: EventKind<Event>,
  messages: readonly StoredBytes[],
): History<Event> {
  let lastHash: string | undefined;
  const events: RecordedEvent<Event>[] = [];
  for (const message of messages) {
    const { recorded, previousHash } = decodeEvent(kind, message);
    if (previousHash !== lastHash) {
      const text = `message ${message.sequence} does not follow the event before it (hash differs)`;
      throw new EventStoreError('unreadable_event', text);
    }
    events.push(recorded);
    lastHash = sha256Hex(message.data);
  }
  const lastSequence = events.at(-1)?.sequence ?? 0;
  return {
    events,
    position: lastHash === undefined ? { lastSequence } : { lastSequence, lastHash },
  };
}

async function appendEvent<Event extends StoredEvent>(
  { kind, connection }: Place<Event>,
  append: Append<Event>,
): Promise<Appended<Event>> {
  const { aggregateId, event, metadata, position } = append;
  if (!isSubjectToken(aggregateId)) throw new TypeError(`bad aggregate id "${aggregateId}"`);
  const bytes = encodeEvent(append);
  const sequence = await publish(connection, {
    stream: kind.stream,
    subject: kind.subjectPrefix + aggregateId,
    bytes,
    id: metadata.id,
    position,
  });
  const { id, causationId, actor, at } = metadata;
  const end = { lastSequence: sequence, lastHash: sha256Hex(bytes) };
  return { id, causationId, actor, at, aggregateId, event, sequence, position: end };
}

interface Publish {
  readonly stream: string;
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly id: string;
  readonly position: AggregatePosition;
}

async function publish(connection: JetStreamConnection, message: Publish): Promise<number> {
  const { stream, subject, bytes, id, position } = message;
  const expect = { streamName: stream, lastSubjectSequence: position.lastSequence };
  try {
    const options = { msgID: id, expect };
    const ack = await publishAcknowledged(connection, { subject, bytes, options });
    if (ack.duplicate) await refuseReusedId(connection, message, ack.seq);
    return ack.seq;
  } catch (error) {
    if (!(error instanceof NotAcknowledged)) throw error;
    if (error.reason !== 'conflict') throw unavailable(error.message, error);
    const text = `"${subject}" no longer ends at sequence ${position.lastSequence}`;
    throw new EventStoreError('append_conflict', text, { cause: error });
  }
}

/**
 * The server knew the event id: our own earlier attempt was stored after all, which is success; anything else
 * is an id given to two events, and believing that acknowledgement would lose the second.
 */
async function refuseReusedId(
  connection: JetStreamConnection,
  { stream, bytes }: Publish,
  sequence: number,
): Promise<void> {
  const stored = await connection.manager.streams
    .getMessage(stream, { seq: sequence })
    .catch((cause: unknown) => {
      throw unavailable('the stored event cannot be read back', cause);
    });
  if (stored !== null && Buffer.compare(stored.data, bytes) === 0) return;
  throw new EventStoreError(
    'append_conflict',
    `the event id was already used by the event at sequence ${sequence}`,
  );
}

const unavailable = (message: string, cause: unknown): EventStoreError =>
  new EventStoreError('event_store_unavailable', `event store: ${message}`, { cause });
