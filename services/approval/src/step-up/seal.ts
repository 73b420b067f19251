import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { z } from 'zod';
import type { Clock } from '@drawbridge/kernel';

const KEY_BYTES = 32;

/** What a text was sealed for; one sealed for something else does not open. */
export type SealPurpose = 'flow' | 'browser' | 'confirm';

export interface Sealing<Content> {
  readonly purpose: SealPurpose;
  readonly content: z.ZodType<Content>;
}

/**
 * Keeps what belongs to one login with the browser that began it, so that no replica has to remember it: encrypted
 * and authenticated (JWE, A256GCM) with a key of ours, and only for some minutes.
 */
export class Seal {
  readonly #key: Uint8Array;

  /** @param secret - base64 of 32 bytes; the same on all replicas */
  constructor(
    secret: string,
    private readonly clock: Clock,
  ) {
    const key = Buffer.from(secret, 'base64');
    if (key.length !== KEY_BYTES) throw new TypeError(`expected ${KEY_BYTES} bytes in base64`);
    this.#key = key;
  }

  seal<Content>(
    { purpose }: Sealing<Content>,
    content: Content,
    lifeSeconds: number,
  ): Promise<string> {
    const now = Math.floor(this.clock().getTime() / 1000);
    return new EncryptJWT({ content })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: typeOf(purpose) })
      .setIssuedAt(now)
      .setExpirationTime(now + lifeSeconds)
      .encrypt(this.#key);
  }

  /** `undefined` for whatever was not sealed by us, for this, and lately. */
  async open<Content>(
    { purpose, content }: Sealing<Content>,
    sealed: string,
  ): Promise<Content | undefined> {
    try {
      const { payload } = await jwtDecrypt(sealed, this.#key, {
        typ: typeOf(purpose),
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['exp'],
        currentDate: this.clock(),
      });
      return content.safeParse(payload['content']).data;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

const typeOf = (purpose: SealPurpose): string => `drawbridge-step-up-${purpose}`;
