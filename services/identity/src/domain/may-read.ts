import {
  approverGroupsOf,
  principalId,
  type AccessRequestView,
  type Principal,
} from '@drawbridge/contracts';

type Readable = Pick<AccessRequestView, 'requester' | 'approval'> & {
  readonly request?: Pick<AccessRequestView['request'], 'onBehalfOf'>;
};

/**
 * Whether a principal may see an access request: its requester, the requester's owner, the human on whose behalf it
 * is, a human of a group that may approve it, or a human of a group that may read everything.
 */
export function mayRead(
  principal: Principal,
  { requester, approval, request }: Readable,
  readerGroups: readonly string[],
): boolean {
  if (principalId(principal) === principalId(requester)) return true;
  // A group or an address in an agent's token says nothing about what humans may do.
  if (principal.kind !== 'human') return false;
  const onBehalfOf = request?.onBehalfOf;
  if (onBehalfOf !== undefined && principalId(principal) === principalId(onBehalfOf)) return true;
  const approverGroups = approverGroupsOf(approval ?? { type: 'none' });
  const isIn = (groups: readonly string[]) =>
    groups.some((group) => principal.groups.includes(group));
  return owns(principal, requester) || isIn(approverGroups) || isIn(readerGroups);
}

/** An owner is named by e-mail address, whoever issued the login, or by subject of the agent's own issuer. */
function owns(human: Principal, { owner, issuer }: Principal): boolean {
  if (owner === undefined) return false;
  if (human.email?.toLowerCase() === owner.toLowerCase()) return true;
  return human.issuer === issuer && human.subject === owner;
}
