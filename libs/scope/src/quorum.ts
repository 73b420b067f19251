import { principalId, type ApprovalRequirement, type Principal } from '@drawbridge/contracts';

/** Humans of one list of groups, or nobody. */
export type PlainRequirement = Exclude<ApprovalRequirement, { type: 'steps' }>;

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
  requirement: PlainRequirement,
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
  requirement: PlainRequirement,
  requester: Principal,
): number {
  const counted = approvers.filter(
    (approver) => approverRefusal(approver, requirement, requester) === undefined,
  );
  return groupByHuman(counted).length;
}

/** Whether an agent has somebody answerable for it; a human answers for themself. */
export function hasKnownOwner(requester: Principal): boolean {
  return requester.kind === 'human' || normalize(requester.owner ?? '') !== '';
}

/** Why the owner's say does not count, or why nobody can tell who the owner is. */
export function ownerRefusal(
  approver: Principal,
  requester: Principal,
): 'owner_approval' | 'owner_unknown' | 'approver_email_unknown' | undefined {
  if (!hasKnownOwner(requester)) return 'owner_unknown';
  const likeness = likenessTo(approver, requester.owner ?? '');
  if (likeness === 'same') return 'owner_approval';
  return likeness === 'unclear' ? 'approver_email_unknown' : undefined;
}

/**
 * Whether a human is who a name stands for: an e-mail address, a subject, or issuer and subject. `unclear`: the
 * name is an address and the human has none. A blank name is nobody's.
 */
export function likenessTo(human: Principal, name: string): 'same' | 'other' | 'unclear' {
  const wanted = normalize(name);
  if (wanted === '') return 'other';
  const names = [human.email, human.subject, principalId(human)];
  if (names.some((one) => one !== undefined && normalize(one) === wanted)) return 'same';
  return wanted.includes('@') && normalize(human.email ?? '') === '' ? 'unclear' : 'other';
}

/** One token subject, or two accounts with one e-mail address. Errs on the side of "the same". */
export function isSameHuman(one: Principal, other: Principal): boolean {
  if (principalId(one) === principalId(other)) return true;
  const others = addressesOf(other);
  return addressesOf(one).some((address) => others.includes(address));
}

/** For some issuers the address is the subject, and their tokens have no other. */
const addressesOf = ({ email = '', subject }: Principal): readonly string[] =>
  [email, ...(subject.includes('@') ? [subject] : [])]
    .map(normalize)
    .filter((address) => address !== '');

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
