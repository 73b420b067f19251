import { randomUUID } from 'node:crypto';
import type { Principal } from '@drawbridge/contracts';
import type { recordCall } from '@drawbridge/proxy';
import { uuidV7 } from '@drawbridge/runtime';

type Handle = ReturnType<ReturnType<typeof recordCall>>;
type RecordedCall = Parameters<Handle>[0];

const agent: Principal = {
  kind: 'agent',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  groups: Array.from({ length: 20 }, (_, index) => `group-${index}`),
  owner: 'dana@corp.test',
};
const grant = {
  grantId: randomUUID(),
  accessRequestId: randomUUID(),
  issuer: agent.issuer,
  subject: agent.subject,
  connection: 'bench',
  rules: [],
  startsAtMs: 0,
  endsAtMs: Number.MAX_SAFE_INTEGER,
};
const kube = {
  kind: 'resource',
  method: 'PATCH',
  target: '/apis/apps/v1/namespaces/payments/deployments/checkout',
  verb: 'patch',
  apiPrefix: 'apis',
  apiGroup: 'apps',
  apiVersion: 'v1',
  namespace: 'payments',
  resource: 'deployments',
  subresource: '',
  name: 'checkout',
} as const;
const request = {
  method: 'PATCH',
  target: kube.target,
  remoteAddress: '192.0.2.7',
  headers: { value: () => 'kubectl/v1.36.0 (linux/amd64) kubernetes/0000000' },
};

/** A call as it comes to the step that records it, with what the record speaks of. */
export function callOf(): RecordedCall {
  const receivedAt = new Date();
  const call = {
    commandId: uuidV7(receivedAt),
    receivedAt,
    request,
    connection: 'bench',
    facts: { connection: 'bench', agent, kube, grant },
    agent,
    kube,
    grant,
    decision: { effect: 'allow', reason: 'in_scope', message: `allowed by grant ${grant.grantId}` },
  };
  // The step and what it calls read nothing else; the rest of the chain is not here.
  return call as unknown as RecordedCall;
}

export const outcome = {
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 0,
  responseBytes: 2_048,
} as const;
