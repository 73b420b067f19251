import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserOf } from '../domain/cluster-call.js';
import { clusterCall, ClusterEvent, methodOf } from './cluster-event.js';

const event = {
  auditID: 'an-id',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/pods?dryRun=All&token=sesame',
  verb: 'list',
  user: { username: 'gateway' },
  requestReceivedTimestamp: '2026-11-22T10:00:00.123456Z',
};
const callOf = (change: object = {}) =>
  clusterCall('prod', ClusterEvent.parse({ ...event, ...change }), () => false);

describe('an event of a cluster', () => {
  it.each([
    ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00.000000Z'],
    ['2026-11-22T10:00:00.1Z', '2026-11-22T10:00:00.100000Z'],
    ['2026-11-22T10:00:00.123456789Z', '2026-11-22T10:00:00.123456Z'],
    ['2026-11-22T11:30:00.000001+01:30', '2026-11-22T10:00:00.000001Z'],
  ])('of %s is of %s', (requestReceivedTimestamp, received_at) => {
    expect(callOf({ requestReceivedTimestamp }).received_at).toBe(received_at);
  });

  it.each(['9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00Z', '1899-12-31T00:00:00Z'])(
    'of %s cannot be read, and keeps nothing behind it from being stored',
    (requestReceivedTimestamp) => {
      const found = ClusterEvent.safeParse({ ...event, requestReceivedTimestamp });
      expect(found.success).toBe(false);
    },
  );

  it('is kept without the query, but for whether it was a dry-run', () => {
    expect(callOf()).toMatchObject({ path: '/api/v1/pods', dry_run: 1 });
    expect(callOf({ requestURI: '/api?dryRun=Allx' })).toMatchObject({ path: '/api', dry_run: 0 });
    expect(JSON.stringify(callOf())).not.toContain('sesame');
  });

  it.each([
    ['list', { resource: 'pods' }, 'GET'],
    ['create', { resource: 'pods' }, 'POST'],
    ['deletecollection', { resource: 'pods' }, 'DELETE'],
    ['get', undefined, 'GET'],
    ['post', undefined, 'POST'],
    ['impersonate', { resource: 'users' }, ''],
  ])('with the verb %s on %j was a %s', (verb, objectRef, method) => {
    expect(methodOf(ClusterEvent.parse({ ...event, verb, objectRef }))).toBe(method);
  });

  it('has bounded texts, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 600, maxLength: 9_000 }), (text) => {
        const row = callOf({
          ...{ auditID: text, verb: text, userAgent: text, requestURI: `/${text}` },
          ...{ user: { username: text }, sourceIPs: Array.from({ length: 100 }, () => text) },
          ...{ impersonatedUser: { username: text, extra: { 'drawbridge.dev/command': [text] } } },
          objectRef: { resource: text, namespace: text, name: text, apiGroup: text },
        });
        expect(JSON.stringify(row).length).toBeLessThan(120_000);
        expect(row.audit_id.length).toBe(128);
        expect(row.source_ips).toHaveLength(8);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['no time', { requestReceivedTimestamp: 'yesterday' }],
    ['another stage', { stage: 'Maybe' }],
    ['a user that is no text', { user: { username: 7 } }],
    ['a status that is none', { responseStatus: { code: 70_000 } }],
  ])('with %s is none', (_, change) => {
    expect(ClusterEvent.safeParse({ ...event, ...change }).success).toBe(false);
  });
});

describe('the user of a gateway', () => {
  it.each([
    ['gateway', 'gateway', true],
    ['gateway', 'gateway2', false],
    ['role/gateway/*', 'role/gateway/session', true],
    ['role/gateway/*', 'role/gateway', false],
    ['gateway', '', false],
  ])('%s: %s is %s', (pattern, user, is) => expect(isUserOf([pattern], user)).toBe(is));
});
