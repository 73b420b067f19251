import { SealRefused } from './checkpoint.js';
import { openNote, signNote, type PublicKey, type Signer } from './note.js';

/** What audit signs of an export: who took it when, and what its list of files is. */
export interface ExportStatement {
  /** The name of the log; the origin of the note is `<name>/export`. */
  readonly name: string;
  /** SHA-256 of `manifest.json`, in hex. */
  readonly manifest: string;
  /** Whose export it is: `<issuer>#<subject>`. */
  readonly by: string;
  readonly at: string;
}

const originOf = (name: string): string => `${name}/export`;
const TEXT = /^(\S+)\/export\nmanifest ([0-9a-f]{64})\nby ([^\n]+)\nat (\S+)\n$/;

export function exportStatement(
  { name, manifest, by, at }: ExportStatement,
  signer: Signer,
): string {
  const text = [originOf(name), `manifest ${manifest}`, `by ${by}`, `at ${at}`, ''].join('\n');
  return signNote(text, [{ name: originOf(name), key: signer }]);
}

/** @throws NoteRefused, SealRefused `checkpoint_malformed` */
export function openExportStatement(note: string, name: string, key: PublicKey): ExportStatement {
  const text = openNote(note, { name: originOf(name), key });
  const [, found, manifest = '', by = '', at = ''] = TEXT.exec(text) ?? [];
  if (found === name) return { name, manifest, by, at };
  throw new SealRefused('checkpoint_malformed', 'the note says nothing of an export');
}
