import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.js';

const OTHERS = 0o077;

/**
 * The text of a file that only its owner may read, in a directory of the same kind; `undefined` when there is
 * none.
 *
 * @throws CliError `profile_not_private` when somebody else could read or change it
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  for (const place of [dirname(path), path]) {
    if ((await requirePrivate(place)) === 'absent') return undefined;
  }
  return await readFile(path, 'utf8');
}

/** Replaces a file at once or not at all; only its owner can read it, at any time. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export async function removePrivateFile(path: string): Promise<boolean> {
  if ((await requirePrivate(dirname(path))) === 'absent') return false;
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function makePrivateDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  // Independent of the umask, but only what was made here: another's choice is refused, not changed.
  if (made !== undefined) await chmod(directory, 0o700);
  await requirePrivate(directory);
}

async function requirePrivate(path: string): Promise<'private' | 'absent'> {
  let found;
  try {
    found = await lstat(path);
  } catch (error) {
    if (isAbsent(error)) return 'absent';
    throw error;
  }
  const own = process.getuid === undefined || found.uid === process.getuid();
  if (found.isSymbolicLink() || !own || (found.mode & OTHERS) !== 0) {
    const kind = found.isDirectory() ? '700' : '600';
    throw new CliError('profile_not_private', `${path} may be read or changed by others`, {
      advice: `chmod ${kind} ${path}, after making sure that its content is still yours`,
    });
  }
  return 'private';
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
