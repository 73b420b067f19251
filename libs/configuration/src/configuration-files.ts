import type { BigIntStats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigurationProblem } from './configuration.js';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 500;
const MAX_DEPTH = 8;

export interface ConfigurationFile {
  readonly path: string;
  /** Changes whenever the bytes may have changed, a swapped symbolic link included. */
  readonly fingerprint: string;
}

export interface FoundFiles {
  readonly files: readonly ConfigurationFile[];
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * Finds every file that is wanted under a directory, sorted by path. Default: `*.yaml` and `*.yml`, but no
 * `*.test.yaml`.
 *
 * Symbolic links are followed, since Kubernetes mounts a ConfigMap as links into a hidden directory; what
 * is reached twice is taken once, so loops end. Hidden entries are skipped. Anything that is not a regular
 * file is a problem, never opened.
 */
export async function findConfigurationFiles(
  directory: string,
  isWanted: (path: string) => boolean = isConfiguration,
): Promise<FoundFiles> {
  const files: ConfigurationFile[] = [];
  const problems: ConfigurationProblem[] = [];
  const seen = new Set<string>();
  const problem = (path: string, message: string) =>
    void problems.push({ file: path, line: 1, column: 1, field: '', message });

  const visit = async (path: string, depth: number): Promise<void> => {
    const real = await realpath(path);
    if (seen.has(real)) return;
    seen.add(real);
    const status = await stat(path, { bigint: true });
    if (status.isDirectory()) {
      if (depth > MAX_DEPTH) problem(path, `is nested more than ${MAX_DEPTH} directories deep`);
      else await visitEntries(path, depth);
    } else if (!isWanted(path)) return;
    else if (!status.isFile()) problem(path, 'is not a regular file');
    else if (status.size > MAX_FILE_BYTES) problem(path, `is larger than ${MAX_FILE_BYTES} bytes`);
    else files.push({ path, fingerprint: fingerprintOf([path, real], status) });
  };
  const visitEntries = async (path: string, depth: number): Promise<void> => {
    const names = await readdir(path);
    for (const name of names.filter((entry) => !entry.startsWith('.')).toSorted()) {
      const entry = join(path, name);
      await visit(entry, depth + 1).catch((error: unknown) => {
        if (isWanted(entry)) problem(entry, `cannot be read (${codeOf(error)})`);
      });
    }
  };

  await visit(directory, 0).catch((error: unknown) => {
    problem(directory, `cannot be read (${codeOf(error)})`);
  });
  if (files.length > MAX_FILES) problem(directory, `holds more than ${MAX_FILES} files`);
  return { files: files.slice(0, MAX_FILES), problems };
}

function fingerprintOf(paths: readonly string[], status: BigIntStats): string {
  return [...paths, status.ino, status.size, status.mtimeNs, status.ctimeNs].join();
}

/** @throws the error of the file system, or `TypeError` when the bytes are not UTF-8 */
export async function readConfigurationFile(path: string): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
}

/** The short code of a file system error, e.g. `ENOENT`; the error's own text can hold more than is meant. */
export function codeOf(error: unknown): string {
  if (error instanceof TypeError) return 'not UTF-8';
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

const isYaml = (path: string): boolean => path.endsWith('.yaml') || path.endsWith('.yml');

/** Tests of guardrails lie beside them, and are no configuration. */
export const isTest = (path: string): boolean => /\.test\.ya?ml$/u.test(path);

const isConfiguration = (path: string): boolean => isYaml(path) && !isTest(path);
