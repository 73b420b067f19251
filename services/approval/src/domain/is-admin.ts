import type { Principal } from '@drawbridge/contracts';

/** Whether somebody is an administrator: a human of such a group, and never an agent, whatever its groups. */
export const isAdminOf =
  (adminGroups: readonly string[]) =>
  ({ kind, groups }: Principal): boolean =>
    kind === 'human' && groups.some((group) => adminGroups.includes(group));
