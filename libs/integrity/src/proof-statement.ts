import { SealRefused } from './checkpoint.js';
import { openNote, signNote, type PublicKey, type Signer } from './note.js';

/** What audit signs of the proof of a command: who took it when, and what it is. */
export interface ProofStatement {
  /** The name of the log; the origin of the note is `<name>/proof`. */
  readonly name: string;
  /** SHA-256 of the proof without this statement, in hex. */
  readonly proof: string;
  /** Who took it: `<issuer>#<subject>`. */
  readonly by: string;
  readonly at: string;
}

const originOf = (name: string): string => `${name}/proof`;
const TEXT = /^(\S+)\/proof\nproof ([0-9a-f]{64})\nby ([^\n]+)\nat (\S+)\n$/;

export function proofStatement({ name, proof, by, at }: ProofStatement, signer: Signer): string {
  const text = [originOf(name), `proof ${proof}`, `by ${by}`, `at ${at}`, ''].join('\n');
  return signNote(text, [{ name: originOf(name), key: signer }]);
}

/** @throws NoteRefused, SealRefused `checkpoint_malformed` */
export function openProofStatement(note: string, name: string, key: PublicKey): ProofStatement {
  const text = openNote(note, { name: originOf(name), key });
  const [, found, proof = '', by = '', at = ''] = TEXT.exec(text) ?? [];
  if (found === name) return { name, proof, by, at };
  throw new SealRefused('checkpoint_malformed', 'the note says nothing of a proof');
}
