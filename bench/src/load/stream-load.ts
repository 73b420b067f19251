import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { pinned } from '../machine/bench-process.js';
import type { Target } from '../peers/target.js';

/** What the process `stream-load-main.ts` is told. */
export const StreamLoad = z.object({
  origin: z.url(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  certificateAuthorityFile: z.string(),
  /** Streams that are open at the same time; for sessions, that many are under way. */
  streams: z.int(),
  /** For how long what arrives is counted. */
  seconds: z.number(),
  /** `hold`: open all, count what arrives. `sessions`: open one after the other, each until the server ends it. */
  kind: z.enum(['hold', 'sessions']),
  /** Bytes a second that each stream takes; absent: all that come. */
  slowBytesPerSecond: z.int().optional(),
});
export type StreamLoad = z.infer<typeof StreamLoad>;

/** What it answers, once. */
export const StreamFigures = z.object({
  bytes: z.number(),
  lines: z.number(),
  sessions: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  seconds: z.number(),
});
export type StreamFigures = z.infer<typeof StreamFigures>;

const Said = z.union([
  z.object({ opened: z.number() }),
  z.object({ figures: StreamFigures }),
  z.object({ failed: z.string() }),
]);

export interface StreamLoadOptions extends Omit<StreamLoad, 'origin' | 'headers'> {
  readonly cores: readonly number[];
  /** Gets them only when nobody else wants them. @default false */
  readonly yields?: boolean;
  /** Beside those that the target wants. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Streams held or sessions made by a process of their own, on the cores of the load. */
export class RunningStreams {
  readonly #child: ChildProcess;
  readonly #opened = Promise.withResolvers<undefined>();
  readonly #figures = Promise.withResolvers<StreamFigures>();

  constructor(target: Target, { cores, yields, path, headers, ...load }: StreamLoadOptions) {
    const [program, ...before] = pinned(process.execPath, cores, yields);
    const order: StreamLoad = {
      ...load,
      origin: target.origin,
      path: `${target.prefix}${path}`,
      headers: { ...target.headers, ...headers },
    };
    const main = join(import.meta.dirname, 'stream-load-main.js');
    this.#child = spawn(program, [...before, main], { stdio: ['pipe', 'pipe', 'inherit'] });
    // Not an argument: it holds the agent's token.
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    this.#listen(target.name);
  }

  /** All streams have had their first bytes. */
  get opened(): Promise<undefined> {
    return this.#opened.promise;
  }

  get figures(): Promise<StreamFigures> {
    return this.#figures.promise;
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit');
  }

  #listen(name: string): void {
    const fail = (reason: string) => {
      const error = new Error(`${name}: ${reason}`);
      this.#opened.reject(error);
      this.#figures.reject(error);
    };
    // Whoever waits for one of them hears of it.
    this.#opened.promise.catch(() => undefined);
    this.#figures.promise.catch(() => undefined);
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the streams have no stdout');
    createInterface({ input: stdout }).on('line', (line) => {
      const said = Said.parse(JSON.parse(line));
      if ('opened' in said) this.#opened.resolve(undefined);
      else if ('figures' in said) this.#figures.resolve(said.figures);
      else fail(said.failed);
    });
    this.#child.once('exit', (code, signal) => fail(`the streams ended with ${code ?? signal}`));
  }
}
