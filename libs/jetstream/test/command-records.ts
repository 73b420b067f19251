import { randomUUID } from 'node:crypto';
import type { CommandRecord } from '@drawbridge/contracts';

type Started = Extract<CommandRecord, { type: 'CommandStarted' }>;

export const commandStarted = (change: Partial<Started> = {}): Started => ({
  type: 'CommandStarted',
  commandId: randomUUID(),
  connection: 'prod-eks',
  at: '2026-01-05T09:00:00.000Z',
  grantId: randomUUID(),
  method: 'GET',
  path: '/api/v1/namespaces/payments/pods',
  query: '',
  verb: 'list',
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'payments',
  name: '',
  clientAddress: '127.0.0.1',
  userAgent: 'test',
  decision: { effect: 'allow', reason: 'grant_allows', message: 'allowed' },
  ...change,
});

export const commandRefused = (): CommandRecord => ({
  ...commandStarted({ grantId: undefined }),
  type: 'CommandRefused',
  decision: { effect: 'deny', reason: 'no_grant', message: 'no grant' },
  statusCode: 403,
});

export const commandEnded = ({ commandId, connection, grantId }: Started): CommandRecord => ({
  type: 'CommandEnded',
  commandId,
  connection,
  grantId: grantId ?? randomUUID(),
  at: '2026-01-05T09:00:01.000Z',
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 0,
  responseBytes: 10,
  durationMs: 1.5,
});
