import { generateKeyPairSync, sign, type KeyPairKeyObjectResult } from 'node:crypto';
import type { TrustBundle } from '@drawbridge/contracts';

type TrustedIssuer = TrustBundle['issuers'][number];
export interface TokenClaims {
  readonly sub?: string;
  readonly aud?: string;
  readonly lifeSeconds?: number;
  readonly kid?: string;
  readonly groups?: readonly string[];
  readonly run?: string;
  /** How long ago it was issued. */
  readonly ageSeconds?: number;
}

/** An OIDC issuer reduced to what a verifier sees of it: its keys and the tokens they sign. */
export class TestIssuer {
  readonly #keys = new Map<string, KeyPairKeyObjectResult>();

  constructor(readonly issuer = 'https://idp.corp.test') {
    this.addKey('first');
  }

  addKey(kid: string): void {
    this.#keys.set(kid, generateKeyPairSync('rsa', { modulusLength: 2048 }));
  }

  token({
    sub = 'agent-oncall',
    aud = 'drawbridge',
    lifeSeconds = 3_600,
    kid = 'first',
    groups = [],
    ageSeconds = 0,
    run: run_id,
  }: TokenClaims = {}): string {
    const now = Math.floor(Date.now() / 1000) - ageSeconds;
    const claims = {
      iss: this.issuer,
      sub,
      aud,
      iat: now,
      nbf: now,
      exp: now + lifeSeconds,
      groups,
      run_id,
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', kid, typ: 'at+jwt' })}.${part({ ...claims, principal_type: 'agent' })}`;
    const key = this.#keys.get(kid)?.privateKey;
    if (key === undefined) throw new Error(`no key ${kid}`);
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  }

  trusted(more: Partial<TrustedIssuer> = {}): TrustedIssuer {
    return {
      issuer: this.issuer,
      audiences: ['drawbridge'],
      algorithms: ['RS256'],
      clockSkewSeconds: 0,
      claims: { kind: 'agent', groups: '/groups', run: '/run_id' },
      owners: {},
      disabledSubjects: [],
      keys: [...this.#keys].map(([kid, { publicKey }]) => {
        const { kty, n, e } = publicKey.export({ format: 'jwk' });
        if (kty !== 'RSA') throw new Error('expected an RSA key');
        return { kty, n, e, kid };
      }),
      ...more,
    };
  }
}
