import { z } from 'zod';
import { sealedStreams } from '../integrity/sealed-streams.js';

const wholeNumber = (what: string, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, `expected ${what}`)
    .transform(Number)
    .pipe(z.int().max(max, `expected at most ${max}`));

export const StreamName = z.enum(sealedStreams, `expected ${sealedStreams.join(', ')}`);

/** Path of `GET /v1/audit/streams/:stream/…`. */
export const StreamPath = z.strictObject({ stream: StreamName });

/** Query of `GET /v1/audit/checkpoints`. Without a stream: the newest checkpoint of each. */
export const CheckpointFilter = z.strictObject({
  stream: StreamName.optional(),
  limit: wholeNumber('a whole number from 1 to 100', 100)
    .pipe(z.int().min(1, 'expected at least 1'))
    .default(50),
  cursor: wholeNumber('the "nextCursor" of the page before', Number.MAX_SAFE_INTEGER).default(0),
});
export type CheckpointFilter = z.infer<typeof CheckpointFilter>;

/** Query of `GET /v1/audit/streams/:stream/seals`. */
export const SealFilter = z.strictObject({
  /** Position of the last seal of the page before. */
  after: wholeNumber('the "next" of the page before', Number.MAX_SAFE_INTEGER).default(0),
});
export type SealFilter = z.infer<typeof SealFilter>;

/** Query of `GET /v1/audit/commands/:id/proof`. */
export const ProofFilter = z.strictObject({
  /** Of the checkpoint that it shall lead to. */
  size: wholeNumber('the size of a checkpoint', Number.MAX_SAFE_INTEGER).optional(),
});

/** Query of `GET /v1/audit/streams/:stream/messages`. */
export const MessageFilter = z.strictObject({
  from: wholeNumber('a sequence', Number.MAX_SAFE_INTEGER).default(1),
  limit: wholeNumber('a whole number from 1 to 500', 500)
    .pipe(z.int().min(1, 'expected at least 1'))
    .default(500),
});
export type MessageFilter = z.infer<typeof MessageFilter>;
