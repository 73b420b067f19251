import { generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose';

const generate = promisify(generateKeyPair);

/** One RS256 key pair of an identity provider. */
export class SigningKey {
  private constructor(
    readonly kid: string,
    private readonly privateKey: KeyObject,
  ) {}

  static async generate(): Promise<SigningKey> {
    const { privateKey } = await generate('rsa', { modulusLength: 2048 });
    return new SigningKey(randomUUID(), privateKey);
  }

  /** With its private members: for the identity provider itself only. */
  async privateJwk(): Promise<JWK & { kid: string }> {
    return { ...(await exportJWK(this.privateKey)), kid: this.kid, use: 'sig', alg: 'RS256' };
  }

  sign(claims: JWTPayload, header: { readonly typ?: string }): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: this.kid, ...header })
      .sign(this.privateKey);
  }
}
