import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ServiceName } from '@drawbridge/contracts';
import { ChildEnded, ChildWatch, eventually } from '@drawbridge/testing';

const KEPT_OUTPUT = 20_000;
/** Of a machine that does many other things. */
const READY_MS = 90_000;
const ANSWER_MS = 10_000;

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
  /** Of the one that runs now. */
  #watch: ChildWatch | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #output = '';

  constructor(private readonly options: ServiceProcessOptions) {}

  get name(): ServiceName {
    return this.options.name;
  }

  /** It was started, and has ended since. */
  get isDead(): boolean {
    return this.#watch?.ending !== undefined;
  }

  get processId(): number | undefined {
    return this.isDead ? undefined : this.#child?.pid;
  }

  /** The last 20 000 characters it wrote, over all its starts. */
  get output(): string {
    return this.#output;
  }

  start(): void {
    const { name, main, env } = this.options;
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
    this.#watch = new ChildWatch(child, { name, env });
  }

  /**
   * Resolves once `/readyz` answers 200. Starts it anew, as a supervisor would, when its port was taken meanwhile.
   *
   * @throws Error at once, with how it ended and its last words, when it has ended for another reason; otherwise, after
   * a minute and a half, with what `/readyz` answered last
   */
  async ready({ timeoutMs = READY_MS } = {}): Promise<void> {
    await eventually(() => this.#requireReady(), { timeoutMs }).catch((cause: unknown) => {
      if (cause instanceof ChildEnded) throw cause;
      const said = this.#watch?.lastWords ?? '';
      const late = `was not ready after ${timeoutMs / 1_000} s: ${(cause as Error).message}`;
      throw new Error(`${this.name} ${late}\n${said}`, { cause });
    });
  }

  async #requireReady(): Promise<void> {
    if (this.isDead) await this.#startAgainOnTakenPort();
    const answer = await fetch(`${this.options.health}/readyz`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch((cause: unknown) => {
      throw new Error(`/readyz does not answer (${reasonOf(cause)})`, { cause });
    });
    if (answer.status !== 200) {
      throw new Error(`/readyz answers ${answer.status} ${await answer.text()}`);
    }
  }

  async #startAgainOnTakenPort(): Promise<void> {
    await this.#watch?.outputRead();
    if (this.#watch?.output.includes('EADDRINUSE') === true) this.start();
    else await this.#watch?.requireRunning();
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

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
