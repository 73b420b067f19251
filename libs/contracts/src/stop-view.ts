import { z } from 'zod';
import { Instant } from './access-terms.js';
import { oneLine } from './one-line.js';
import { StopTarget } from './stop.js';

const reason = oneLine(500);

/** Body of `POST /v1/bridges/raise`. */
export const RaiseInput = z.strictObject({
  target: StopTarget,
  reason,
  keep: z
    .boolean()
    .default(true)
    .describe('Nothing is granted there until they are released; false: only ends what is open'),
  evenIfUnknown: z
    .boolean()
    .optional()
    .describe('Also those of an agent that has never asked for anything'),
});
export type RaiseInput = z.infer<typeof RaiseInput>;

/** Body of `POST /v1/bridges/release`. */
export const ReleaseInput = z.strictObject({ target: StopTarget, reason });
export type ReleaseInput = z.infer<typeof ReleaseInput>;

/** Bridges that stay raised until somebody releases them. */
export const StopView = z.strictObject({
  target: StopTarget,
  reason: z.string(),
  /** E-mail address, or the subject of who has none. */
  raisedBy: z.string(),
  /** Absent of a stop that this version cannot read. */
  raisedAt: Instant.optional(),
});
export type StopView = z.infer<typeof StopView>;

/** Answer of `POST /v1/bridges/raise`: what is raised, and how many open grants that ends. */
export const RaisedView = StopView.extend({ keep: z.boolean(), openGrants: z.int().min(0) });
export type RaisedView = z.infer<typeof RaisedView>;

/** `GET /v1/bridges`, and the answer of `POST /v1/bridges/release`: what is raised now. */
export const BridgesView = z.strictObject({ items: z.array(StopView) });
export type BridgesView = z.infer<typeof BridgesView>;
