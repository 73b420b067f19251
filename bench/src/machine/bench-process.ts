import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ChildWatch } from '@drawbridge/embedded';

const STOP_MS = 10_000;

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Empty: any core. */
  readonly cores: readonly number[];
  /** Gets a core only when nobody else wants it. @default false */
  readonly yields?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** SIGTERM, since a master of nginx that is killed leaves its workers behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/**
 * `taskset` and `nice` replace themselves by the program, so the pid stays the program's.
 *
 * @param yields - gets a core only when nobody else wants it
 */
export function pinned(
  command: string,
  cores: readonly number[],
  yields = false,
): readonly [string, ...string[]] {
  const nice = yields ? ['nice', '-n', '19', command] : [command];
  const [program = command, ...rest] =
    cores.length === 0 ? nice : ['taskset', '--cpu-list', cores.join(','), ...nice];
  return [program, ...rest];
}

/** A program of the bench, on its own cores; ends with the bench. */
export class BenchProcess {
  readonly watch: ChildWatch;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor({ command, args, cores, env, cwd }: ProcessOptions) {
    const [program, ...before] = pinned(command, cores);
    this.#child = spawn(program, [...before, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(env !== undefined && { env: { PATH: process.env['PATH'] ?? '', ...env } }),
      ...(cwd !== undefined && { cwd }),
    });
    this.#exited = once(this.#child, 'close').catch(() => undefined);
    this.watch = new ChildWatch(this.#child, {
      name: [command, ...args].join(' '),
      ...(env !== undefined && { env }),
    });
    running.add(this.#child);
  }

  /** @throws Error when the program cannot be executed */
  static async start(options: ProcessOptions): Promise<BenchProcess> {
    const started = new BenchProcess(options);
    await once(started.#child, 'spawn');
    return started;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    running.delete(this.#child);
    if (this.watch.ending !== undefined) return;
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(force);
  }
}

/** Runs a program to its end and gives what it printed. */
export async function runPinned(options: ProcessOptions): Promise<string> {
  const [program, ...before] = pinned(options.command, options.cores, options.yields);
  const child = spawn(program, [...before, ...options.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return stdout;
  throw new Error(`${options.command} ended with ${code}: ${stderr.slice(-1_000)} ${stdout}`);
}
