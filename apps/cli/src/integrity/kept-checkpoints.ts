import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  KeyRing,
  NoteRefused,
  openCheckpoint,
  SealRefused,
  unverifiedText,
  type Checkpoint,
  type KeyChain,
} from '@drawbridge/integrity';
import { z } from 'zod';
import { CliError } from '../cli-error.js';

const unzip = promisify(gunzip);

const MAX_FILES = 100_000;
const MAX_NOTES = 1_000_000;
/** Unpacked. */
const MAX_FILE_BYTES = 268_435_456;
const EXPORTED = /\.ndjson(?:\.gz)?$/;
/** A line as a sink of audit writes it; other types are passed over. */
const Line = z.object({
  record: z.object({ type: z.literal('CheckpointSigned'), note: z.string() }),
});

/** A note that was kept, and the file that it stands in. */
export interface KeptNote {
  readonly file: string;
  readonly note: string;
}

/**
 * The notes of `--kept`: files, and of directories all `*.note` and whatever a sink wrote, `*.ndjson` and `*.ndjson.gz`.
 *
 * @throws CliError `file_unreadable`
 */
export async function readKeptNotes(paths: readonly string[]): Promise<readonly KeptNote[]> {
  const notes: KeptNote[] = [];
  for (const path of paths) {
    for (const file of await filesAt(path)) {
      for (const note of await notesIn(file)) notes.push({ file, note });
      if (notes.length > MAX_NOTES) throw unreadable(path, new Error('too many checkpoints'));
    }
  }
  return notes;
}

/**
 * What they say, when a key of the log signed them.
 *
 * @throws CliError `usage_invalid`: what was kept must be beyond doubt
 */
export function openKeptNotes(notes: readonly KeptNote[], chain: KeyChain): readonly Checkpoint[] {
  return notes.map(({ file, note }) => {
    try {
      const [origin = ''] = unverifiedText(note).split('\n');
      if (origin.startsWith(`${chain.name}/`)) return openWithAny(note, origin, chain);
    } catch (error) {
      if (!(error instanceof NoteRefused || error instanceof SealRefused)) throw error;
    }
    const message = `--kept: "${file}" is no checkpoint that a key of the log "${chain.name}" signed while it was the one that signs`;
    throw new CliError('usage_invalid', message);
  });
}

/** Each by itself: they come in no order. */
const openWithAny = (note: string, name: string, chain: KeyChain): Checkpoint =>
  new KeyRing(chain).open((key) => ({ checkpoint: openCheckpoint(note, { name, key }) }))
    .checkpoint;

async function filesAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    return names
      .filter((name) => name.endsWith('.note') || EXPORTED.test(name))
      .sort()
      .slice(0, MAX_FILES)
      .map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function notesIn(file: string): Promise<readonly string[]> {
  const content = await contentOf(file);
  if (!EXPORTED.test(file)) return [endedOnce(content)];
  try {
    return exportedNotes(content);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** Editors and `jq -r` end a file with one more line break; behind the signatures nothing is signed. */
export const endedOnce = (note: string): string => note.replace(/\n{2,}$/, '\n');

function exportedNotes(content: string): readonly string[] {
  return content
    .split('\n')
    .filter((line) => line.includes('"CheckpointSigned"'))
    .map((line) => Line.parse(JSON.parse(line)).record.note);
}

async function contentOf(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (!file.endsWith('.gz')) return bytes.toString('utf8');
    return (await unzip(bytes, { maxOutputLength: MAX_FILE_BYTES })).toString('utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const unreadable = (file: string, cause: unknown) =>
  new CliError('file_unreadable', `--kept: "${file}" cannot be read`, { cause });
