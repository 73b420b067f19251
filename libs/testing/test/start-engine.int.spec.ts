import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.js';
import { sourceProgram } from '../src/source-program.js';

let directory: string;
const started: number[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-engine-'));
});
afterEach(async () => {
  for (const pid of started.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Its directory is locked for as long as it runs, so nobody could start on it again. */
const hasEnded = (pid: number) => eventually(() => expect(isRunning(pid)).toBe(false));

describe('the embedded engine whose owner is killed', () => {
  it('ends at work, and the next one opens its directory', async () => {
    const program = join(import.meta.dirname, 'engine-starter.ts');
    const owner = spawn(process.execPath, [...sourceProgram(program), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(owner.pid ?? 0);
    let output = '';
    owner.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const engine = await eventually(() => {
      const pid = Number(/pid (\d+)/.exec(output)?.[1]);
      if (!(pid > 0)) throw new Error('not started');
      return pid;
    });
    started.push(engine);
    expect(isRunning(engine)).toBe(true);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await hasEnded(engine);
    const next = await startEmbeddedClickHouse({ directory });
    expect(await next.createClient().ping()).toEqual({ success: true });
    await next.close();
  });
});
