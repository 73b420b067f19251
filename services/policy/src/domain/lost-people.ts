import { approverGroupsOf, type Principal } from '@drawbridge/contracts';
import { isReadBehind, whyLost, type PeopleNow } from '@drawbridge/people';
import { asSteps, continueStanding, outcomeOf, partiesOf, type Standing } from '@drawbridge/scope';
import type { Circumstances } from './circumstances.js';
import type { Denial } from './denial.js';
import type { PolicySet } from './policy-set.js';
import { whyNobodyApproves } from './require-approvers.js';
import type { FixedRequest } from './still-allowed.js';

type Now = Pick<Circumstances, 'at' | 'isDisabled' | 'members'>;

/** Somebody whose token was believed, and the groups by which their policy covers them. */
export interface Covered {
  readonly agent: Principal;
  /** Absent: not known. */
  readonly requiredGroups: readonly string[] | undefined;
  /** A directory that was asked after it says more than the token. */
  readonly since: string;
}

/** Why a requester is no longer whom a policy covers, as the directory of their issuer says; mostly `undefined`. */
export function whyNotCovered(
  { agent, requiredGroups, since }: Covered,
  { members }: Pick<Now, 'members'>,
): string | undefined {
  const member = members?.(agent);
  if (member === undefined || !isReadBehind(member, since)) return undefined;
  if (member.isGone) return 'the directory no longer knows the agent';
  const isCovered = requiredGroups?.some((group) => member.groups.includes(group)) ?? true;
  return isCovered
    ? undefined
    : 'the directory no longer counts the agent among the groups that the grant is for';
}

export const requesterLeft = (reason: string): Denial => ({
  code: 'requester_left',
  message: `${reason}, so nothing is granted`,
  suggestion: 'Ask again when you are a member again.',
});

/** Whether what was said is still enough, now that some may have lost their say. */
export function isStillAgreed(
  { standing, approval }: Pick<FixedRequest, 'standing' | 'approval'>,
  { people }: Pick<PolicySet, 'people'>,
  { at, ...now }: Now,
): boolean {
  if (standing === undefined) return false;
  const left = withoutLost({ standing, approval }, { ...now, people }, at);
  return outcomeOf(left) === 'approved';
}

function withoutLost(
  { standing, approval }: { standing: Standing; approval: FixedRequest['approval'] },
  now: PeopleNow,
  at: string,
): Standing {
  const asked = approverGroupsOf(approval);
  return standing.approvals
    .filter((given) => whyLost(given, asked, now) !== undefined)
    .map(({ approver }) => ({ type: 'voided' as const, approver, at }))
    .reduce(continueStanding, standing);
}

/**
 * Why nobody is left who could complete what is missing. Who has approved is somebody, also without a document: a
 * token told who they are.
 */
export function whyNobodyIsLeft(
  { requester, terms, approval, policy, standing }: FixedRequest,
  { people }: Pick<PolicySet, 'people'>,
  circumstances: Circumstances,
): Denial | undefined {
  if (people === undefined || standing === undefined || approval.type === 'none') return undefined;
  const { isDisabled, members, at } = circumstances;
  const now = { isDisabled, people, ...(members && { members }) };
  const left = withoutLost({ standing, approval }, now, at);
  const known = people.humans.map((human) => {
    const given = left.approvals.find(({ approver }) => isAccount(approver, human.principal));
    const groups = [...human.principal.groups, ...(given?.approver.groups ?? [])];
    return { ...human, principal: { ...human.principal, groups } };
  });
  const others = left.approvals
    .filter(({ approver }) => people.human(approver) === undefined)
    .map(({ approver }) => ({ principal: approver }));
  const requirement = approval.type === 'steps' ? approval : asSteps(approval);
  return whyNobodyApproves(
    { name: policy.name, approval: requirement },
    partiesOf(requester, terms),
    {
      ...circumstances,
      isDisabled: (human) => isDisabled(human) || members?.(human)?.isGone === true,
      people: { ...people, humans: [...known, ...others] },
    },
  );
}

const isAccount = (one: Principal, other: Principal): boolean =>
  one.issuer === other.issuer && one.subject === other.subject;
