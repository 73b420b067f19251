import type { AuditEvent } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { requestHistory } from '../../test/sample-events.js';
import { agent, grantId, requestId } from '../../test/sample-records.js';
import { sessionSpan } from './session-span.js';

const [asked, approved, issued] = requestHistory;
const ended = { type: 'GrantEnded', data: { grantId, cause: 'idle' } };
const history = (
  ...events: readonly ({ type: string; data: unknown } | undefined)[]
): AuditEvent[] =>
  events.map((event, index) => ({
    ...{ sequence: index + 1, id: requestId, schemaVersion: 1, accessRequestId: requestId },
    ...{
      correlationId: requestId,
      causationId: 'x',
      hash: 'a',
      actor: { kind: 'service', id: 'x' },
    },
    ...{ at: `2026-01-05T09:0${index}:00.000Z`, type: event?.type ?? '', data: event?.data },
  }));

describe('which calls are of a session', () => {
  it('is said by its agent, its connection and its grant', () => {
    expect(sessionSpan(history(asked, approved, issued))).toStrictEqual({
      ...{ accessRequestId: requestId, connection: 'prod-eks' },
      agent: { issuer: agent.issuer, subject: agent.subject },
      grant: {
        ...{ id: grantId, startsAt: '2026-01-05T09:00:02.000Z' },
        since: '2026-01-05T08:59:02.000Z',
      },
    });
  });

  it('is bounded once the grant is over, a day behind it', () => {
    expect(sessionSpan(history(asked, approved, issued, ended))?.grant).toMatchObject({
      endedAt: '2026-01-05T09:03:00.000Z',
      until: '2026-01-06T09:03:00.000Z',
    });
  });

  it('is none without a grant, and nothing without what was asked', () => {
    expect(sessionSpan(history(asked))).not.toHaveProperty('grant');
    expect(sessionSpan(history(issued, ended))).toBeUndefined();
    expect(sessionSpan([])).toBeUndefined();
  });
});
