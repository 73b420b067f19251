import { readFile, stat } from 'node:fs/promises';
import {
  checkProof,
  openTimestamp,
  type CheckedProof,
  type Checkpoint,
  type ProvenRecord,
} from '@drawbridge/integrity';
import { CliError } from '../cli-error.js';
import type { Believed } from './check-record.js';
import { openKeptNotes, readKeptNotes } from './kept-checkpoints.js';

/** Two lines of 1 MiB each in JSON, with as much of checkpoints and timestamps. */
const MAX_BYTES = 33_554_432;

export interface ProofReport extends CheckedProof {
  /** Of each record: what a time stamper who is believed said of its checkpoint. */
  readonly stamps: readonly ({ readonly at: string; readonly by: string } | undefined)[];
}

/**
 * Checks the proof of a command that stands in a file, with nothing else.
 *
 * @throws CliError, ProofRefused, KeyChainRefused, NoteRefused, SealRefused, TimestampRefused
 */
export async function checkProofFile(
  file: string,
  { trusted, kept: paths, timestampRoots }: Believed,
): Promise<ProofReport> {
  const checked = checkProof(await contentOf(file), trusted);
  const kept = openKeptNotes(await readKeptNotes(paths), checked.chain);
  if (paths.length > 0) for (const { checkpoint } of checked.records) requireKept(checkpoint, kept);
  const stamps = checked.records.map(({ proven: { checkpoint: note, timestamp } }: ProvenRecord) =>
    timestamp === undefined || timestampRoots === undefined
      ? undefined
      : openTimestamp({
          reply: Buffer.from(timestamp, 'base64'),
          content: Buffer.from(note),
          roots: timestampRoots,
        }),
  );
  return { ...checked, stamps };
}

function requireKept({ origin, size, root }: Checkpoint, kept: readonly Checkpoint[]): void {
  const isKept = kept.some(
    (one) => one.origin === origin && one.size === size && Buffer.from(one.root).equals(root),
  );
  if (isKept) return;
  throw new CliError(
    'proof_elsewhere',
    `the proof leads to the checkpoint of size ${size}, which is none of those that you kept`,
    { advice: 'ask for one to yours: drawbridge audit prove <command> --checkpoint <note>' },
  );
}

async function contentOf(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > MAX_BYTES) throw new Error('too large');
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError('file_unreadable', `--proof: "${file}" cannot be read`, { cause });
  }
}
