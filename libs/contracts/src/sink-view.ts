import { z } from 'zod';
import { Instant } from './access-terms.js';

/** A system outside that is given the record, and how far it is. */
export const SinkView = z.object({
  name: z.string(),
  type: z.enum(['otlp', 'syslog', 's3']),
  streams: z.array(
    z.object({
      stream: z.string(),
      /** Sequence of the last message that it has taken. */
      position: z.int().min(0),
      /** Messages that it has not taken yet. */
      behind: z.int().min(0),
    }),
  ),
  /** Since when it takes nothing, and why. */
  failing: z.object({ since: z.string(), code: z.string() }).optional(),
});
export type SinkView = z.infer<typeof SinkView>;

/** All of the configuration. */
export const SinksView = z.object({ items: z.array(SinkView), parked: z.int().min(0) });
export type SinksView = z.infer<typeof SinksView>;

/** A record that a sink was not told of; it waits for a person. */
export const ParkedRecordView = z.strictObject({
  /** Names it. */
  sequence: z.int().min(1),
  sink: z.string(),
  /** Why it was parked. */
  code: z.string(),
  parkedAt: Instant,
  /** Where it stands in the record; what it is and when it happened are absent where that cannot be read. */
  record: z.strictObject({
    stream: z.string(),
    sequence: z.int().min(0),
    line: z.int().min(0),
    type: z.string().optional(),
    at: Instant.optional(),
  }),
});
export type ParkedRecordView = z.infer<typeof ParkedRecordView>;

/** `GET /v1/audit/sinks/parked`: the oldest first. */
export const ParkedRecordsView = z.strictObject({
  items: z.array(ParkedRecordView),
  /** How many there are, those left out of `items` included. */
  total: z.int().min(0),
});
export type ParkedRecordsView = z.infer<typeof ParkedRecordsView>;
