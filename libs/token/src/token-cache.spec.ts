import { describe, expect, it } from 'vitest';
import { TokenCache } from './token-cache.js';
import { TokenRefused } from './token-refused.js';
import type { VerifiedToken } from './verify-token.js';

const now = new Date('2026-01-05T09:00:00Z');
const verified: VerifiedToken = {
  principal: { kind: 'agent', issuer: 'https://idp.corp.test', subject: 'a', groups: [] },
  expiresAt: now,
};
/** Asks the cache for a token; tells whether it had to be verified. */
async function isVerified(cache: TokenCache, token: string, at = now): Promise<boolean> {
  let called = false;
  await cache.get(token, at, () => {
    called = true;
    return Promise.resolve(verified);
  });
  return called;
}

describe('the token cache', () => {
  it('forgets the token that was unused longest when it is full', async () => {
    const cache = new TokenCache();
    for (let index = 0; index < 10_000; index += 1) await isVerified(cache, `token-${index}`);
    expect(await isVerified(cache, 'token-0')).toBe(false);
    expect(await isVerified(cache, 'one more')).toBe(true);
    expect(await isVerified(cache, 'token-0')).toBe(false);
    expect(await isVerified(cache, 'token-1')).toBe(true);
  });

  it('holds no more than the tokens of the last minute, however many have come in a day', async () => {
    const cache = new TokenCache();
    let most = 0;
    for (let second = 0; second < 3_600; second += 1) {
      await isVerified(cache, `token-${second}`, new Date(now.getTime() + second * 1_000));
      most = Math.max(most, cache.size);
    }
    expect(most).toBeLessThan(80);
  });

  it('keeps what is still good when it throws the others away', async () => {
    const cache = new TokenCache();
    const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
    await isVerified(cache, 'old');
    await isVerified(cache, 'young', later(50));
    await isVerified(cache, 'new', later(70));
    expect(cache.size).toBe(2);
    expect(cache.recall('young', later(70))?.verified).toBe(verified);
  });

  it('does not keep a refusal', async () => {
    const cache = new TokenCache();
    const refused = cache.get('a', now, () =>
      Promise.reject(new TokenRefused('token_malformed', 'x')),
    );
    await expect(refused).rejects.toThrow(TokenRefused);
    expect(await isVerified(cache, 'a')).toBe(true);
  });
});
