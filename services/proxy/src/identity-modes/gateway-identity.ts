import type { CallIdentity } from '../credentials/credential.js';

/** Who asks a cluster for the gateway itself: always under one name, so that one credential does. */
export const gatewayIdentity = {
  agent: { kind: 'agent', issuer: 'urn:drawbridge', subject: 'gateway', groups: [] },
  grantId: 'gateway',
  accessRequestId: 'gateway',
  grantEndsAtMs: Infinity,
} as const satisfies Omit<CallIdentity, 'commandId'>;
