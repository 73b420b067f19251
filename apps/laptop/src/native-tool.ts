import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './repository.js';

const run = promisify(execFile);

/**
 * Path of a native tool, found or fetched by `tools/native` (its docs name the routes). What it tries is
 * said on stderr.
 */
export async function nativeTool(name: 'nats-server' | 'kubectl'): Promise<string> {
  const resolver = join(repositoryRoot, 'tools/native/resolve.mjs');
  const child = run(process.execPath, [resolver, name, '--json'], { encoding: 'utf8' });
  child.child.stderr?.pipe(process.stderr);
  const { stdout } = await child;
  const found: unknown = JSON.parse(stdout);
  if (
    typeof found === 'object' &&
    found !== null &&
    'path' in found &&
    typeof found.path === 'string'
  ) {
    return found.path;
  }
  throw new Error(`tools/native/resolve.mjs ${name} answered without a path`);
}
