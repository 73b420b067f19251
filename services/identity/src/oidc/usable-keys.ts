import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import type { SigningAlgorithm, TrustedIssuer } from '@drawbridge/contracts';

type Algorithm = z.infer<typeof SigningAlgorithm>;
type Keys = TrustedIssuer['keys'];

/** An issuer with more keys is broken or hostile. */
const MAX_KEYS = 100;
const MIN_RSA_BITS = 2048;
/** Verifying with larger keys costs more than any real issuer needs. */
const MAX_RSA_BITS = 8192;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** What is read of a published key; every other member, private ones above all, is left behind. */
const PublishedKey = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().min(1).max(256).optional(),
  use: z.literal('sig').optional(),
  alg: z.string().optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  crv: z.enum(['P-256', 'P-384', 'P-521', 'Ed25519']).optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});
type PublishedKey = z.infer<typeof PublishedKey>;

const curves: Partial<Readonly<Record<Algorithm, string>>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
};

export interface UsableKeys {
  readonly keys: Keys;
  /** How many published keys were left out: for encryption, too short, of another algorithm, private, … */
  readonly ignored: number;
}

/**
 * Of the keys an issuer publishes, those that can verify a signature by one of `algorithms`. A key that comes
 * with private members is left out: everybody can sign with it.
 */
export function usableKeys(
  published: readonly unknown[],
  algorithms: readonly Algorithm[],
): UsableKeys {
  const keys = published.slice(0, MAX_KEYS).flatMap((key) => usableKey(key, algorithms) ?? []);
  return { keys, ignored: published.length - keys.length };
}

function usableKey(published: unknown, algorithms: readonly Algorithm[]): PublishedKey | undefined {
  const parsed = PublishedKey.safeParse(published);
  if (!parsed.success || hasPrivateMember(published)) return undefined;
  const key = parsed.data;
  const fits = algorithms.some(
    (algorithm) => (key.alg ?? algorithm) === algorithm && isFor(key, algorithm),
  );
  return fits && isStrongPublicKey(key) ? key : undefined;
}

const hasPrivateMember = (key: unknown): boolean =>
  PRIVATE_MEMBERS.some((member) => Object.hasOwn(Object(key) as object, member));

function isFor({ kty, crv }: PublishedKey, algorithm: Algorithm): boolean {
  const curve = curves[algorithm];
  if (curve === undefined) return kty === 'RSA';
  return kty === (algorithm === 'EdDSA' ? 'OKP' : 'EC') && crv === curve;
}

function isStrongPublicKey(key: PublishedKey): boolean {
  try {
    const publicKey = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    const bits = publicKey.asymmetricKeyDetails?.modulusLength;
    return (
      key.kty !== 'RSA' || (bits !== undefined && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS)
    );
  } catch {
    return false;
  }
}
