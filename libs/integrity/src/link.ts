import { sha256 } from './merkle.js';

/** One message of a stream, as far as it is sealed: all of it but its headers, which only the transport needs. */
export interface SealedMessage {
  readonly sequence: number;
  readonly subject: string;
  /** When the stream stored it, in whole milliseconds since 1970. */
  readonly storedAt: number;
  /** What stands for its data: its SHA-256, or since version 2 of seals what `lineDigest` makes of it. */
  readonly digest: Uint8Array;
}

/**
 * Chains a message to all before it. What is hashed has 112 bytes: the link before, then the sequence and the time as
 * big-endian 64-bit numbers, then the SHA-256 of the subject, then that of the data. Of a digest of lines it has 120, so
 * that nothing can be read as both.
 */
export function linkOf(previous: Uint8Array, message: SealedMessage): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(message.sequence), 0);
  // Signed: who changes a time may put it before 1970.
  numbers.writeBigInt64BE(BigInt(message.storedAt), 8);
  return sha256(previous, numbers, sha256(Buffer.from(message.subject)), message.digest);
}

/** What the first message of a log is chained to: nothing that another log begins with. */
export const firstLink = (origin: string): Buffer => sha256(Buffer.from(`${origin}\n`));
