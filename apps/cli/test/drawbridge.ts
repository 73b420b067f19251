import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
export const program = join(root, 'apps/cli/dist/main.js');

/** Builds the CLI, so that what is tested is what people run. */
export async function buildCli(): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-b', join(root, 'apps/cli/tsconfig.lib.json')]);
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  /** Standard output and error so far. */
  readonly seen: () => string;
  readonly result: Promise<Result>;
  interrupt(): void;
}

/** Somebody with a home directory of their own and nothing else in the environment. */
export class Somebody {
  private constructor(
    readonly home: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async with(env: Readonly<Record<string, string>>): Promise<Somebody> {
    const home = await mkdtemp(join(tmpdir(), 'drawbridge-cli-'));
    return new Somebody(home, { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), ...env });
  }

  /** The same person with other variables; an empty one is as good as none. */
  but(env: Readonly<Record<string, string>>): Somebody {
    return new Somebody(this.home, { ...this.env, ...env });
  }

  drawbridge(...args: string[]): Promise<Result> {
    return this.start(...args).result;
  }

  start(...args: string[]): RunningCli {
    const child = spawn(process.execPath, [program, ...args], { env: this.env, cwd: this.home });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const result = new Promise<Result>((resolve) => {
      child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
    return { seen: () => stdout + stderr, result, interrupt: () => child.kill('SIGINT') };
  }

  async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
