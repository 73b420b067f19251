import { describe, expect, it } from 'vitest';
import type { AccessEvent, AccessEventData } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { OpenGrants } from './open-grants.js';

const agent = { issuer: 'https://idp.test', subject: 'agent-oncall' };
const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] }];
let sequence = 0;
const recorded = (aggregateId: string, event: AccessEvent): RecordedEvent<AccessEvent> => ({
  id: `event-${String((sequence += 1))}`,
  causationId: 'test',
  actor: { kind: 'service', id: 'policy' },
  at: '2026-01-05T09:00:00.000Z',
  aggregateId,
  sequence,
  event,
});
const data: AccessEventData<'GrantIssued'> = {
  grantId: 'grant-1',
  policy: { name: 'oncall', version: 'abc' },
  grantee: { kind: 'agent', ...agent, groups: [] },
  terms: {
    connection: 'prod-eks',
    environment: 'production',
    rules,
    durationSeconds: 900,
    reason: 'x',
  },
  approvers: [],
  startsAt: '2026-01-05T09:00:00.000Z',
  endsAt: '2026-01-05T09:15:00.000Z',
};
const issued = (requestId: string, more: Partial<typeof data> = {}) =>
  recorded(requestId, { type: 'GrantIssued', data: { ...data, ...more } });
const expired = (requestId: string) =>
  recorded(requestId, { type: 'GrantExpired', data: { grantId: 'grant-1', endsAt: data.endsAt } });

function fold(...events: RecordedEvent<AccessEvent>[]): OpenGrants {
  const grants = new OpenGrants();
  for (const event of events) grants.apply(event);
  return grants;
}

describe('the fold of open grants', () => {
  it('opens a grant for its agent on its connection', () => {
    expect(fold(issued('r1')).of(agent, 'prod-eks')).toStrictEqual({
      open: [
        {
          grantId: 'grant-1',
          accessRequestId: 'r1',
          ...agent,
          connection: 'prod-eks',
          rules,
          policy: 'oncall',
          reason: 'x',
          approvers: [],
          issuedAtMs: Date.parse(data.startsAt),
          startsAtMs: Date.parse(data.startsAt),
          endsAtMs: Date.parse(data.endsAt),
        },
      ],
    });
  });

  it('knows what it is for and by whose leave', () => {
    const approver = { kind: 'human' as const, issuer: 'https://idp.test', groups: [] };
    const terms = { ...data.terms, action: 'restart', ticket: 'OPS-1' };
    const approvers = [
      { ...approver, subject: 'u1', email: 'alice@corp.test' },
      { ...approver, subject: 'u2' },
    ];
    const [grant] = fold(issued('r1', { terms, approvers })).of(agent, 'prod-eks').open;
    expect(grant).toMatchObject({
      action: 'restart',
      ticket: 'OPS-1',
      policy: 'oncall',
      reason: 'x',
      approvers: ['alice@corp.test', 'u2'],
    });
  });

  it.each([
    ['another subject', { ...agent, subject: 'agent-reader' }, 'prod-eks'],
    ['another issuer', { ...agent, issuer: 'https://other.test' }, 'prod-eks'],
    ['another connection', agent, 'staging'],
    [
      'parts that only join to the same text',
      { issuer: 'https://idp.test"', subject: '' },
      'prod-eks',
    ],
  ])('T4 shows nothing of it to %s', (_, grantee, connection) => {
    expect(fold(issued('r1')).of(grantee, connection)).toStrictEqual({ open: [] });
  });

  it.each([
    ['GrantExpired', 'grant_expired', expired('r1')],
    [
      'GrantRevoked',
      'grant_revoked',
      recorded('r1', { type: 'GrantRevoked', data: { grantId: 'grant-1', reason: 'x' } }),
    ],
    [
      'AccessRequestWithdrawn',
      'grant_withdrawn',
      recorded('r1', { type: 'AccessRequestWithdrawn', data: { by: data.grantee } }),
    ],
  ])('ends it on %s and remembers that as the last that ended', (_, reason, event) => {
    const grants = fold(issued('r1'));
    expect(grants.apply(event)).toMatchObject({ reason, grant: { accessRequestId: 'r1' } });
    expect(grants.of(agent, 'prod-eks')).toMatchObject({ open: [], lastEnded: { reason } });
    expect(grants.size).toBe(0);
  });

  it('keeps the other grants of the agent when one ends', () => {
    const grants = fold(issued('r1'), issued('r2', { grantId: 'grant-2' }), expired('r1'));
    expect(grants.of(agent, 'prod-eks').open.map(({ grantId }) => grantId)).toStrictEqual([
      'grant-2',
    ]);
  });

  it('ignores an end of what is not open, so that a redelivery changes nothing', () => {
    const grants = fold(issued('r1'), expired('r1'));
    expect(grants.apply(expired('r1'))).toBeUndefined();
    expect(grants.apply(expired('r9'))).toBeUndefined();
  });

  it('sweeps grants whose time is over, at the very instant', () => {
    const grants = fold(issued('r1'), issued('r2', { endsAt: '2026-01-05T09:16:00.000Z' }));
    expect(grants.sweep(new Date('2026-01-05T09:14:59.999Z'))).toStrictEqual([]);
    const ended = grants.sweep(new Date('2026-01-05T09:15:00.000Z'));
    expect(ended.map(({ grant, reason }) => [grant.accessRequestId, reason])).toStrictEqual([
      ['r1', 'grant_expired'],
    ]);
    expect(grants.size).toBe(1);
  });

  it('forgets the oldest of very many that ended', () => {
    const grants = new OpenGrants();
    for (let index = 0; index <= 10_000; index += 1) {
      const id = `r${String(index)}`;
      grants.apply(issued(id, { grantee: { ...data.grantee, subject: id } }));
      grants.apply(expired(id));
    }
    expect(grants.of({ ...agent, subject: 'r0' }, 'prod-eks').lastEnded).toBeUndefined();
    expect(grants.of({ ...agent, subject: 'r10000' }, 'prod-eks').lastEnded).toBeDefined();
  });
});

