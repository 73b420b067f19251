import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { TrustBundle, type Principal } from '@drawbridge/contracts';

export interface TokenOptions {
  readonly audience?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  /** Signed with a key that nobody trusts. */
  readonly stranger?: boolean;
}

export interface DemoTokens {
  readonly bundle: TrustBundle;
  /** `Authorization` header of a genuine token of this principal, or one that differs as told. */
  bearer(principal: Principal, options?: TokenOptions): Promise<string>;
}

/** An issuer that exists only as a key pair and a trust bundle. */
export async function makeDemoTokens(issuer: string): Promise<DemoTokens> {
  const [trusted, stranger] = await Promise.all([
    generateKeyPair('RS256'),
    generateKeyPair('RS256'),
  ]);
  const key = { ...(await exportJWK(trusted.publicKey)), kid: 'test', use: 'sig' };
  const bundle = TrustBundle.parse({
    revision: 1,
    publishedAt: new Date().toISOString(),
    issuers: [
      {
        issuer,
        audiences: ['drawbridge'],
        algorithms: ['RS256'],
        clockSkewSeconds: 5,
        claims: {
          kind: { pointer: '/principal_type', agent: ['agent'], human: ['human'] },
          groups: '/groups',
          email: '/email',
          owner: '/owner',
        },
        keys: [key],
      },
    ],
  });
  return {
    bundle,
    bearer: async ({ kind, subject, groups, email, owner }, options = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const token = await new SignJWT({
        principal_type: kind,
        groups,
        ...(email === undefined ? {} : { email }),
        ...(owner === undefined ? {} : { owner }),
      })
        .setProtectedHeader({ alg: 'RS256', kid: 'test', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(options.audience ?? 'drawbridge')
        .setIssuedAt(now - 60)
        .setExpirationTime(now + (options.expiresIn ?? 600))
        .sign(options.stranger === true ? stranger.privateKey : trusted.privateKey);
      return `Bearer ${token}`;
    },
  };
}
