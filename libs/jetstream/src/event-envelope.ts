import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Instant } from '@drawbridge/contracts';
import { EventStoreError, type Append, type RecordedEvent } from '@drawbridge/kernel';
import type { ReadableKind, StoredEvent } from './event-kind.js';

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** An event as it is stored: JSON, one message. Fields may be added, never changed or removed. */
export const EventEnvelope = z.object({
  id: z.uuid(),
  type: z.string().min(1),
  schemaVersion: z.literal(1),
  aggregateId: z.string().min(1),
  /** For access events and for holds the same as `aggregateId`. */
  correlationId: z.string().min(1),
  causationId: z.string().min(1),
  actor: z.object({ kind: z.enum(['agent', 'human', 'service']), id: z.string().min(1) }),
  at: Instant,
  /** SHA-256 of the stored bytes of the aggregate's previous event; null on the first. */
  previousHash: Sha256Hex.nullable(),
  data: z.unknown(),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;

/** A stored message, whichever way it was read. */
export interface StoredBytes {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Uint8Array;
}

export interface DecodedEvent<Event> {
  readonly recorded: RecordedEvent<Event>;
  readonly previousHash: string | undefined;
}

/** Whether an id can stand as one token of a subject; anything else could name other aggregates. */
export const isSubjectToken = (id: string): boolean => /^[A-Za-z0-9_-]{1,128}$/.test(id);

export const sha256Hex = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Writes an event as it will be stored. Field order is fixed, so that equal events are equal bytes. */
export function encodeEvent({
  aggregateId,
  position,
  event,
  metadata,
}: Append<StoredEvent>): Uint8Array {
  const envelope: EventEnvelope = {
    id: metadata.id,
    type: event.type,
    schemaVersion: 1,
    aggregateId,
    correlationId: aggregateId,
    causationId: metadata.causationId,
    actor: { kind: metadata.actor.kind, id: metadata.actor.id },
    at: metadata.at,
    previousHash: position.lastHash ?? null,
    data: event.data,
  };
  return new TextEncoder().encode(JSON.stringify(envelope));
}

/**
 * Reads a stored event.
 *
 * @throws EventStoreError `unreadable_event`, naming the sequence and the first bad field, never a value
 */
export function decodeEvent<Event extends StoredEvent>(
  kind: ReadableKind<Event>,
  { subject, sequence, data }: StoredBytes,
): DecodedEvent<Event> {
  const envelope = EventEnvelope.safeParse(parseJson(data));
  if (!envelope.success) throw unreadable(sequence, envelope.error);
  const { type, previousHash, id, aggregateId, causationId, actor, at } = envelope.data;
  const event = kind.schema.safeParse({ type, data: envelope.data.data });
  if (!event.success) throw unreadable(sequence, event.error);
  if (subject !== kind.subjectPrefix + aggregateId) {
    throw new EventStoreError(
      'unreadable_event',
      `message ${sequence} is on "${subject}" but says it belongs to "${aggregateId}"`,
    );
  }
  return {
    recorded: { id, causationId, actor, at, aggregateId, sequence, event: event.data },
    previousHash: previousHash ?? undefined,
  };
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return undefined;
  }
}

function unreadable(sequence: number, error: z.ZodError): EventStoreError {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'it' : `/${issue.path.join('/')}`;
  const message = `message ${sequence} is not an event: ${where} is ${issue?.code ?? 'invalid'}`;
  return new EventStoreError('unreadable_event', message);
}
