import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import {
  accessRequested,
  alice,
  approvalRequested,
  approvedBy,
  closedBy,
  grantExpired,
  grantId,
  grantIssued,
  grantRevoked,
  lapsed,
  recordedAll,
  requestId,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { OpenGrants } from './open-grants.js';

const before = new Date('2026-01-05T09:19:59.999Z');
const end = new Date('2026-01-05T09:20:00.000Z');

function openAfter(...events: AccessEvent[]): OpenGrants {
  const grants = new OpenGrants();
  for (const recorded of recordedAll(events)) grants.take(recorded);
  return grants;
}
const approved = [
  accessRequested,
  validated(),
  approvalRequested(),
  approvedBy(alice),
  closedBy(alice),
];
const granted = [...approved, grantIssued];

describe('the open grants', () => {
  it.each([
    { past: approved, open: 0, when: 'before one is issued' },
    { past: granted, open: 1, when: 'once it is issued' },
    { past: [accessRequested, validated({ type: 'none' }), grantIssued], open: 1, when: 'unasked' },
    { past: [...granted, grantExpired], open: 0, when: 'once expired' },
    { past: [...granted, grantRevoked], open: 0, when: 'once revoked' },
    { past: [...granted, withdrawn], open: 0, when: 'once given back' },
    { past: [...approved, lapsed], open: 0, when: 'once lapsed' },
  ])('number $open $when', ({ past, open }) =>
    expect(openAfter(...past).list(before)).toHaveLength(open),
  );

  it('end at their second, before an event says so', () =>
    expect(openAfter(...granted).list(end)).toStrictEqual([]));

  it('name the grant and its request', () =>
    expect(openAfter(...granted).list(before)).toMatchObject([
      { id: requestId, grant: { id: grantId } },
    ]));

  it('forget one whose history cannot be read', () => {
    const grants = openAfter(...granted);
    grants.forget(requestId);
    expect(grants.list(before)).toStrictEqual([]);
  });
});
