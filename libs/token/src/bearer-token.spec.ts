import { describe, expect, it } from 'vitest';
import { authorizationHeaders, hasTokenInQuery, readBearerToken } from './bearer-token.js';
import { TokenRefused } from './token-refused.js';

const codeOf = (authorization: string | readonly string[] | undefined) => {
  try {
    return readBearerToken(authorization);
  } catch (error) {
    return error instanceof TokenRefused ? error.code : error;
  }
};

describe('the bearer token of a request', () => {
  it.each([
    ['Bearer a.b.c', 'a.b.c'],
    ['bearer a.b.c', 'a.b.c'],
    ['Bearer   a.b.c', 'a.b.c'],
    [['Bearer a.b.c'], 'a.b.c'],
    [undefined, 'token_missing'],
    [[], 'token_missing'],
    ['', 'token_missing'],
    ['   ', 'token_missing'],
    ['Bearer', 'token_missing'],
    ['Bearer ', 'token_missing'],
    ['null', 'token_malformed'],
    ['Basic YWRtaW46YWRtaW4=', 'token_malformed'],
    ['a.b.c', 'token_malformed'],
    ['BearerX a.b.c', 'token_malformed'],
    [' Bearer a.b.c', 'token_malformed'],
    [['Bearer a.b.c', 'Bearer a.b.c'], 'token_malformed'],
    [['Bearer a.b.c', ''], 'token_malformed'],
    [`Bearer ${'x'.repeat(16_385)}`, 'token_too_large'],
    [`Bearer ${'ä'.repeat(8_193)}`, 'token_too_large'],
  ])('of %j is %s', (authorization, expected) => expect(codeOf(authorization)).toBe(expected));

  it('is looked for in every Authorization header, in any case', () => {
    const raw = ['Host', 'authorization', 'AUTHORIZATION', 'Bearer a', 'authorization', 'Bearer b'];
    expect(authorizationHeaders(raw)).toStrictEqual(['Bearer a', 'Bearer b']);
  });
});

describe('a token in the query', () => {
  it.each([
    ['/v1/me', false],
    ['/v1/me?x=access_token', false],
    ['/v1/me?access_token=a', true],
    ['/v1/me?access_token', true],
    ['/v1/me?x=1&access_token=a', true],
    ['/v1/me?x=1;access_token=a', true],
    ['/v1/me?x=?&access_token=a', true],
    ['/v1/me?Access_Token=a', true],
    ['/v1/me?access%5Ftoken=a', true],
    ['/v1/me?+access_token=a', true],
    ['/v1/me?%zz&x=1', false],
  ])('of %s: %s', (target, expected) => expect(hasTokenInQuery(target)).toBe(expected));
});
