import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ServiceName } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';

const KEPT_OUTPUT = 20_000;

export interface ServiceProcessOptions {
  readonly name: ServiceName;
  /** The service's `main.js`. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  /** Address whose `/readyz` says that it is ready. */
  readonly health: string;
}

/** One service in a process of its own, to be killed and started again on the same address. */
export class ServiceProcess {
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #output = '';

  constructor(private readonly options: ServiceProcessOptions) {}

  get name(): ServiceName {
    return this.options.name;
  }

  /** It was started, and has ended since. */
  get isDead(): boolean {
    const child = this.#child;
    return child !== undefined && (child.exitCode !== null || child.signalCode !== null);
  }

  get processId(): number | undefined {
    return this.isDead ? undefined : this.#child?.pid;
  }

  /** The last 20 000 characters it wrote. */
  get output(): string {
    return this.#output;
  }

  start(): void {
    const { main, env } = this.options;
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#exited = once(child, 'exit');
    this.#child = child;
  }

  /** Resolves once `/readyz` answers 200. Starts it anew, as a supervisor would, when its port was taken meanwhile. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        if (this.isDead && this.#output.includes('EADDRINUSE')) {
          this.#output = '';
          this.start();
        }
        const answer = await fetch(`${this.options.health}/readyz`);
        if (answer.status !== 200) {
          throw new Error(`${this.options.name} is not ready: ${await answer.text()}`);
        }
      },
      { timeoutMs: 90_000 },
    ).catch((cause: unknown) => {
      throw new Error(`${this.options.name} did not become ready:\n${this.#output}`, { cause });
    });
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await this.#exited;
  }
}
