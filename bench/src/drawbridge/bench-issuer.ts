import { generateKeyPairSync, sign } from 'node:crypto';
import type { TrustedIssuer } from '@drawbridge/contracts';

const KEY_ID = 'bench';
const LIFE_SECONDS = 6 * 3_600;

/** An OIDC issuer reduced to its key: it signs the agents' tokens, and the trust bundle names it. */
export class BenchIssuer {
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

  constructor(readonly issuer = 'https://idp.corp.test') {}

  /** A token as an agent has it after its login; good for the whole run unless it says otherwise. */
  token(subject: string, lifeSeconds = LIFE_SECONDS): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.issuer,
      sub: subject,
      aud: 'drawbridge',
      iat: now,
      nbf: now,
      exp: now + lifeSeconds,
      groups: Array.from({ length: 20 }, (_, index) => `team-${index}`),
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', kid: KEY_ID, typ: 'at+jwt' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), this.#keys.privateKey);
    return `${signed}.${signature.toString('base64url')}`;
  }

  get trusted(): TrustedIssuer {
    const { kty, n, e } = this.#keys.publicKey.export({ format: 'jwk' });
    if (kty !== 'RSA') throw new Error('expected an RSA key');
    return {
      issuer: this.issuer,
      audiences: ['drawbridge'],
      algorithms: ['RS256'],
      clockSkewSeconds: 0,
      claims: { kind: 'agent', groups: '/groups' },
      owners: {},
      disabledSubjects: [],
      keys: [{ kty, n, e, kid: KEY_ID }],
    };
  }
}
