import { generateKeyPairSync, sign } from 'node:crypto';
import { TrustBundle } from '@drawbridge/contracts';

const issuer = 'https://idp.test';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Trust in an issuer whose tokens {@link tokenOf} makes. */
export const trust = (revision: number, disabledSubjects: string[] = []): TrustBundle =>
  TrustBundle.parse({
    revision,
    publishedAt: new Date().toISOString(),
    issuers: [
      {
        issuer,
        audiences: ['drawbridge'],
        algorithms: ['RS256'],
        clockSkewSeconds: 5,
        claims: {
          kind: { pointer: '/kind', agent: ['agent'], human: ['human'] },
          groups: '/groups',
          email: '/email',
        },
        disabledSubjects,
        keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }],
      },
    ],
  });

/** An access token that a verifier with {@link trust} believes. */
export function tokenOf(
  subject: string,
  kind: 'agent' | 'human',
  given: string[] | { groups: string[]; email: string; endedSeconds?: number },
): string {
  const {
    groups,
    email,
    endedSeconds = 0,
  } = Array.isArray(given) ? { groups: given, email: undefined } : given;
  // One that has ended so many seconds ago was as long valid as any other.
  const now = Math.floor(Date.now() / 1000) - (endedSeconds === 0 ? 0 : endedSeconds + 600);
  const claims = { iss: issuer, sub: subject, aud: 'drawbridge', iat: now, exp: now + 600 };
  const input = `${part({ alg: 'RS256', kid: 'one', typ: 'at+jwt' })}.${part({ ...claims, kind, groups, email })}`;
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}
