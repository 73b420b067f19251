import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RunningService } from '@drawbridge/runtime';
import { ChildWatch } from '@drawbridge/testing';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const project = fileURLToPath(new URL('../../tsconfig.lib.json', import.meta.url));
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Worker threads run what is built: vitest's sources exist in its own threads only. */
export async function buildProxy(): Promise<void> {
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  await promisify(execFile)(process.execPath, [compiler, '-b', project]);
}

export interface BuiltProxy extends RunningService {
  readonly pid: number;
  readonly log: readonly string[];
  /** Ends it with SIGTERM, and says with which code it ended. */
  terminate(): Promise<number | null>;
}

/** The built proxy in a process of its own. Resolves when it listens. */
export async function startBuiltProxy(env: Readonly<Record<string, string>>): Promise<BuiltProxy> {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const watch = new ChildWatch(child, { name: 'the proxy', env });
  const log: string[] = [];
  const exited = once(child, 'close') as Promise<[number | null]>;
  const started = Promise.withResolvers<Record<string, string>>();
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      log.push(line);
      const { msg, addresses } = JSON.parse(line) as {
        msg: string;
        addresses?: Record<string, string>;
      };
      if (msg === 'proxy started' && addresses !== undefined) started.resolve(addresses);
    }
  });
  void exited.then(() => watch.requireRunning()).catch(started.reject);
  const addresses = await started.promise;
  const terminate = async () => {
    child.kill('SIGTERM');
    const [code] = await exited;
    return code;
  };
  const close = async () => {
    if (child.exitCode === null) await terminate();
  };
  return { name: 'proxy', addresses, pid: child.pid ?? 0, log, terminate, close };
}
