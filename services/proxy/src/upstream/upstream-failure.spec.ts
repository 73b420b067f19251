import { describe, expect, it } from 'vitest';
import { bodyTooLarge } from '../streams/request-body.js';
import { UpstreamFault } from './upstream-fault.js';
import { refusedAnswer, suspended, upstreamFailure } from './upstream-failure.js';

const cause = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:6443'), {
  code: 'ECONNREFUSED',
});

describe('a failed upstream call', () => {
  it.each([
    ['timeout', 'upstream_timeout'],
    ['unreachable', 'upstream_unreachable'],
    ['busy', 'upstream_busy'],
    ['not_http', 'upstream_failed'],
    ['broken', 'upstream_failed'],
  ] as const)('that is %s is %s, and says nothing of where the cluster is', (kind, expected) => {
    const refusal = upstreamFailure(new UpstreamFault(kind, '10.1.2.3', { cause }), 'prod');
    expect(refusal.code).toBe(expected);
    expect(refusal.message).toContain('prod');
    expect(refusal.message).not.toMatch(/10\.1\.2\.3|ECONN|6443/);
  });

  it('while it is suspended is told since when and until when, and not where', () => {
    const since = new Date('2026-01-05T09:00:00.123Z');
    const refusal = suspended('prod', { since, until: new Date('2026-01-05T09:00:04Z') });
    expect(refusal).toMatchObject({
      code: 'upstream_suspended',
      message:
        'the cluster of prod has not answered since 2026-01-05T09:00:00Z; the gateway tries again at 2026-01-05T09:00:04Z',
    });
  });

  it('that we caused keeps its own reason', () => {
    const refusal = bodyTooLarge();
    expect(upstreamFailure(refusal, 'prod')).toBe(refusal);
  });

  it.each([undefined, null, 'text', 7, cause])('by %j is a failure like others', (thrown) => {
    expect(upstreamFailure(thrown, 'prod').code).toBe('upstream_failed');
  });
});

describe('T8 an answer of the cluster', () => {
  it.each([
    [200, undefined],
    [304, undefined],
    [403, undefined],
    [500, undefined],
    [300, 'upstream_redirect'],
    [301, 'upstream_redirect'],
    [307, 'upstream_redirect'],
    [399, 'upstream_redirect'],
    [401, 'upstream_credential_refused'],
  ])('%i is passed on or refused: %s', (statusCode, code) => {
    expect(refusedAnswer(statusCode, 'prod')?.code).toBe(code);
  });
});
