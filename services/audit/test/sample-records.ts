import type { CommandRecord, Principal } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';

export const agent: Principal = {
  kind: 'agent',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
export const grantId = '019c0000-0000-7000-8000-000000000001';
export const requestId = '019c0000-0000-7000-8000-000000000002';

type Started = Extract<CommandRecord, { type: 'CommandStarted' }>;
type Refused = Extract<CommandRecord, { type: 'CommandRefused' }>;
type Ended = Extract<CommandRecord, { type: 'CommandEnded' }>;

/** Ids made at known instants, so that time and order of rows are known too. */
export const commandIdAt = (instant: string): string => uuidV7(new Date(instant));

const at = '2026-01-05T09:00:00.250Z';

const call = (commandId: string) => ({
  commandId,
  connection: 'prod-eks',
  at,
  agent,
  grantId,
  accessRequestId: requestId,
  method: 'PATCH',
  path: '/apis/apps/v1/namespaces/payments/deployments/checkout',
  query: 'fieldManager=kubectl-rollout',
  verb: 'patch',
  apiGroup: 'apps',
  apiVersion: 'v1',
  resource: 'deployments',
  subresource: '',
  namespace: 'payments',
  name: 'checkout',
  clientAddress: '127.0.0.1',
  userAgent: 'kubectl/v1.33.0',
});

export const started = (commandId: string, change: Partial<Started> = {}): Started => ({
  type: 'CommandStarted',
  ...call(commandId),
  decision: { effect: 'allow', reason: 'grant_allows', message: 'allowed by the grant' },
  ...change,
});

export const refused = (commandId: string, change: Partial<Refused> = {}): Refused => ({
  type: 'CommandRefused',
  ...call(commandId),
  decision: { effect: 'deny', reason: 'grant_missing', message: 'no grant is open' },
  statusCode: 403,
  ...change,
});

export const ended = (commandId: string, change: Partial<Ended> = {}): Ended => ({
  type: 'CommandEnded',
  commandId,
  connection: 'prod-eks',
  grantId,
  at: '2026-01-05T09:00:00.750Z',
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 120,
  responseBytes: 4096,
  durationMs: 500.5,
  ...change,
});
