import type { ResourceAttributes } from '@drawbridge/contracts';

/** Reviews by which a client asks what it may do itself, or who it is. */
export type SelfReviewKind =
  'SelfSubjectAccessReview' | 'SelfSubjectRulesReview' | 'SelfSubjectReview';

interface SelfReview {
  readonly kind: SelfReviewKind;
  readonly apiGroup: string;
  /** Versions that some client still asks for. */
  readonly versions: readonly string[];
}

const authorization = { apiGroup: 'authorization.k8s.io', versions: ['v1', 'v1beta1'] };
const byResource: ReadonlyMap<string, SelfReview> = new Map([
  ['selfsubjectaccessreviews', { kind: 'SelfSubjectAccessReview', ...authorization }],
  ['selfsubjectrulesreviews', { kind: 'SelfSubjectRulesReview', ...authorization }],
  [
    'selfsubjectreviews',
    {
      kind: 'SelfSubjectReview',
      apiGroup: 'authentication.k8s.io',
      versions: ['v1', 'v1beta1', 'v1alpha1'],
    },
  ],
]);

type Resource = Pick<ResourceAttributes, 'apiGroup' | 'resource'>;

/** Whether a call is on such a review: the cluster would answer for the gateway, so the gateway answers. */
export function isSelfReview({ apiGroup, resource }: Resource): boolean {
  return byResource.get(resource)?.apiGroup === apiGroup;
}

/** Which review it is; `undefined` when there is none of this version, or the call is on anything else. */
export function selfReviewKind(
  call: Resource & { readonly apiVersion: string },
): SelfReviewKind | undefined {
  const review = byResource.get(call.resource);
  const isKnown = review?.apiGroup === call.apiGroup && review.versions.includes(call.apiVersion);
  return isKnown ? review.kind : undefined;
}
