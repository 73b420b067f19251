import { describe, expect, it } from 'vitest';
import { bodyTooLarge } from '../streams/request-body.js';
import { refusedAnswer, upstreamFailure } from './upstream-failure.js';

const failed = (code: string) =>
  Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:6443'), { code });

describe('a failed upstream call', () => {
  it.each([
    ['UND_ERR_HEADERS_TIMEOUT', 'upstream_timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'upstream_timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'upstream_timeout'],
    ['ECONNREFUSED', 'upstream_unreachable'],
    ['ENOTFOUND', 'upstream_unreachable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'upstream_unreachable'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'upstream_unreachable'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'upstream_unreachable'],
    ['CERT_HAS_EXPIRED', 'upstream_unreachable'],
    ['UND_ERR_SOCKET', 'upstream_failed'],
    ['ECONNRESET', 'upstream_failed'],
    ['HPE_INVALID_CONSTANT', 'upstream_failed'],
    ['', 'upstream_failed'],
  ])('by %s is %s, and says nothing of where the cluster is', (code, expected) => {
    const refusal = upstreamFailure(failed(code), 'prod');
    expect(refusal.code).toBe(expected);
    expect(refusal.message).toContain('prod');
    expect(refusal.message).not.toMatch(/10\.1\.2\.3|ECONN|6443/);
  });

  it('that we caused keeps its own reason', () => {
    const refusal = bodyTooLarge();
    expect(upstreamFailure(refusal, 'prod')).toBe(refusal);
  });

  it.each([undefined, null, 'text', 7])('by %j is a failure like others', (thrown) => {
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
