import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Actor } from '@drawbridge/laptop';
import { ChildWatch, eventually } from '@drawbridge/testing';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the CLI that waits for somebody; it never outlives this process. */
export class CliProcess {
  #stdout = '';
  #stderr = '';
  readonly #child: ChildProcess;
  readonly #watch: ChildWatch;
  readonly #closed: Promise<unknown>;

  constructor({ file, args, env }: ReturnType<Actor['drawbridge']>) {
    const child = spawn(file, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.#stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.#stderr += chunk));
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child = child;
    this.#watch = new ChildWatch(child, { name: 'the CLI', env });
    this.#closed = once(child, 'close').finally(() => process.off('exit', kill));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Resolves once it has printed something that matches, on either stream.
   *
   * @throws ChildEnded at once when it ends without
   */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(async () => {
      if (!this.running) await this.#watch.outputRead();
      const match = pattern.exec(this.#stdout + this.#stderr);
      if (match !== null) return match;
      await this.#watch.requireRunning();
      throw new Error(`not said: ${pattern}\n${this.#watch.lastWords}`);
    });
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async ended(): Promise<CliResult> {
    await this.#closed;
    return {
      exitCode: this.#child.exitCode ?? 128,
      stdout: this.#stdout,
      stderr: this.#stderr,
    };
  }
}
