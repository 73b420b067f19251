import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  NoteRefused,
  openCheckpoint,
  SealRefused,
  unverifiedText,
  type Checkpoint,
  type KeyChain,
} from '@drawbridge/integrity';
import { CliError } from '../cli-error.js';

const MAX_FILES = 10_000;

/** A note that was kept, and the file that it stands in. */
export interface KeptNote {
  readonly file: string;
  readonly note: string;
}

/**
 * The notes of `--kept`: files, and all `*.note` of directories.
 *
 * @throws CliError `file_unreadable`
 */
export async function readKeptNotes(paths: readonly string[]): Promise<readonly KeptNote[]> {
  const notes: KeptNote[] = [];
  for (const path of paths) {
    for (const file of await filesAt(path)) notes.push({ file, note: await contentOf(file) });
  }
  return notes;
}

/**
 * What they say, when a key of the log signed them.
 *
 * @throws CliError `usage_invalid`: what was kept must be beyond doubt
 */
export function openKeptNotes(
  notes: readonly KeptNote[],
  { name, keys }: KeyChain,
): readonly Checkpoint[] {
  return notes.map(({ file, note }) => {
    for (const { key } of keys) {
      try {
        const [origin = ''] = unverifiedText(note).split('\n');
        if (origin.startsWith(`${name}/`)) return openCheckpoint(note, { name: origin, key });
      } catch (error) {
        if (!(error instanceof NoteRefused || error instanceof SealRefused)) throw error;
      }
    }
    const message = `--kept: "${file}" is no checkpoint that a key of the log "${name}" signed`;
    throw new CliError('usage_invalid', message);
  });
}

async function filesAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    return names
      .filter((name) => name.endsWith('.note'))
      .sort()
      .slice(0, MAX_FILES)
      .map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const unreadable = (file: string, cause: unknown) =>
  new CliError('file_unreadable', `--kept: "${file}" cannot be read`, { cause });
