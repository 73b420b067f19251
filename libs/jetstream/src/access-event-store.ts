import { writerOf, type AccessEvent, type ServiceName } from '@drawbridge/contracts';
import {
  EventStoreError,
  type Append,
  type EventStore,
  type History,
  type RecordedEvent,
} from '@drawbridge/kernel';
import {
  ACCESS_SUBJECT_PREFIX,
  decodeAccessEvent,
  encodeAccessEvent,
  isSubjectToken,
  sha256Hex,
  type StoredBytes,
} from './event-envelope.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { JetStreamError } from './jetstream-error.js';
import { NotAcknowledged, publishAcknowledged } from './publish-acknowledged.js';
import { readSubject } from './read-subject.js';
import { ACCESS_STREAM } from './stream-definitions.js';

/**
 * The history of access requests on stream `ACCESS`, for the one service `writer`.
 *
 * An append that throws `event_store_unavailable` may have been stored, now or a moment later. Repeating the
 * command is safe: a stored event shows in the next load, where the decider finds nothing left to do; one
 * that is not yet visible makes the repeated append a conflict, because both expect the same last sequence.
 */
export function accessEventStore(
  connection: JetStreamConnection,
  writer: ServiceName,
): EventStore<AccessEvent> {
  return {
    load: (aggregateId) => load(connection, aggregateId),
    append: (append) => {
      refuseForeignEvent(writer, append.event);
      return appendEvent(connection, append);
    },
  };
}

async function load(
  connection: JetStreamConnection,
  aggregateId: string,
): Promise<History<AccessEvent>> {
  // An id that is not a subject token belongs to nothing, and must not reach the server as a wildcard.
  if (!isSubjectToken(aggregateId)) return { events: [], position: { lastSequence: 0 } };
  return historyOf(await read(connection, aggregateId));
}

async function read(
  connection: JetStreamConnection,
  aggregateId: string,
): Promise<readonly StoredBytes[]> {
  try {
    return await readSubject(connection, {
      stream: ACCESS_STREAM,
      subject: ACCESS_SUBJECT_PREFIX + aggregateId,
    });
  } catch (cause) {
    throw unavailable('the history cannot be read', cause);
  }
}

/** Decodes and checks that each event names the hash of the one before it. */
function historyOf(messages: readonly StoredBytes[]): History<AccessEvent> {
  let lastHash: string | undefined;
  const events: RecordedEvent<AccessEvent>[] = [];
  for (const message of messages) {
    const { recorded, previousHash } = decodeAccessEvent(message);
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

async function appendEvent(
  connection: JetStreamConnection,
  append: Append<AccessEvent>,
): Promise<RecordedEvent<AccessEvent>> {
  const { aggregateId, event, metadata } = append;
  if (!isSubjectToken(aggregateId)) throw new TypeError(`bad aggregate id "${aggregateId}"`);
  const subject = ACCESS_SUBJECT_PREFIX + aggregateId;
  const bytes = encodeAccessEvent(append);
  const sequence = await publish(connection, { subject, bytes, append });
  const { id, causationId, actor, at } = metadata;
  return { id, causationId, actor, at, aggregateId, event, sequence };
}

interface Publish {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly append: Append<AccessEvent>;
}

async function publish(
  connection: JetStreamConnection,
  { subject, bytes, append: { metadata, position } }: Publish,
): Promise<number> {
  const expect = { streamName: ACCESS_STREAM, lastSubjectSequence: position.lastSequence };
  try {
    const options = { msgID: metadata.id, expect };
    const ack = await publishAcknowledged(connection, { subject, bytes, options });
    if (ack.duplicate) await refuseReusedId(connection, ack.seq, bytes);
    return ack.seq;
  } catch (error) {
    if (!(error instanceof NotAcknowledged)) throw error;
    if (error.reason !== 'conflict') throw unavailable(error.message, error);
    const message = `"${subject}" no longer ends at sequence ${position.lastSequence}`;
    throw new EventStoreError('append_conflict', message, { cause: error });
  }
}

/**
 * The server knew the event id: our own earlier attempt was stored after all, which is success; anything else
 * is an id given to two events, and believing that acknowledgement would lose the second.
 */
async function refuseReusedId(
  connection: JetStreamConnection,
  sequence: number,
  bytes: Uint8Array,
): Promise<void> {
  const stored = await connection.manager.streams
    .getMessage(ACCESS_STREAM, { seq: sequence })
    .catch((cause: unknown) => {
      throw unavailable('the stored event cannot be read back', cause);
    });
  if (stored !== null && Buffer.compare(stored.data, bytes) === 0) return;
  throw new EventStoreError(
    'append_conflict',
    `the event id was already used by the event at sequence ${sequence}`,
  );
}

function refuseForeignEvent(writer: ServiceName, { type }: AccessEvent): void {
  if (writerOf[type] === writer) return;
  throw new JetStreamError('event_writer_wrong', `${writer} may not append ${type}`);
}

const unavailable = (message: string, cause: unknown): EventStoreError =>
  new EventStoreError('event_store_unavailable', `event store: ${message}`, { cause });
