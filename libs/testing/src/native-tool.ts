import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const resolved = new Map<string, Promise<string>>();

/** Path of a native tool of the tests, found, fetched or built by `tools/native`; asked once per process. */
export function nativeTool(name: string): Promise<string> {
  const known = resolved.get(name) ?? resolveTool(name);
  resolved.set(name, known);
  return known;
}

async function resolveTool(name: string): Promise<string> {
  const script = join(repositoryRoot(), 'tools', 'native', 'resolve.mjs');
  const { stdout } = await run(process.execPath, [script, name, '--json', '--quiet']);
  const answer: unknown = JSON.parse(stdout);
  if (typeof answer === 'object' && answer !== null && 'path' in answer) return String(answer.path);
  throw new Error(`tools/native/resolve.mjs ${name} did not say where it is`);
}

/** The folder that holds `nx.json`. */
export function repositoryRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'nx.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error('no nx.json above libs/testing');
    directory = parent;
  }
  return directory;
}
