import { generateKeyPairSync, sign } from 'node:crypto';
import { TrustBundle } from '@drawbridge/contracts';

const issuer = 'https://idp.bench.test';
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Trust in the tokens of {@link humanToken}. */
export const trust = (): TrustBundle =>
  TrustBundle.parse({
    revision: 1,
    publishedAt: new Date().toISOString(),
    issuers: [
      {
        issuer,
        audiences: ['drawbridge'],
        algorithms: ['ES256'],
        clockSkewSeconds: 5,
        claims: {
          kind: { pointer: '/kind', agent: ['agent'], human: ['human'] },
          groups: '/groups',
          email: '/email',
        },
        disabledSubjects: [],
        keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }],
      },
    ],
  });

/** An access token of a human, good for ten minutes. */
export function humanToken(email: string, groups: readonly string[]): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, sub: email, aud: 'drawbridge', iat: now, exp: now + 600 };
  const input = `${part({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })}.${part({ ...claims, kind: 'human', groups, email })}`;
  const signature = sign('sha256', Buffer.from(input), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}