describe('a grant that is stopped', () => {
  it('ends the moment it is issued, and the refusal can say why', () => {
    const grants = new OpenGrants();
    const ended = grants.apply(issued('r1'), () => 'bridges_raised');
    expect(ended).toMatchObject({ grant: { grantId: 'grant-1' }, reason: 'bridges_raised' });
    expect(grants.size).toBe(0);
    expect(grants.of(agent, 'prod-eks')).toMatchObject({
      open: [],
      lastEnded: { reason: 'bridges_raised' },
    });
  });

  it('is asked about when it was issued, not when it begins', () => {
    const [grant] = fold(issued('r1', { startsAt: '2026-01-05T12:00:00.000Z' })).of(
      agent,
      'prod-eks',
    ).open;
    expect(grant?.issuedAtMs).toBe(Date.parse(data.startsAt));
  });

  it('that was heard of before the release opens by it, if nothing of its own ended it', () => {
    const raised = () => 'bridges_raised' as const;
    const released = () => undefined;
    const grants = new OpenGrants();
    for (const id of ['r1', 'r2', 'r3']) grants.apply(issued(id), raised);
    grants.apply(expired('r2'), raised);
    grants.end('r3', 'grant_revoked');
    expect(grants.restop(raised)).toStrictEqual([]);
    expect(grants.restop(released)).toStrictEqual([]);
    expect(grants.of(agent, 'prod-eks').open).toMatchObject([{ accessRequestId: 'r1' }]);
    expect(grants.restop(raised)).toMatchObject([{ reason: 'bridges_raised' }]);
    grants.sweep(new Date(data.endsAt));
    grants.restop(released);
    expect(grants.size).toBe(0);
  });
});

const extendedTo = (requestId: string, endsAt: string, grantId = 'grant-1') =>
  recorded(requestId, {
    type: 'GrantExtended',
    data: { grantId, round: 2, endsAt, approvers: [] },
  });

describe('a grant that is extended', () => {
  const end = new Date(data.endsAt);
  const later = '2026-01-05T09:25:00.000Z';
  const openAt = (grants: OpenGrants, now: Date) => {
    grants.sweep(now);
    return grants.of(agent, 'prod-eks').open.length;
  };

  it('stays the same for whatever runs under it, and ends later', () => {
    const grants = fold(issued('r1'));
    const [before] = grants.of(agent, 'prod-eks').open;
    grants.apply(extendedTo('r1', later));
    expect(grants.of(agent, 'prod-eks').open[0]).toBe(before);
    expect(before?.endsAtMs).toBe(Date.parse(later));
    expect(openAt(grants, end)).toBe(1);
    expect(openAt(grants, new Date(later))).toBe(0);
  });

  it('never ends earlier by it, and no other grant of the request does', () => {
    const shorter = fold(issued('r1'), extendedTo('r1', '2026-01-05T09:10:00.000Z'));
    expect(shorter.of(agent, 'prod-eks').open[0]?.endsAtMs).toBe(end.getTime());
    const other = fold(issued('r1'), extendedTo('r1', later, 'grant-2'));
    expect(openAt(other, end)).toBe(0);
  });

  it('is open also where its old end came by the clock before the events were read', () => {
    const grants = fold(issued('r1'));
    expect(openAt(grants, end)).toBe(0);
    grants.apply(extendedTo('r1', later));
    expect(openAt(grants, end)).toBe(1);
    expect(openAt(grants, new Date(later))).toBe(0);
  });

  it('does not open again once an event has ended it', () => {
    const grants = fold(issued('r1'));
    grants.sweep(end);
    grants.apply(expired('r1'));
    grants.apply(extendedTo('r1', later));
    expect(openAt(grants, end)).toBe(0);
  });

  it('stays closed while it is stopped, and opens for all of its time', () => {
    const grants = new OpenGrants();
    let isStopped = true;
    const stopOf = () => (isStopped ? ('bridges_raised' as const) : undefined);
    grants.apply(issued('r1'), stopOf);
    grants.sweep(end);
    grants.apply(extendedTo('r1', later), stopOf);
    expect(openAt(grants, end)).toBe(0);
    isStopped = false;
    grants.restop(stopOf);
    expect(openAt(grants, end)).toBe(1);
  });
});
