import { createHash, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  id_contentType,
  id_messageDigest,
  id_signedData,
  SignedData,
  type Attribute,
  type CertificateChoices,
  type ContentInfo,
  type SignerInfo,
} from '@peculiar/asn1-cms';
import { SigningCertificate } from './timestamp-asn1.js';
import { signatureWrong } from './timestamp-refused.js';

const ID_TST_INFO = '1.2.840.113549.1.9.16.1.4';
const ID_TST_INFO_DER = Buffer.from('060b2a864886f70d0109100104', 'hex');
const ID_SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const ID_SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const MAX_CERTIFICATES = 16;

const digests: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** With which keys and digests each goes; of the others RSA has the digest of the signer. */
const RSA = '1.2.840.113549.1.1.1';
const signatures: Readonly<Record<string, { readonly key: string; readonly digest?: string }>> = {
  [RSA]: { key: 'rsa' },
  '1.2.840.113549.1.1.11': { key: 'rsa', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', digest: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', digest: 'sha512' },
};

export interface OpenedToken {
  /** DER of the `TSTInfo`. */
  readonly token: ArrayBuffer;
  readonly signer: X509Certificate;
  /** What else came with it; believed by nobody. */
  readonly others: readonly X509Certificate[];
}

/**
 * Opens the CMS of a timestamp: one signer, who signs attributes that name the content and the signer's own certificate,
 * as RFC 3161 asks for. Whether that certificate is to be believed is another question.
 *
 * @throws TimestampRefused, and whatever its readers throw at what is not ASN.1
 */
export function openToken(content: ContentInfo): OpenedToken {
  const { token, info, certificates } = partsOf(content);
  const attributes = new Map(
    (info.signedAttrs ?? []).map(({ attrType, attrValues }) => [attrType, attrValues]),
  );
  const only = (type: string): ArrayBuffer => {
    const [value, ...more] = attributes.get(type) ?? [];
    if (value === undefined || more.length > 0) throw signatureWrong(`attribute ${type}`);
    return value;
  };
  const digest = digests[info.digestAlgorithm.algorithm];
  if (digest === undefined) throw signatureWrong('expected SHA-256, SHA-384 or SHA-512');
  if (!Buffer.from(only(id_contentType)).equals(ID_TST_INFO_DER)) {
    throw signatureWrong('it is signed as something else');
  }
  const hash = AsnConvert.parse(only(id_messageDigest), OctetString);
  if (!hashOf(digest, token).equals(Buffer.from(hash.buffer))) throw signatureWrong('its content');
  const named = namedHash(attributes);
  const signer = certificates.find(({ raw }) => hashOf(named.digest, raw).equals(named.hash));
  if (signer === undefined) throw signatureWrong('the certificate of the signer is not in it');
  requireSignature(info, signer.publicKey, digest);
  return { token, signer, others: certificates.filter((one) => one !== signer) };
}

function partsOf({ contentType, content }: ContentInfo) {
  if (contentType !== id_signedData) throw new TypeError('not signed');
  const { encapContentInfo, signerInfos, certificates } = AsnConvert.parse(content, SignedData);
  const token = encapContentInfo.eContent?.single?.buffer;
  const [info, ...more] = signerInfos;
  const isOurs = encapContentInfo.eContentType === ID_TST_INFO && more.length === 0;
  if (!isOurs || token === undefined || info === undefined) throw new TypeError('no timestamp');
  const given = (certificates?.slice(0, MAX_CERTIFICATES) ?? []) as readonly CertificateChoices[];
  return { token, info, certificates: given.flatMap(certificateOf) };
}

const certificateOf = ({ certificate }: CertificateChoices): readonly X509Certificate[] =>
  certificate === undefined
    ? []
    : [new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))];

/** What the signer says of its own certificate: no other one of the same key can be put in its place. */
function namedHash(attributes: ReadonlyMap<string, readonly ArrayBuffer[]>) {
  for (const [type, usual] of [
    [ID_SIGNING_CERTIFICATE_V2, 'sha256'],
    [ID_SIGNING_CERTIFICATE, 'sha1'],
  ] as const) {
    const [value] = attributes.get(type) ?? [];
    if (value === undefined) continue;
    const [id] = AsnConvert.parse(value, SigningCertificate).certs;
    const stated = id?.hashAlgorithm?.algorithm;
    const digest = stated === undefined ? usual : digests[stated];
    if (id === undefined || digest === undefined) break;
    return { digest, hash: Buffer.from(id.certHash.buffer) };
  }
  throw signatureWrong('it does not say with which certificate');
}

function requireSignature(info: SignerInfo, key: KeyObject, digest: string): void {
  const { signedAttrs = [], signature, signatureAlgorithm } = info;
  const wanted = signatures[signatureAlgorithm.algorithm];
  const type = key.asymmetricKeyType;
  if (wanted === undefined || type !== wanted.key || (wanted.digest ?? digest) !== digest) {
    throw signatureWrong(`signature algorithm ${signatureAlgorithm.algorithm}`);
  }
  if (!verify(digest, setOf(signedAttrs), key, Buffer.from(signature.buffer))) {
    throw signatureWrong('the key is another');
  }
}

/** What is signed: the attributes as a SET in DER, RFC 5652, section 5.4, and not as they stand there. */
function setOf(attributes: readonly Attribute[]): Buffer {
  const items = attributes
    .map((attribute) => Buffer.from(AsnConvert.serialize(attribute)))
    .toSorted((one, other) => Buffer.compare(one, other));
  const content = Buffer.concat(items);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(0x31, ...size), content]);
}

const hashOf = (name: string, bytes: ArrayBuffer | Uint8Array): Buffer =>
  createHash(name).update(new Uint8Array(bytes)).digest();
