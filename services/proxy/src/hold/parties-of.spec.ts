import type { AccessEvent, AccessTerms } from '@drawbridge/contracts';
import { expect, it } from 'vitest';
import { partiesOf } from './parties-of.js';

const issuer = 'https://idp.corp.test';
const validated = (more: Pick<AccessTerms, 'onBehalfOf'>): AccessEvent => ({
  type: 'AccessRequestValidated',
  data: {
    policy: { name: 'test', version: 'test' },
    requester: { kind: 'agent', issuer, subject: 'agent-oncall', groups: [] },
    terms: {
      connection: 'prod-eks',
      environment: 'production',
      rules: [],
      durationSeconds: 600,
      reason: 'checkout answers 500',
      ...more,
    },
    cuts: [],
    approval: {
      type: 'humans',
      count: 1,
      groups: ['sre-oncall'],
      excludeOwner: true,
      timeoutSeconds: 600,
    },
    risk: { level: 'low', reasons: [] },
  },
});

const partiesIn = (...history: readonly AccessEvent[]) => {
  const events = history.map((event, index) => ({
    id: String(index),
    causationId: 'cause',
    actor: { kind: 'service' as const, id: 'policy' },
    at: '2026-01-05T09:00:00.000Z',
    event,
    aggregateId: 'r1',
    sequence: index + 1,
  }));
  return partiesOf(
    { load: () => Promise.resolve({ events, position: { lastSequence: events.length } }) },
    'r1',
  );
};

it('tells for whom the access was asked, who so decides nothing', async () => {
  const alice = { issuer, subject: 'alice', email: 'alice@corp.test' };
  const parties = await partiesIn(validated({ onBehalfOf: { ...alice, proof: 'none' } }));
  expect(parties?.onBehalfOf).toStrictEqual(alice);
});

it('tells of nobody where an agent asked for itself', async () => {
  expect(await partiesIn(validated({}))).toStrictEqual({
    purpose: { reason: 'checkout answers 500' },
    environment: 'production',
    approvers: { groups: ['sre-oncall'] },
  });
});

it('tells nothing where nothing was judged', async () => {
  expect(await partiesIn()).toBeUndefined();
});
