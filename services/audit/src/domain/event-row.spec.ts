import { describe, expect, it } from 'vitest';
import { eventRow, type StoredEvent } from './event-row.js';

const requester = {
  kind: 'agent',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  groups: [],
};
const event: StoredEvent = {
  sequence: 7,
  id: '019c0000-0000-7000-8000-000000000007',
  type: 'AccessRequestWithdrawn',
  schemaVersion: 1,
  aggregateId: '019c0000-0000-7000-8000-000000000002',
  correlationId: '019c0000-0000-7000-8000-000000000002',
  causationId: 'cause',
  actor: { kind: 'agent', id: 'https://idp.test#agent-oncall' },
  at: '2026-01-05T09:00:00.000Z',
  hash: 'a'.repeat(64),
  previousHash: 'b'.repeat(64),
  data: { by: requester },
};
const base = {
  sequence: 7,
  id: event.id,
  type: 'AccessRequestWithdrawn',
  schema_version: 1,
  aggregate_id: event.aggregateId,
  correlation_id: event.correlationId,
  causation_id: 'cause',
  actor_kind: 'agent',
  actor_id: 'https://idp.test#agent-oncall',
  at: '2026-01-05T09:00:00.000Z',
  hash: 'a'.repeat(64),
  previous_hash: 'b'.repeat(64),
};

describe('the row of an event', () => {
  it('is the event, with its data as JSON', () => {
    expect(eventRow(event)).toStrictEqual({ ...base, data: JSON.stringify({ by: requester }) });
  });

  it('can be found by agent and connection when the event names them', () => {
    const data = {
      requester,
      request: {
        connection: 'prod-eks',
        scope: { action: 'view', parameters: {} },
        durationSeconds: 60,
        reason: 'why',
      },
      digest: 'abc',
    };
    expect(eventRow({ ...event, type: 'AccessRequested', data })).toStrictEqual({
      ...base,
      type: 'AccessRequested',
      agent_issuer: 'https://idp.test',
      agent_subject: 'agent-oncall',
      connection: 'prod-eks',
      data: JSON.stringify(data),
    });
  });

  it.each([undefined, null, [], 'text', { requester: 5 }])('keeps data like %j', (data) => {
    const row = eventRow({ ...event, type: 'SomethingNewer', data });
    expect(row).toStrictEqual({
      ...base,
      type: 'SomethingNewer',
      data: JSON.stringify(data ?? null),
    });
  });
});
