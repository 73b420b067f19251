import { behalfOf } from '@drawbridge/scope';
import type { Circumstances } from './circumstances.js';
import { whyNotCovered } from './lost-people.js';
import type { PolicySet } from './policy-set.js';
import type { FixedRequest } from './still-allowed.js';
import { stopOver } from './stopped.js';

/** When a grant was issued, or would be, and what is so now. */
interface Now {
  readonly issuedAt: string;
  readonly policies: PolicySet;
  readonly circumstances: Circumstances;
}

/** Why nothing may be granted on behalf of this human any more; `undefined` while it may, or where there is none. */
export function behalfLost(
  { terms, behalfPolicy, validatedAt }: FixedRequest,
  { issuedAt, policies, circumstances }: Now,
): { readonly reason: string; readonly cause: 'disabled' | 'group_lost' } | undefined {
  const agent = behalfOf(terms);
  if (agent === undefined) return undefined;
  const { connection } = terms;
  // What is raised for all was looked at before: what is found here is about the human.
  const stop = stopOver(circumstances.stops, { agent, connection, issuedAt });
  if (stop !== undefined || circumstances.isDisabled(agent)) {
    return { reason: 'the human on whose behalf it was asked was disabled', cause: 'disabled' };
  }
  const policy = policies.policies.find(({ name }) => name === behalfPolicy?.name);
  const requiredGroups = policy?.subjects.groups;
  const left = whyNotCovered({ agent, requiredGroups, since: validatedAt }, circumstances);
  if (left === undefined) return undefined;
  const reason = 'the directory no longer counts the human on whose behalf it was asked';
  return { reason, cause: 'group_lost' };
}
