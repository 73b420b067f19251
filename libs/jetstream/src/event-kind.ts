import type { z } from 'zod';
import {
  AccessEvent,
  AuditTrailEvent,
  auditWriterOf,
  HoldEvent,
  holdWriterOf,
  StopEvent,
  stopWriterOf,
  UseEvent,
  useWriterOf,
  writerOf,
  type ServiceName,
} from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  AUDIT_STREAM,
  HOLDS_STREAM,
  STOPS_STREAM,
  USES_STREAM,
} from './stream-definitions.js';

/** What every event is, whatever it is about. */
export interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
}

/** One kind of aggregate: where its events stand and how they are read. */
export interface ReadableKind<Event extends StoredEvent> {
  readonly stream: string;
  /** An aggregate's subject is this and its id. */
  readonly subjectPrefix: string;
  readonly schema: z.ZodType<Event>;
}

/** The same, and who writes which. */
export interface EventKind<Event extends StoredEvent> extends ReadableKind<Event> {
  readonly writerOf: Readonly<Record<Event['type'], ServiceName>>;
}

export const ACCESS_SUBJECT_PREFIX = 'drawbridge.access.';
export const HOLDS_SUBJECT_PREFIX = 'drawbridge.holds.';
export const USES_SUBJECT_PREFIX = 'drawbridge.uses.';
export const STOPS_SUBJECT_PREFIX = 'drawbridge.stops.';
/** Not below `drawbridge.audit.`, where questions to the service are asked. */
export const AUDIT_SUBJECT_PREFIX = 'drawbridge.audit-events.';

export const accessEvents: EventKind<AccessEvent> = {
  stream: ACCESS_STREAM,
  subjectPrefix: ACCESS_SUBJECT_PREFIX,
  schema: AccessEvent,
  writerOf,
};

export const holdEvents: EventKind<HoldEvent> = {
  stream: HOLDS_STREAM,
  subjectPrefix: HOLDS_SUBJECT_PREFIX,
  schema: HoldEvent,
  writerOf: holdWriterOf,
};

export const useEvents: EventKind<UseEvent> = {
  stream: USES_STREAM,
  subjectPrefix: USES_SUBJECT_PREFIX,
  schema: UseEvent,
  writerOf: useWriterOf,
};

export const stopEvents: EventKind<StopEvent> = {
  stream: STOPS_STREAM,
  subjectPrefix: STOPS_SUBJECT_PREFIX,
  schema: StopEvent,
  writerOf: stopWriterOf,
};

export const auditTrailEvents: EventKind<AuditTrailEvent> = {
  stream: AUDIT_STREAM,
  subjectPrefix: AUDIT_SUBJECT_PREFIX,
  schema: AuditTrailEvent,
  writerOf: auditWriterOf,
};
