import { z } from 'zod';
import { Instant } from './access-terms.js';
import { hash32, KeyStatement, MAX_RECEIPT_LENGTH } from './integrity-view.js';

/** One line of a command and its way to a signed checkpoint; `docs/integrity.md` says what is hashed. */
export const ProvenLine = z.strictObject({
  /** The line as it stands in its message, with its line break. */
  text: z
    .string()
    .max(1_048_576)
    .refine((text) => text.isWellFormed(), 'expected no lone surrogate'),
  /** Which line of the message, from 0, and how many it has. */
  line: z.int().min(0),
  lines: z.int().min(1),
  /** The hashes beside it in the tree of the lines, from the bottom up. */
  linePath: z.array(hash32).max(10),
  /** The message: where it stands in the stream, and when the stream stored it. */
  sequence: z.int().min(1),
  subject: z.string().max(1_024),
  storedAt: Instant,
  /** The link of the message before it. */
  previous: hash32,
  /** Which leaf of the tree of the stream it is, from 0. */
  leaf: z.int().min(0),
  /** The hashes beside it in that tree, from the bottom up. */
  path: z.array(hash32).max(53),
  /** The checkpoint that signs the root of that tree. */
  checkpoint: z.string().max(8_192),
  /** Base64 of the `TimeStampResp` of RFC 3161 for the checkpoint, when it has one. */
  timestamp: z.base64().max(MAX_RECEIPT_LENGTH).optional(),
});
export type ProvenLine = z.infer<typeof ProvenLine>;

/** What convinces somebody who has only the public key that a command is on the record, and at which place. */
export const CommandProof = z.strictObject({
  commandId: z.uuid(),
  /** Statements about keys, the oldest first. */
  keys: z.array(KeyStatement.shape.note).min(1).max(1_000),
  /** What was recorded before it was forwarded, or its refusal; and its end, once the tables have it. */
  records: z.array(ProvenLine).min(1).max(2),
  /** Audit's word that its tables have no other such lines of the command: a note over the SHA-256 of all the rest. */
  statement: z.string().max(8_192),
});
export type CommandProof = z.infer<typeof CommandProof>;

/** The one way to write a proof: what audit signs, without its statement, and with it what a file holds. */
export const proofText = (proof: CommandProof | Omit<CommandProof, 'statement'>): string =>
  `${JSON.stringify(proof, undefined, 2)}\n`;
