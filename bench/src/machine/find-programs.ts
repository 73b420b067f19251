import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '@drawbridge/embedded';

const run = promisify(execFile);

export const programNames = [
  'nginx',
  'haproxy',
  'kubectl',
  'nats-server',
  'wrk',
  'h2load',
  'vegeta',
] as const;
export type ProgramName = (typeof programNames)[number];

export interface Program {
  readonly path: string;
  readonly version: string;
}

/** Every program that could be had, and for each other one why not. */
export interface Programs {
  readonly found: ReadonlyMap<ProgramName, Program>;
  readonly missing: ReadonlyMap<ProgramName, string>;
}

/** Finds the peers and the load generators, or gets them: `tools/native` knows how. */
export async function findPrograms(say: (line: string) => void): Promise<Programs> {
  const found = new Map<ProgramName, Program>();
  const missing = new Map<ProgramName, string>();
  for (const name of programNames) {
    try {
      found.set(name, await find(name));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      missing.set(name, reason);
      say(`without ${name}: ${reason}`);
    }
  }
  return { found, missing };
}

async function find(name: ProgramName): Promise<Program> {
  const resolver = join(repositoryRoot(), 'tools/native/resolve.mjs');
  const args = [resolver, name, '--prefer-pinned', '--quiet'];
  const { stdout } = await run(process.execPath, args);
  const resolution: unknown = JSON.parse(stdout);
  if (typeof resolution !== 'object' || resolution === null) throw new Error('no answer');
  return { path: text(resolution, 'path'), version: text(resolution, 'version') };
}

function text(value: object, key: string): string {
  const found: unknown = Reflect.get(value, key);
  if (typeof found !== 'string') throw new Error(`tools/native answered without ${key}`);
  return found;
}
