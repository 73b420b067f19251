import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './repository-root.js';

const run = promisify(execFile);
const resolved = new Map<string, Promise<string>>();

/**
 * Path of a native tool, asked once per process: one that is on this machine, or else fetched or built by
 * `tools/native` (its docs name the routes), which says on stderr what it tries.
 */
export function nativeTool(name: string): Promise<string> {
  const known = resolved.get(name) ?? find(name);
  resolved.set(name, known);
  return known;
}

async function find(name: string): Promise<string> {
  const here = await resolve(name, ['--look-only', '--quiet']).catch(() => undefined);
  return here ?? resolve(name, []);
}

async function resolve(name: string, flags: readonly string[]): Promise<string> {
  const resolver = join(repositoryRoot(), 'tools/native/resolve.mjs');
  const child = run(process.execPath, [resolver, name, '--json', ...flags]);
  if (!flags.includes('--quiet')) child.child.stderr?.pipe(process.stderr);
  const { stdout } = await child;
  const found: unknown = JSON.parse(stdout);
  if (typeof found === 'object' && found !== null && 'path' in found) return String(found.path);
  throw new Error(`tools/native/resolve.mjs ${name} answered without a path`);
}
