import type { HeldCall } from '@drawbridge/contracts';

/** A held call under any grant of any agent: the deletion of a namespace, without a body. */
export const sampleHeldCall: Omit<HeldCall, 'grantId' | 'agent'> = {
  connection: 'prod-eks',
  policyVersion: '3f9a1c0b7d2e',
  rule: 'cluster-safety/namespace-deletion',
  method: 'DELETE',
  path: '/api/v1/namespaces/payments',
  query: '',
  verb: 'delete',
  apiGroup: '',
  resource: 'namespaces',
  subresource: '',
  namespace: 'payments',
  name: 'payments',
  contentType: '',
  bodySha256: '',
  resourceVersion: '4711',
};
