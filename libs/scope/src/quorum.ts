import { principalId, type ApprovalRequirement, type Principal } from '@drawbridge/contracts';

/**
 * Why a principal may not approve a request.
 *
 * `approver_email_unknown`: the owner is known by e-mail address and the approver has none, so that nobody
 * can tell whether they are the same human. `owner_unknown`: the owner may not approve, and the agent has none.
 */
export type ApproverRefusal =
  | 'approver_not_human'
  | 'approver_not_in_group'
  | 'self_approval'
  | 'owner_approval'
  | 'owner_unknown'
  | 'approver_email_unknown'
  | 'no_approval_required';

/**
 * The one rule of who may approve, for the service that asks and for the service that issues.
 *
 * @returns the reason why `approver` may not approve, or `undefined` when the approval counts
 */
export function approverRefusal(
  approver: Principal,
  requirement: ApprovalRequirement,
  requester: Principal,
): ApproverRefusal | undefined {
  if (requirement.type === 'none') return 'no_approval_required';
  if (approver.kind !== 'human') return 'approver_not_human';
  if (isSameHuman(approver, requester)) return 'self_approval';
  if (!approver.groups.some((group) => requirement.groups.includes(group)))
    return 'approver_not_in_group';
  return requirement.excludeOwner ? ownerRefusal(approver, requester) : undefined;
}

/** How many different humans of `approvers` count; two accounts of one human count once. */
export function countApprovers(
  approvers: readonly Principal[],
  requirement: ApprovalRequirement,
  requester: Principal,
): number {
  const counted = approvers.filter(
    (approver) => approverRefusal(approver, requirement, requester) === undefined,
  );
  return groupByHuman(counted).length;
}

/** Whether enough of the right humans said yes. Without a requirement nobody has to. */
export function quorumReached(
  approvers: readonly Principal[],
  requirement: ApprovalRequirement,
  requester: Principal,
): boolean {
  if (requirement.type === 'none') return true;
  return countApprovers(approvers, requirement, requester) >= requirement.count;
}

/** Whether an agent has somebody answerable for it; a human answers for themself. */
export function hasKnownOwner(requester: Principal): boolean {
  return requester.kind === 'human' || normalize(requester.owner ?? '') !== '';
}

function ownerRefusal(approver: Principal, requester: Principal): ApproverRefusal | undefined {
  if (!hasKnownOwner(requester)) return 'owner_unknown';
  const owner = normalize(requester.owner ?? '');
  if (owner === '') return undefined;
  const names = [approver.email, approver.subject, principalId(approver)];
  if (names.some((name) => name !== undefined && normalize(name) === owner))
    return 'owner_approval';
  return owner.includes('@') && normalize(approver.email ?? '') === ''
    ? 'approver_email_unknown'
    : undefined;
}

/** One token subject, or two accounts with one e-mail address. Errs on the side of "the same". */
function isSameHuman(one: Principal, other: Principal): boolean {
  if (principalId(one) === principalId(other)) return true;
  const email = normalize(one.email ?? '');
  return email !== '' && email === normalize(other.email ?? '');
}

function groupByHuman(approvers: readonly Principal[]): readonly (readonly Principal[])[] {
  return approvers.reduce<readonly (readonly Principal[])[]>((humans, approver) => {
    const isSame = (accounts: readonly Principal[]) =>
      accounts.some((account) => isSameHuman(account, approver));
    const merged = [...humans.filter(isSame).flat(), approver];
    return [...humans.filter((accounts) => !isSame(accounts)), merged];
  }, []);
}

/** E-mail addresses and subjects differ in case and in Unicode form between an issuer and a directory. */
function normalize(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase();
}
