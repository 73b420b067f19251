import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { agent, path, questionPage, target } from './audit-questions.js';

const count = z.int().min(0);

/**
 * Where in the record of a call a text was found: in a body (`before` is the object before a write), in what a session
 * showed (`output`, and `error` without a terminal) or took (`input`), or in the words that exec was called with.
 */
export const SearchPlace = z.enum([
  'request',
  'response',
  'before',
  'output',
  'error',
  'input',
  'argv',
]);
export type SearchPlace = z.infer<typeof SearchPlace>;

/** One row for each body, and for each stream of a recording, that a text was found in. */
export const SearchRow = z.strictObject({
  commandId: z.uuid(),
  receivedAt: Instant,
  ...agent,
  connection: ConnectionName,
  grantId: z.uuid().optional(),
  accessRequestId: z.uuid().optional(),
  ...target,
  where: SearchPlace,
  /** Of a recording: when the first one was there to be read, since the session began. */
  seconds: z.number().min(0).optional(),
  /** How often it is there. */
  hits: count,
  /** Around the first one, on one line; what could deceive a reader is shown as `\u{…}`. */
  excerpt: z.string(),
  path,
});
export type SearchRow = z.infer<typeof SearchRow>;

/**
 * Why something was not searched, or not all of it.
 *
 * - `not_kept`: the record has only the beginning of it, or a part, or misses pieces.
 * - `too_long`: only its first 64 MiB were searched, or what could be in half a minute.
 * - `encoding_unknown`: it is compressed in a way that audit cannot undo.
 * - `object_missing`, `object_damaged`, `object_store_unavailable`: its pieces in the object store.
 */
export const UnsearchedReason = z.enum([
  'not_kept',
  'too_long',
  'encoding_unknown',
  'object_missing',
  'object_damaged',
  'object_store_unavailable',
]);
export type UnsearchedReason = z.infer<typeof UnsearchedReason>;

export const Unsearched = z.strictObject({
  reason: UnsearchedReason,
  /** Bodies and recordings. */
  count,
  /** Of which commands, the first twenty. */
  commandIds: z.array(z.uuid()),
});
export type Unsearched = z.infer<typeof Unsearched>;

/**
 * `GET /v1/audit/search` in JSON. A page may have fewer rows than were asked for, or none, and a `nextCursor` all the
 * same: then it has searched as much as one call may.
 */
export const SearchPage = questionPage(SearchRow).extend({ unsearched: z.array(Unsearched) });
export type SearchPage = z.infer<typeof SearchPage>;
