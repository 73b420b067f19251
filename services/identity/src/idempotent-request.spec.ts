import { describe, expect, it } from 'vitest';
import { RequestId } from '@drawbridge/contracts';
import { agent, alice, request } from '../test/sample-events.js';
import { digestOf, requestIdFor } from './idempotent-request.js';

describe('the id of an idempotency key', () => {
  it('is always the same, and a request id', () => {
    const id = requestIdFor(agent, 'restart-1');
    expect(id).toBe('51c1204d-7b3c-8bb6-85d5-157047d9df11');
    expect(RequestId.parse(id)).toBe(id);
  });

  it('differs for every caller and key', () => {
    const ids = [
      requestIdFor(agent, 'a'),
      requestIdFor(agent, 'b'),
      requestIdFor(alice, 'a'),
      requestIdFor({ ...agent, issuer: 'https://other.test' }, 'a'),
      requestIdFor({ ...agent, subject: `${agent.subject}","a` }, ''),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the digest of a request', () => {
  it('does not depend on the order of fields', () => {
    const reordered = Object.fromEntries(Object.entries(request).reverse()) as typeof request;
    expect(digestOf(reordered)).toBe(digestOf(request));
  });

  it.each([
    { ...request, durationSeconds: 901 },
    { ...request, ticket: 'INC-4212' },
    { ...request, scope: { action: 'rollout-restart', parameters: { namespace: 'payments' } } },
  ])('depends on every value', (other) => expect(digestOf(other)).not.toBe(digestOf(request)));
});
