import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python with the packages of a requirements file, or why there is none on this machine. */
export type PythonEnvironment = { readonly python: string } | { readonly missing: string };

/**
 * Finds or makes an environment outside of the clone that holds what `requirements` pins by hash, and nothing else.
 *
 * @throws when this machine has a Python 3 that cannot get the packages
 */
export async function pythonEnvironment(requirements: string): Promise<PythonEnvironment> {
  const probe = 'import ensurepip, sys, venv; print(sys.version)';
  const found = await run('python3', ['-c', probe]).catch((error: unknown) => String(error));
  if (typeof found === 'string') return { missing: `no Python 3 with venv: ${found}` };
  const pins = await readFile(requirements, 'utf8');
  const key = createHash('sha256').update(found.stdout).update(pins).digest('hex').slice(0, 16);
  const directory = join(cacheRoot(), 'python', key);
  const python = join(directory, 'bin/python');
  if (!existsSync(python)) await make(directory, requirements);
  return { python };
}

/** It appears whole or not at all; of two processes that make it at the same time one throws its own away. */
async function make(directory: string, requirements: string): Promise<void> {
  const scratch = join(dirname(directory), `${randomUUID()}.making`);
  await mkdir(dirname(directory), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', scratch]);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps'];
    const pip = ['-m', 'pip', 'install', ...flags, '-r', requirements];
    await run(join(scratch, 'bin/python'), pip);
    await rename(scratch, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The cache of the native tools, see `tools/README.md`. */
function cacheRoot(): string {
  const { DRAWBRIDGE_CACHE, XDG_CACHE_HOME } = process.env;
  return DRAWBRIDGE_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'drawbridge');
}
