import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ExportFiles } from '@drawbridge/integrity';
import { CliError } from '../cli-error.js';

const MAX_FILES = 100_000;

/**
 * The files of an export that was unpacked.
 *
 * @throws CliError `file_unreadable`
 */
export async function directoryFiles(directory: string): Promise<ExportFiles> {
  const paths = new Set(await pathsIn(directory));
  return {
    paths: () => Promise.resolve([...paths]),
    // Only what was found: a list of files must not lead out of the directory.
    read: (path) =>
      paths.has(path) ? createReadStream(join(directory, ...path.split('/'))) : undefined,
  };
}

async function pathsIn(directory: string): Promise<readonly string[]> {
  try {
    if (!(await stat(directory)).isDirectory()) throw new Error('not a directory');
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    if (entries.length > MAX_FILES) throw new Error('too many files');
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        relative(directory, join(parentPath, name)).split(sep).join('/'),
      );
  } catch (cause) {
    const message = `"${directory}" cannot be read as an unpacked export`;
    throw new CliError('file_unreadable', message, {
      cause,
      advice: 'give the directory that holds manifest.json; unpack a bundle with "tar -xf" first',
    });
  }
}
