// tsyringe, inside @peculiar/x509, needs the polyfill before it loads.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { createHash } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
export const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

/** A key pair of an agent, and what it asks with. */
export interface AgentKey {
  readonly thumbprint: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PKCS #10, PEM. */
  readonly request: string;
}

export async function agentKey(algorithm: typeof P256 | typeof RSA = P256): Promise<AgentKey> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=cluster-admin,O=system:masters',
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    thumbprint: createHash('sha256').update(spki).digest('base64url'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`,
    request: request.toString('pem'),
  };
}
