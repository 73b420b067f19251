/** No claim ever becomes a group that starts so. */
export const GRANT_GROUP_PREFIX = 'drawbridge:grant:';

/**
 * The group that a grant is in the cluster: calls under it carry this group, and its bindings name nobody else.
 * Bound to the agent's user name instead, two narrow grants would add up there to a wide one.
 */
export const grantGroup = (grantId: string): string => `${GRANT_GROUP_PREFIX}${grantId}`;
