import type { AccessEventData } from '@drawbridge/contracts';
import type { Policy, PolicySet } from '@drawbridge/policy/core';
import { claim, type Life } from './life.js';
import { policyOf, ruleOf } from './places-oracle.js';
import { isFresh } from './quorum-oracle.js';

type Issued = AccessEventData<'GrantIssued'>;
/** What holds when nobody is asked holds for so long. */
const SOON_MS = 600_000;

/** I1: the policies in force still allow it, and their people are still in their groups. */
export function claimAllowed(life: Life, data: Issued, sets: readonly PolicySet[]): void {
  const set = sets.find(({ version }) => version === data.policy.version);
  const policy = policyOf(sets, data.policy);
  claim(policy !== undefined && set !== undefined, 'I1: by no policy', data);
  claim(data.terms.durationSeconds <= policy.maxDurationSeconds, 'I1: longer than policy', data);
  const { connection } = life.requested.request;
  claim(policy.connections.names.includes(connection), 'I1: elsewhere', data);
  if (policy.approval.type === 'none') return;
  if (life.auto !== undefined) claimUnasked(life.auto, data, policy);
  for (const { subject, groups, via, login } of life.quorum?.yes ?? []) {
    claim(isFresh(policy.stepUp, login), 'I1: by an old login', data);
    if (via !== 'slack') continue;
    const known = set.people?.humans.find(({ principal }) => principal.subject === subject);
    const lost = groups.filter((group) => known?.principal.groups.includes(group) === false);
    claim(lost.length === 0, 'I1: of somebody who has left', data);
  }
}

function claimUnasked(
  { rule, atMs }: NonNullable<Life['auto']>,
  data: Issued,
  policy: Policy,
): void {
  claim(ruleOf(policy, rule) !== undefined, 'I1: nobody was asked', data);
  claim(Date.parse(data.startsAt) - atMs <= SOON_MS, 'I1: what was so long ago', data);
}
