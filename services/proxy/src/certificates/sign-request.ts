import { webcrypto, type KeyObject } from 'node:crypto';
// tsyringe, inside @peculiar/x509, needs the polyfill before it loads.
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { CallRefused } from '../domain/call-refused.js';
import { keyThumbprint, type ClientAuthority } from './client-authority.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** A SubjectPublicKeyInfo of P-256 begins so; the point follows, uncompressed. */
const P256 = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const P256_LENGTH = 91;
/** Clocks of clients may be behind. */
const BACK_MS = 60_000;

/** What a certificate is asked for. */
export interface CertificateWish {
  /** PKCS #10, PEM. */
  readonly request: string;
  readonly grantId: string;
  /** The key that the grant is bound to. */
  readonly thumbprint: string;
  readonly now: Date;
  readonly endsAt: Date;
}

/**
 * Issues a client certificate for the key of a grant, to whoever has shown to hold it.
 *
 * Of the request only the key counts: subject and extensions are ours.
 *
 * @throws {@link CallRefused} `csr_invalid`, `grant_key_wrong`
 */
export async function signRequest(
  authority: ClientAuthority,
  wish: CertificateWish,
): Promise<string> {
  const request = readRequest(wish.request);
  const key = Buffer.from(request.publicKey.rawData);
  // Before anything is computed with it: another key may be as costly as its maker likes.
  if (keyThumbprint(key) !== wish.thumbprint) {
    throw new CallRefused('grant_key_wrong', 'the grant is bound to another key than this one');
  }
  if (key.length !== P256_LENGTH || !key.subarray(0, P256.length).equals(P256)) {
    throw invalid('expected a key of curve P-256');
  }
  if (!(await isSelfSigned(request))) throw invalid('its signature is not by its own key');
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [wish.grantId] }],
    issuer: new X509Certificate(authority.certificate).subject,
    publicKey: request.publicKey,
    signingKey: await signingKey(authority.key),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(wish.now.getTime() - BACK_MS),
    notAfter: wish.endsAt,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function readRequest(text: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(text);
  } catch (cause) {
    throw invalid('expected PKCS #10 as PEM', cause);
  }
}

async function isSelfSigned(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}

const signingKey = (key: KeyObject): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey(
    'pkcs8',
    key.export({ type: 'pkcs8', format: 'der' }),
    ALGORITHM,
    false,
    ['sign'],
  );

const invalid = (why: string, cause?: unknown): CallRefused =>
  new CallRefused('csr_invalid', `the certificate signing request cannot be used: ${why}`, {
    cause,
  });
