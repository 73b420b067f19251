import { CommandProof, proofText, type ProvenLine } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { KeyRing, openKeyChain, type KeyChain } from './key-chain.js';
import { digestOfLine } from './line-tree.js';
import { linkOf } from './link.js';
import { leafHash, rootOfPath, sha256 } from './merkle.js';
import type { PublicKey } from './note.js';
import { openProofStatement } from './proof-statement.js';

/**
 * `proof_malformed`: not a proof, or not written as one. `proof_wrong`: what it says does not lead to what was signed.
 * `proof_of_other`: it is of another command, or not of one alone.
 */
export class ProofRefused extends AppError<'proof_malformed' | 'proof_wrong' | 'proof_of_other'> {}

export interface ProvenRecord {
  /** `CommandStarted`, `CommandRefused` or `CommandEnded`. */
  readonly type: string;
  readonly record: Readonly<Record<string, unknown>>;
  readonly proven: ProvenLine;
  readonly checkpoint: Checkpoint;
}

export interface CheckedProof {
  readonly commandId: string;
  readonly chain: KeyChain;
  readonly records: readonly ProvenRecord[];
  /** Who took it when, as audit signed it. */
  readonly by: string;
  readonly at: string;
}

const STREAM = 'COMMANDS';
const FIRST = ['CommandStarted', 'CommandRefused'];
const LAST = ['CommandEnded', 'CommandRefused'];

/**
 * Checks the proof of a command with nothing but itself and, best, a key that is trusted from elsewhere.
 *
 * @param text - the file, in the one way in which it is written: what could be changed in it unseen, would be
 * @throws ProofRefused, KeyChainRefused, NoteRefused, SealRefused
 */
export function checkProof(text: string, trusted?: PublicKey): CheckedProof {
  const proof = parseProof(text);
  const { commandId } = proof;
  const chain = openKeyChain(proof.keys, trusted);
  const { by, at } = openStatement(proof, chain);
  const records = proof.records.map((line) => openLine(line, chain, commandId));
  requireHalves(records);
  return { commandId, chain, records, by, at };
}

function parseProof(text: string): CommandProof {
  const proof = CommandProof.safeParse(jsonOf(text));
  if (proof.success && proofText(proof.data) === text) return proof.data;
  throw new ProofRefused('proof_malformed', 'this is not a proof as audit writes it');
}

/** Signed by the newest key: an older one may have been lost to somebody. */
function openStatement({ statement, ...proof }: CommandProof, chain: KeyChain) {
  const newest = chain.keys.at(-1)?.key ?? new Uint8Array();
  const told = openProofStatement(statement, chain.name, newest);
  if (told.proof === sha256(Buffer.from(proofText(proof))).toString('hex')) return told;
  throw new ProofRefused('proof_wrong', 'the proof is not the one that audit signed');
}

function openLine(proven: ProvenLine, chain: KeyChain, commandId: string): ProvenRecord {
  const name = `${chain.name}/${STREAM}`;
  const { checkpoint } = new KeyRing(chain).open((key) => ({
    checkpoint: openCheckpoint(proven.checkpoint, { name, key }),
  }));
  requireIncluded(proven, checkpoint);
  const record = recordOf(proven);
  if (record['commandId'] === commandId && typeof record['type'] === 'string') {
    return { type: record['type'], record, proven, checkpoint };
  }
  throw new ProofRefused('proof_of_other', `a line is not of the command ${commandId}`);
}

/** From the line to its message, from there to the link, and from there to the root that is signed. */
function requireIncluded(proven: ProvenLine, { size, root, last }: Checkpoint): void {
  const { sequence, subject, leaf: index } = proven;
  const digest = digestOfLine({
    index: proven.line,
    count: proven.lines,
    line: Buffer.from(proven.text),
    path: proven.linePath.map(bytesOf),
  });
  if (digest !== undefined && sequence <= last) {
    const message = { sequence, subject, storedAt: Date.parse(proven.storedAt), digest };
    const leaf = leafHash(linkOf(bytesOf(proven.previous), message));
    const found = rootOfPath({ index, size, leaf }, proven.path.map(bytesOf));
    if (found?.equals(root) === true) return;
  }
  throw new ProofRefused(
    'proof_wrong',
    `the line of message ${sequence} does not lead to the root of its checkpoint`,
  );
}

function requireHalves(records: readonly ProvenRecord[]): void {
  const [first, last] = records;
  const isRight =
    first !== undefined &&
    FIRST.includes(first.type) &&
    (last === undefined || (LAST.includes(last.type) && last.type !== first.type));
  if (isRight) return;
  throw new ProofRefused(
    'proof_of_other',
    'the lines are not the beginning and the end of one command',
  );
}

function recordOf({ text }: ProvenLine): Readonly<Record<string, unknown>> {
  const value = jsonOf(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
