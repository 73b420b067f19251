import type { KubeRequest, NonResourceRequest, ResourceRequest } from './kube-request.js';

/** The call that a `SelfSubjectAccessReview` asks about; a part that it does not name is `''`. */
export type AskedCall =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly apiGroup: string;
      readonly apiVersion: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'nonResource'; readonly verb: string; readonly path: string };

const methods: Readonly<Partial<Record<string, string>>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/**
 * The request that would be this call, so that the question is judged by nothing else than the call itself. What
 * exists in a request only, such as selectors, is absent.
 */
export function requestOf(asked: AskedCall): KubeRequest {
  const method = methods[asked.verb] ?? asked.verb.toUpperCase();
  const forwarded = { method, target: '' };
  if (asked.kind === 'nonResource') {
    return { ...asked, ...forwarded } satisfies NonResourceRequest;
  }
  return {
    ...asked,
    ...forwarded,
    apiPrefix: asked.apiGroup === '' ? 'api' : 'apis',
    parts: [asked.resource, asked.name, asked.subresource],
    verbInPath: false,
    fieldSelector: '',
    labelSelector: '',
    dryRun: false,
    fieldManager: '',
    follow: false,
  } satisfies ResourceRequest;
}
