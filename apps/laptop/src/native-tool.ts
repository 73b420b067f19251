import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './repository.js';

const run = promisify(execFile);

const resolver = join(repositoryRoot, 'tools/native/resolve.mjs');

/**
 * Path of a native tool: one that is on this machine, or else fetched by `tools/native` (its docs name the
 * routes), which says on stderr what it tries.
 */
export async function nativeTool(name: 'nats-server' | 'kubectl'): Promise<string> {
  const here = await resolve(name, ['--look-only', '--quiet']).catch(() => undefined);
  return here ?? resolve(name, []);
}

async function resolve(name: string, flags: readonly string[]): Promise<string> {
  const child = run(process.execPath, [resolver, name, '--json', ...flags], { encoding: 'utf8' });
  if (!flags.includes('--quiet')) child.child.stderr?.pipe(process.stderr);
  const { stdout } = await child;
  const found: unknown = JSON.parse(stdout);
  if (typeof found === 'object' && found !== null && 'path' in found) return String(found.path);
  throw new Error(`tools/native/resolve.mjs ${name} answered without a path`);
}
