import { z } from 'zod';

const word = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9*][A-Za-z0-9._:/*-]*$/, 'expected a Kubernetes name or "*"');
const words = z.array(word).min(1).max(100);

/**
 * One RBAC-shaped rule, with Kubernetes' own meaning: `apiGroups` `""` is the core group, a subresource is
 * `pods/log`, `*` is any. `namespaces` names namespaces; `*` is any namespace and cluster-scoped calls.
 * Without `resourceNames` any name is meant, with it only calls that carry one of these names.
 */
export const Rule = z.strictObject({
  verbs: words,
  apiGroups: z
    .array(z.union([z.literal(''), word]))
    .min(1)
    .max(50),
  resources: words,
  namespaces: words,
  resourceNames: words.optional(),
});
export type Rule = z.infer<typeof Rule>;

export const Rules = z.array(Rule).min(1).max(50);

/** A Kubernetes call reduced to what rules match on, as `RequestInfo` in k8s.io/apiserver. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  /** `''` when the call is on the resource itself. */
  readonly subresource: string;
  /** `''` for cluster-scoped calls and for calls over all namespaces. */
  readonly namespace: string;
  /** `''` when the call names no object. */
  readonly name: string;
}
