import { randomBytes } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { sha256 } from './merkle.js';
import { MessageImprint, TimeStampReq, TimeStampResp, TstInfo } from './timestamp-asn1.js';
import { requireTrusted } from './timestamp-chain.js';
import { openToken } from './timestamp-token.js';
import { TimestampRefused } from './timestamp-refused.js';

/** `application/timestamp-query` and its answer: RFC 3161, section 3.4. */
export const TIMESTAMP_QUERY_TYPE = 'application/timestamp-query';
export const TIMESTAMP_REPLY_TYPE = 'application/timestamp-reply';

const SHA256 = '2.16.840.1.101.3.4.2.1';
const GRANTED = [0, 1];
const NONCE_BYTES = 16;
/** Of a reply: a token and its certificates have about 6 KB. */
export const MAX_TIMESTAMP_BYTES = 65_536;

export interface TimestampQuery {
  /** DER, as it is sent. */
  readonly bytes: Uint8Array;
  /** As it must come back. */
  readonly nonce: Uint8Array;
}

/** Asks for a timestamp of these bytes: of their SHA-256, so that a time stamper learns nothing of them. */
export function timestampQuery(content: Uint8Array): TimestampQuery {
  const nonce = randomBytes(NONCE_BYTES);
  // Positive, and with no byte too many: DER has one way to write a number.
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  const request = new TimeStampReq();
  request.messageImprint = imprintOf(content);
  request.nonce = bufferOf(nonce);
  return { bytes: Buffer.from(AsnConvert.serialize(request)), nonce };
}

function imprintOf(content: Uint8Array): MessageImprint {
  const imprint = new MessageImprint();
  imprint.hashAlgorithm = new AlgorithmIdentifier({ algorithm: SHA256, parameters: null });
  imprint.hashedMessage = new OctetString(bufferOf(sha256(content)));
  return imprint;
}

export interface Timestamp {
  /** When the time stamper saw it, RFC 3339. */
  readonly at: string;
  /** Of whom, as the certificate has it. */
  readonly by: string;
}

export interface TimestampToCheck {
  /** DER of a `TimeStampResp`. */
  readonly reply: Uint8Array;
  /** What was stamped. */
  readonly content: Uint8Array;
  /** Of the question; absent when it is not known any more. */
  readonly nonce?: Uint8Array;
  /** Certificates that are trusted, PEM, one or more. */
  readonly roots: string;
}

/**
 * Checks a timestamp: that it is of this content, that its time stamper signed it, and that somebody who is trusted
 * vouches for the time stamper at the time that it names. Whether a certificate was revoked is not asked.
 *
 * @throws TimestampRefused
 */
export function openTimestamp(given: TimestampToCheck): Timestamp {
  try {
    return opened(given);
  } catch (error) {
    // Whatever the readers of ASN.1 and of certificates throw at what came from outside.
    throw error instanceof TimestampRefused ? error : malformed(error);
  }
}

function opened({ reply, content, nonce, roots }: TimestampToCheck): Timestamp {
  const { token, signer, others } = openToken(tokenOf(reply));
  const info = AsnConvert.parse(token, TstInfo);
  requireOf(info, content);
  if (nonce !== undefined && !Buffer.from(info.nonce ?? new ArrayBuffer(0)).equals(nonce)) {
    throw foreign('it answers another question');
  }
  requireTrusted({ signer, others, roots, at: info.genTime });
  return { at: info.genTime.toISOString(), by: signer.subject.replaceAll('\n', ', ') };
}

function tokenOf(reply: Uint8Array) {
  if (reply.length > MAX_TIMESTAMP_BYTES) throw malformed();
  const { status, timeStampToken } = AsnConvert.parse(bufferOf(reply), TimeStampResp);
  if (GRANTED.includes(status.status) && timeStampToken !== undefined) return timeStampToken;
  throw new TimestampRefused(
    'timestamp_denied',
    `the time stamper did not stamp it: status ${status.status}`,
  );
}

function requireOf({ version, messageImprint }: TstInfo, content: Uint8Array): void {
  const { hashAlgorithm, hashedMessage } = messageImprint;
  const isOurs =
    version === 1 &&
    hashAlgorithm.algorithm === SHA256 &&
    Buffer.from(hashedMessage.buffer).equals(sha256(content));
  if (!isOurs) throw foreign('it is of another hash');
}

const foreign = (why: string) =>
  new TimestampRefused('timestamp_foreign', `the timestamp is of something else: ${why}`);

const malformed = (cause?: unknown) =>
  new TimestampRefused('timestamp_malformed', 'this is no timestamp, RFC 3161', { cause });

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
