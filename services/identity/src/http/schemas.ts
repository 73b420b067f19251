import { z } from 'zod';
import { AccessRequestView, AccessStatus, RequestId, RunId } from '@drawbridge/contracts';

/** `GET /v1/access-requests`. */
export const AccessRequestList = z.strictObject({
  items: z.array(AccessRequestView),
  /** Pass as `after` for the next page; absent on the last. */
  next: z.string().optional(),
});
export type AccessRequestList = z.infer<typeof AccessRequestList>;

export const RequestPath = z.strictObject({ id: RequestId });
export type RequestPath = z.infer<typeof RequestPath>;

export const RunPath = z.strictObject({ runId: RunId });
export type RunPath = z.infer<typeof RunPath>;

/** `POST /v1/runs/:runId/end`. */
export const EndedRun = z.strictObject({
  /** How many open requests and grants ended by it. */
  ended: z.int().min(0),
});
export type EndedRun = z.infer<typeof EndedRun>;

const MAX_WAIT_SECONDS = 60;

/** How `GET /v1/access-requests/:id` may wait for a change. */
export const WaitQuery = z.strictObject({
  wait: z
    .string()
    .regex(/^\d{1,3}s?$/, 'expected seconds, e.g. "30" or "30s"')
    .transform((text) => Number(text.replace('s', '')))
    .pipe(z.int().max(MAX_WAIT_SECONDS, `expected at most ${MAX_WAIT_SECONDS} seconds`))
    .optional()
    .describe('Answer when the request has changed, or after this many seconds'),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'expected a revision')
    .transform(Number)
    .optional()
    .describe('The revision that the caller knows; without it, the one at the time of the call'),
});
export type WaitQuery = z.infer<typeof WaitQuery>;

/** How `GET /v1/access-requests` selects. */
export const ListQuery = z.strictObject({
  status: AccessStatus.optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'expected a number')
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .default(50),
  after: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_-]+$/, 'expected "next" of the page before')
    .optional(),
});
export type ListQuery = z.infer<typeof ListQuery>;

/** Visible ASCII without what header lists are made of, so that two headers never look like one key. */
const IdempotencyKey = z.string().regex(/^[A-Za-z0-9._:/+=@-]{1,128}$/);

/** The `Idempotency-Key` header, or `undefined` when it is malformed. */
export const parseIdempotencyKey = (header: string): string | undefined =>
  IdempotencyKey.safeParse(header).data;
