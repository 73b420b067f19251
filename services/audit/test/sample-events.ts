import type { AccessEvent } from '@drawbridge/contracts';
import type { StoredEvent } from '../src/domain/event-row.js';
import { agent, grantId, requestId } from './sample-records.js';

const terms = {
  connection: 'prod-eks',
  environment: 'production',
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] }],
  durationSeconds: 900,
  reason: 'readiness probe failing',
};
const policy = { name: 'oncall', version: 'abc' };

/** A request that was made, approved and granted, as far as audit looks into it. */
export const requestHistory: readonly AccessEvent[] = [
  {
    type: 'AccessRequested',
    data: {
      requester: agent,
      request: {
        connection: 'prod-eks',
        scope: { action: 'rollout-restart', parameters: {} },
        durationSeconds: 900,
        reason: 'readiness probe failing',
      },
      digest: 'abc',
    },
  },
  {
    type: 'AccessRequestApproved',
    data: { approvers: [{ ...agent, kind: 'human', subject: 'alice' }] },
  },
  {
    type: 'GrantIssued',
    data: {
      grantId,
      policy,
      grantee: agent,
      terms,
      approvers: [],
      startsAt: '2026-01-05T09:00:02.000Z',
      endsAt: '2026-01-05T09:15:02.000Z',
    },
  },
];

export const stored = (
  event: { readonly type: string; readonly data: unknown },
  change: Partial<StoredEvent> & { readonly sequence: number },
): StoredEvent => ({
  id: `019c0000-0000-7000-8000-${String(change.sequence).padStart(12, '0')}`,
  type: event.type,
  schemaVersion: 1,
  aggregateId: requestId,
  correlationId: requestId,
  causationId: 'cause',
  actor: { kind: 'service', id: 'policy' },
  at: `2026-01-05T09:00:0${change.sequence % 10}.000Z`,
  hash: 'a'.repeat(64),
  previousHash: null,
  data: event.data,
  ...change,
});
