import { TokenRefused, type VerifiedToken } from '@drawbridge/token';
import { describe, expect, it } from 'vitest';
import { requirePrincipal } from './require-principal.js';

const verified: VerifiedToken = {
  principal: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
  expiresAt: new Date(0),
};
const request = (originalUrl: string, rawHeaders: string[]) => ({ originalUrl, rawHeaders });

function verifier() {
  const seen: unknown[] = [];
  return {
    seen,
    verify: (headers: string | readonly string[] | undefined) => {
      seen.push(headers);
      return Promise.resolve(verified);
    },
  };
}

describe('who is calling', () => {
  it('is asked with every Authorization header, so that a second one cannot hide', async () => {
    const asked = verifier();
    const headers = ['Authorization', 'Bearer a', 'X-A', 'b', 'aUTHORIZATION', 'Bearer b'];
    expect(await requirePrincipal(request('/v1/me', headers), asked)).toBe(verified);
    expect(asked.seen).toStrictEqual([['Bearer a', 'Bearer b']]);
  });

  it.each(['/v1/me?access_token=x', '/v1/me?a=1&ACCESS%5Ftoken=x'])(
    'is not told by a token in the query: %s',
    async (url) => {
      const asked = verifier();
      const attempt = requirePrincipal(request(url, ['Authorization', 'Bearer a']), asked);
      await expect(attempt).rejects.toBeInstanceOf(TokenRefused);
      await expect(attempt).rejects.toMatchObject({ code: 'token_in_query' });
      expect(asked.seen).toStrictEqual([]);
    },
  );
});
