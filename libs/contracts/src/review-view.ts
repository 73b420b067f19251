import { z } from 'zod';
import { AccessTerms, Instant, PolicyReference, RequestId, Risk } from './access-terms.js';
import { ReviewVerdict } from './break-glass.js';
import { oneLine } from './one-line.js';
import { Principal } from './principal.js';

/** Body of `POST /v1/reviews/{id}/complete`. */
export const CompleteReviewInput = z.strictObject({
  verdict: ReviewVerdict,
  note: oneLine(1000).describe('Why; whoever broke the glass reads it'),
});
export type CompleteReviewInput = z.infer<typeof CompleteReviewInput>;

/** A review of a grant that nobody approved before, as the approval API shows it. */
export const ReviewView = z.strictObject({
  /** Of the access request. */
  id: RequestId,
  status: z.enum(['open', 'completed']),
  /** Sequence of the newest event folded in; grows with each change. */
  revision: z.int(),
  requester: Principal,
  terms: AccessTerms,
  /** The rules in plain words, the most dangerous first. */
  plainWords: z.array(z.string()),
  risk: Risk,
  policy: PolicyReference,
  grant: z.strictObject({
    id: z.uuid(),
    startsAt: Instant,
    endsAt: Instant,
    endedAt: Instant.optional(),
  }),
  /** One human of these groups, who is no party to it. */
  groups: z.array(z.string()),
  requestedAt: Instant,
  dueBy: Instant,
  /** How often somebody was reminded. */
  reminders: z.int().min(0),
  completed: z
    .strictObject({
      /** E-mail address, or the subject of who has none. */
      by: z.string(),
      via: z.string(),
      at: Instant,
      verdict: ReviewVerdict,
      note: z.string(),
    })
    .optional(),
});
export type ReviewView = z.infer<typeof ReviewView>;

/** `GET /v1/reviews`: the open ones that the caller may complete, the oldest in front. */
export const OpenReviewsView = z.strictObject({
  items: z.array(ReviewView),
  /** How many there are, those left out of `items` included. */
  total: z.int(),
});
export type OpenReviewsView = z.infer<typeof OpenReviewsView>;
