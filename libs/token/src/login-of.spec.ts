import { describe, expect, it } from 'vitest';
import { TrustedIssuer } from '@drawbridge/contracts';
import { loginOf } from './login-of.js';

const now = new Date('2026-01-05T09:00:00Z');
const seconds = now.getTime() / 1000;
const issuer = TrustedIssuer.parse({
  issuer: 'https://idp.corp.test',
  audiences: ['drawbridge'],
  algorithms: ['RS256'],
  clockSkewSeconds: 30,
  claims: { kind: 'human' },
  keys: [],
});
const of = (claims: object) => loginOf({ ...claims }, issuer, now);

describe('the login of a token', () => {
  it('is when and how the bearer proved who they are', () =>
    expect(
      of({ iat: seconds - 10, auth_time: seconds - 60, acr: 'phr', amr: ['pwd', 'hwk'] }),
    ).toStrictEqual({
      issuedAt: new Date('2026-01-05T08:59:50Z'),
      authTime: new Date('2026-01-05T08:59:00Z'),
      acr: 'phr',
      amr: ['pwd', 'hwk'],
    }));

  it('is not known where the issuer says nothing', () => expect(of({})).toStrictEqual({}));

  it('may lie ahead by the clock skew of the issuer, and no further', () => {
    expect(of({ auth_time: seconds + 30 })).toHaveProperty('authTime');
    expect(of({ auth_time: seconds + 31, iat: seconds + 31 })).toStrictEqual({});
  });

  it.each([
    ['text', { auth_time: String(seconds) }],
    ['NaN', { auth_time: NaN }],
    ['before 1970', { auth_time: -1 }],
    ['infinite', { auth_time: Infinity }],
    ['an empty acr', { acr: '' }],
    ['a number as acr', { acr: 2 }],
    ['a list as acr', { acr: ['phr'] }],
    ['a long acr', { acr: 'x'.repeat(257) }],
    ['amr as text', { amr: 'mfa' }],
    ['no amr at all', { amr: [] }],
    ['amr with what is no text', { amr: ['mfa', 1] }],
    ['amr without end', { amr: Array.from({ length: 21 }, () => 'mfa') }],
  ])('is not guessed from %s', (_, claims) => expect(of(claims)).toStrictEqual({}));
});
