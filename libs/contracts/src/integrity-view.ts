import { z } from 'zod';
import { Instant } from './access-terms.js';

const base64 = (max: number) => z.base64().max(max);
/** 32 bytes in base64, in the one way to write them. */
export const hash32 = z
  .string()
  .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'expected 32 bytes in base64');

/** Messages in one seal at most: it must fit in one message of NATS. */
export const MAX_SEALED_MESSAGES = 4_096;
/** Runs of missing sequences in one seal at most. */
export const MAX_SEALED_GAPS = 64;

/**
 * One checkpoint of a stream with what it takes to check it: a message of `CHECKPOINTS`, and a line of the
 * `checkpoints/<STREAM>.ndjson` of an export. `docs/integrity.md` says what is hashed and signed.
 */
export const Seal = z.strictObject({
  /** Signed note, C2SP tlog-checkpoint. */
  note: z.string().max(8_192),
  /** The tree before these messages: the roots of its largest whole subtrees, from left to right. */
  frontier: z.array(hash32).max(53),
  /** The links of the messages that this checkpoint adds, 32 bytes each. */
  links: base64(Math.ceil((MAX_SEALED_MESSAGES * 32) / 3) * 4),
});
export type Seal = z.infer<typeof Seal>;

/** A statement of `CHECKPOINTS` about the signing key, and `keys.ndjson` of an export: a signed note. */
export const KeyStatement = z.strictObject({ note: z.string().max(8_192) });
export type KeyStatement = z.infer<typeof KeyStatement>;

/** Of the answer of a time stamper, in base64. */
export const MAX_RECEIPT_LENGTH = 87_384;

/** What a time stamper said of a checkpoint: a message of `CHECKPOINTS`. */
export const CheckpointTimestamp = z.strictObject({
  /** What was stamped: the SHA-256 of all its bytes, as it stands in the seal. */
  note: z.string().max(8_192),
  /** Where the seal stands in `CHECKPOINTS`. */
  position: z.int().min(1),
  /** Base64 of the `TimeStampResp` of RFC 3161. */
  reply: base64(MAX_RECEIPT_LENGTH),
});
export type CheckpointTimestamp = z.infer<typeof CheckpointTimestamp>;

/** `GET /v1/audit/streams/:stream/timestamps` */
export const TimestampPage = z.strictObject({
  items: z.array(CheckpointTimestamp),
  /** Goes into `after` of the next call; absent when these were the last. */
  next: z.int().optional(),
});
export type TimestampPage = z.infer<typeof TimestampPage>;

/** `GET /v1/audit/keys`: the keys that checkpoints were ever signed with, the oldest first. */
export const IntegrityKeys = z.strictObject({
  /** What the origin of every checkpoint begins with. */
  name: z.string(),
  keys: z.array(
    z.strictObject({
      /** As note tools read it: `<name>+<id>+<key>`. */
      verifierKey: z.string(),
      /** For `openssl`. */
      pem: z.string(),
      from: Instant,
      statement: z.string(),
    }),
  ),
});
export type IntegrityKeys = z.infer<typeof IntegrityKeys>;

/** One checkpoint as `GET /v1/audit/checkpoints` shows it. */
export const CheckpointView = z.strictObject({
  stream: z.string(),
  origin: z.string(),
  size: z.int(),
  /** Hex. */
  root: z.string(),
  firstSequence: z.int(),
  lastSequence: z.int(),
  gaps: z.array(z.tuple([z.int(), z.int()])),
  at: Instant,
  note: z.string(),
});
export type CheckpointView = z.infer<typeof CheckpointView>;

export const CheckpointPage = z.strictObject({
  items: z.array(CheckpointView),
  nextCursor: z.string().optional(),
});
export type CheckpointPage = z.infer<typeof CheckpointPage>;

/** `GET /v1/audit/streams/:stream/seals` */
export const SealPage = z.strictObject({
  seals: z.array(Seal),
  /** Goes into `after` of the next call; absent when these were the last. */
  next: z.int().optional(),
});
export type SealPage = z.infer<typeof SealPage>;

/** Where a line of a message stands in ClickHouse. */
export const StoredLine = z.strictObject({
  /** From 0. */
  line: z.int().min(0),
  table: z.string(),
  /** Its key in the table. */
  row: z.string(),
  /** Base64 of the line as its row gives it back. */
  data: z.base64(),
  /** Columns that are not what the line says, when there are any. */
  damaged: z.array(z.string()).optional(),
});
export type StoredLine = z.infer<typeof StoredLine>;

/** A message as it stands in a stream: a line of `messages/<STREAM>.ndjson` of an export. */
export const StreamMessage = z.strictObject({
  sequence: z.int().min(1),
  subject: z.string(),
  /** When the stream stored it, in whole milliseconds. */
  storedAt: Instant,
  /** Base64. */
  data: z.base64(),
});
export type StreamMessage = z.infer<typeof StreamMessage>;

/** A message as it can be put together from the rows of ClickHouse. */
export const RebuiltMessage = StreamMessage.omit({ data: true }).extend({
  /** How many lines the message has, and bytes, as `stream_messages` says. */
  lines: z.int().min(0),
  bytes: z.int().min(0),
  /** SHA-256 in hex, as `stream_messages` says. */
  digest: z.string(),
  /** How the lines stand in it: one alone, each with a line break, or each but the last. */
  form: z.enum(['record', 'lines', 'open_lines', '']),
  parts: z.array(StoredLine),
});
export type RebuiltMessage = z.infer<typeof RebuiltMessage>;

/** `GET /v1/audit/streams/:stream/messages` */
export const StreamMessagePage = z.strictObject({
  messages: z.array(StreamMessage),
  /** The oldest that is still there; older ones were kept for as long as they are kept. */
  firstKept: z.int(),
  /** Goes into `from` of the next call; absent when these were the last. */
  next: z.int().optional(),
});
export type StreamMessagePage = z.infer<typeof StreamMessagePage>;

/** `GET /v1/audit/streams/:stream/rows` */
export const RebuiltMessagePage = z.strictObject({
  messages: z.array(RebuiltMessage),
  /** Up to this sequence all was stored when it was asked. */
  storedUpTo: z.int(),
  retentionDays: z.int(),
  /** Rows that say of no message that they came from it; on the last page. */
  strays: z.array(z.strictObject({ table: z.string(), row: z.string() })).optional(),
  /** Goes into `from` of the next call; absent when these were the last. */
  next: z.int().optional(),
});
export type RebuiltMessagePage = z.infer<typeof RebuiltMessagePage>;
