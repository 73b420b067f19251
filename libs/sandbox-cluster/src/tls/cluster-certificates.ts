// @peculiar/x509 needs the metadata polyfill before it is loaded.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Everything TLS needs: who the server is and who its administrator is. */
export interface ClusterCertificates {
  readonly authority: string;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const validDays = 365;
const dayMs = 24 * 3600 * 1000;

interface Issuer {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** Makes a CA of its own and from it a certificate for the server at `host` and one for `system:masters`. */
export async function issueClusterCertificates(host: string): Promise<ClusterCertificates> {
  cryptoProvider.set(webcrypto);
  const issuer = await createAuthority();
  const isAddress = /^[\d.]+$|:/.test(host);
  const names: { type: GeneralNameType; value: string }[] = [
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: 'localhost' },
    { type: 'dns', value: 'kubernetes.default.svc' },
    ...(host === '127.0.0.1'
      ? []
      : [{ type: isAddress ? ('ip' as const) : ('dns' as const), value: host }]),
  ];
  const [server, admin] = await Promise.all([
    issue(issuer, 'CN=kube-apiserver', [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names),
    ]),
    issue(issuer, 'O=system:masters, CN=kubernetes-admin', [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ]),
  ]);
  return { authority: issuer.certificate.toString('pem'), server, admin };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + validDays * dayMs) };
}

async function createAuthority(): Promise<Issuer> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=sandbox-cluster-ca',
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate, keys };
}

async function issue(
  issuer: Issuer,
  subject: string,
  extensions: readonly (ExtendedKeyUsageExtension | SubjectAlternativeNameExtension)[],
): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...extensions,
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
}
