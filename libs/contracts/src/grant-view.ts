import { z } from 'zod';
import { AccessTerms, Instant, PolicyReference, RequestId, Risk } from './access-terms.js';
import { Principal } from './principal.js';

/** A grant that is open now, as the approval API shows it to humans. */
export const GrantView = z.strictObject({
  id: z.uuid(),
  accessRequestId: RequestId,
  grantee: Principal,
  terms: AccessTerms,
  /** The rules in plain words, the most dangerous first. */
  plainWords: z.array(z.string()),
  risk: Risk,
  policy: PolicyReference,
  /** E-mail address, or the subject of who has none; empty when no human was asked. */
  approvers: z.array(z.string()),
  startsAt: Instant,
  endsAt: Instant,
});
export type GrantView = z.infer<typeof GrantView>;

/** `GET /v1/grants`: those that the caller may know of, the one that ends first in front. */
export const OpenGrantsView = z.strictObject({
  items: z.array(GrantView),
  /** How many there are, those left out of `items` included. */
  total: z.int(),
});
export type OpenGrantsView = z.infer<typeof OpenGrantsView>;
