import { z } from 'zod';

const prefix = z
  .string()
  .max(100)
  .regex(/^(?!system:)[!-$&-~]*$/i, 'expected printable ASCII without "%", not "system:…"');

/**
 * As whom the calls of an agent reach the cluster.
 *
 * Ephemeral RBAC needs somebody to bind, so it is a part of `impersonate`: each grant is a group of its own
 * there, which only calls under this grant carry. So grants never add up in the cluster either.
 */
export const ClusterIdentity = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('gateway').describe('As the gateway: the cluster sees its credential only'),
  }),
  z.strictObject({
    mode: z
      .literal('impersonate')
      .describe('As the agent: the gateway impersonates it, with its groups, on every call'),
    userPrefix: prefix
      .default('drawbridge:')
      .describe('Before `<issuer>#<subject>`; a user of `system:` is refused whatever stands here'),
    groupPrefix: prefix
      .default('drawbridge:')
      .describe(
        'Before every group of the token; a `system:` group is refused whatever stands here',
      ),
    groups: z
      .array(z.string().min(1).max(256))
      .max(100)
      .optional()
      .describe('Groups of the token that are passed on; default: all'),
    ephemeralRbac: z
      .boolean()
      .default(false)
      .describe(
        'Create Roles and bindings for the scope of each grant and remove them when it ends, so that the cluster itself enforces it',
      ),
  }),
]);
export type ClusterIdentity = z.infer<typeof ClusterIdentity>;
