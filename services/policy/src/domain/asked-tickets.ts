import { isDenial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Plea } from './judge.js';
import type { PolicySet } from './policy-set.js';

/** Each is a call to somebody else, while a request waits to be judged. */
const MAX_ASKED = 5;

/** Ticket systems whose word on the request's ticket a judgement could depend on. */
export function askedTickets({ request, requester }: Plea, set: PolicySet): readonly string[] {
  const { scope, ticket } = request;
  if (ticket === undefined || !('action' in scope)) return [];
  const found = findPolicies(request, requester, set);
  if (isDenial(found)) return [];
  const names = found.policies
    .flatMap(({ autoApprove }) => autoApprove)
    .filter(({ actions }) => actions.includes(scope.action))
    .flatMap(({ when }) => (when.ticket === undefined ? [] : [when.ticket.webhook]));
  return [...new Set(names)].slice(0, MAX_ASKED);
}
