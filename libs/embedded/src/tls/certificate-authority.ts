// tsyringe, inside @peculiar/x509, needs the polyfill before it loads.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { isIP } from 'node:net';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const DAYS = 7;

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority that lives as long as the composition that made it. */
export interface CertificateAuthority {
  /** PEM; what clients pin. */
  readonly certificate: string;
  /** A server certificate for these DNS names and IP addresses, valid for a week. */
  issueServer(hosts: readonly string[]): Promise<KeyPair>;
  /** Its key (PKCS #8, PEM), for a service that issues certificates itself. */
  exportKey(): Promise<string>;
  /** A client certificate whose subject Kubernetes reads as a user and its groups, valid for a week. */
  issueClient(user: string, groups: readonly string[]): Promise<KeyPair>;
}

/** Makes a certificate authority in memory; its key is written nowhere, unless whoever asks for it does so. */
export async function createCertificateAuthority(name: string): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const issuer = `CN=${name}`;
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: issuer,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue = async (subject: JsonName, extensions: Extension[]): Promise<KeyPair> => {
    const leaf = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer,
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions,
    });
    return { certificate: certificate.toString('pem'), key: await privateKeyPem(leaf) };
  };
  return {
    certificate: authority.toString('pem'),
    exportKey: () => privateKeyPem(keys),
    issueServer: (hosts) => issue([{ CN: [hosts[0] ?? name] }], serverExtensions(hosts)),
    issueClient: (user, groups) =>
      issue([...groups.map((group) => ({ O: [group] })), { CN: [user] }], clientExtensions()),
  };
}

const generateKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

function validity() {
  const now = Date.now();
  // An hour back, so that a clock slightly behind still accepts it.
  return { notBefore: new Date(now - DAY_MS / 24), notAfter: new Date(now + DAYS * DAY_MS) };
}

const leafExtensions = (usage: ExtendedKeyUsage): Extension[] => [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([usage]),
];

const clientExtensions = () => leafExtensions(ExtendedKeyUsage.clientAuth);

const serverExtensions = (hosts: readonly string[]): Extension[] => [
  ...leafExtensions(ExtendedKeyUsage.serverAuth),
  new SubjectAlternativeNameExtension(
    hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
  ),
];

async function privateKeyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
}
