import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClickHouseError } from '@clickhouse/client';
import { ChildWatch } from '../process/child-watch.js';
import type {
  EngineFailure,
  EngineMessage,
  EngineReply,
  EngineRequest,
} from './engine-protocol.js';

const OPEN_DEADLINE_MS = 60_000;
const REOPEN_PAUSE_MS = 250;
const CLOSE_DEADLINE_MS = 10_000;

export interface EngineAnswer {
  readonly body: Uint8Array;
  readonly writtenRows: string;
}

interface Waiting {
  readonly resolve: (answer: EngineAnswer) => void;
  readonly reject: (error: Error) => void;
}

type Asked = Omit<EngineRequest, 'id' | 'values'> & { readonly values?: string | Uint8Array };

/**
 * An in-process ClickHouse engine in a child process of its own.
 *
 * When that process dies, what it was working on fails and the next request starts another one; what it had
 * acknowledged is on disk. When the owner dies, the child ends by itself and frees the directory.
 */
export class ClickHouseEngine {
  private process: Promise<ChildProcess> | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private closed = false;

  /** @param program - that it runs in; another one for tests */
  constructor(
    private readonly directory: string,
    private readonly program: string = engineProgram(),
  ) {}

  /**
   * Starts the process if none runs; waits while a dying one still holds the directory.
   *
   * @throws ChildEnded with its last words when the program cannot be loaded
   */
  async open(): Promise<number> {
    const child = await this.running();
    return child.pid ?? 0;
  }

  /** @param signal - ends a query where it is; the answer is rejected once it has ended */
  async ask({ values, ...asked }: Asked, signal?: AbortSignal): Promise<EngineAnswer> {
    const child = await this.running();
    if (typeof values === 'string') return await this.send(child, { ...asked, values }, signal);
    if (values === undefined) return await this.send(child, asked, signal);
    // Through the channel of messages they would be copied six times.
    const file = join(this.directory, 'inserts', randomUUID());
    try {
      await writeAtOnce(file, values);
      return await this.send(child, { ...asked, values: { file } }, signal);
    } finally {
      await rm(file, { force: true });
    }
  }

  private async send(
    child: ChildProcess,
    request: Omit<EngineRequest, 'id'>,
    signal?: AbortSignal,
  ): Promise<EngineAnswer> {
    const id = (this.lastId += 1);
    const abort = () => {
      const message: EngineMessage = { abort: id };
      child.send(message, () => undefined);
    };
    const answer = new Promise<EngineAnswer>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      const message: EngineMessage = { ...request, id };
      child.send(message, (error) => {
        if (error !== null) this.settle(id)?.reject(error);
      });
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    try {
      return await answer;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Lets what runs finish, then ends the process. */
  async close(): Promise<void> {
    this.closed = true;
    const child = await this.process?.catch(() => undefined);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    const message: EngineMessage = { close: true };
    child.send(message, () => undefined);
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_DEADLINE_MS);
    await exited;
    clearTimeout(timer);
  }

  private running(): Promise<ChildProcess> {
    if (this.closed) return Promise.reject(new Error('the embedded ClickHouse is closed'));
    this.process ??= this.start().catch((error: unknown) => {
      this.process = undefined;
      throw error;
    });
    return this.process;
  }

  private async start(): Promise<ChildProcess> {
    const deadline = Date.now() + OPEN_DEADLINE_MS;
    for (;;) {
      const child = spawnEngine(this.program, this.directory);
      const failure = await opened(child);
      if (failure === undefined) {
        this.serve(child);
        return child;
      }
      child.kill('SIGKILL');
      if (Date.now() > deadline) {
        throw new Error(
          `the embedded ClickHouse did not open ${this.directory}: ${failure.message}`,
        );
      }
      await wait(REOPEN_PAUSE_MS);
    }
  }

  private serve(child: ChildProcess): void {
    child.on('message', (reply: EngineReply) => {
      if (reply.event === 'done') {
        const { body = new Uint8Array(), writtenRows } = reply;
        this.settle(reply.id)?.resolve({ body, writtenRows });
      } else if (reply.event === 'failed') this.settle(reply.id)?.reject(errorOf(reply.failure));
    });
    child.once('exit', () => {
      this.process = undefined;
      for (const id of [...this.waiting.keys()]) {
        this.settle(id)?.reject(new Error('the embedded ClickHouse process ended'));
      }
    });
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}

/** In one step: the owner's event loop is busy, and would be waited for between two of many. */
async function writeAtOnce(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) {
      throw new Error(`${bytesWritten} of ${bytes.length} bytes of an insert could be written`);
    }
  } finally {
    await handle.close();
  }
}

function engineProgram(): string {
  // Run from source (tests) the neighbour is TypeScript, which Node strips itself.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./engine-process.${extension}`, import.meta.url));
}

function spawnEngine(program: string, directory: string): ChildProcess {
  return fork(program, [directory], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Nothing is inherited, so no credential of the owner is either.
    env: { TZ: 'UTC' },
  });
}

/** Why it did not open, when that may pass: the directory is held by another one, or somebody has killed it. */
async function opened(child: ChildProcess): Promise<EngineFailure | undefined> {
  const watch = new ChildWatch(child, { name: 'the process of the embedded ClickHouse' });
  return await new Promise((resolve, reject) => {
    child.once('error', ({ message }) => resolve({ message }));
    child.once('exit', (code, signal) => {
      // An exit code is that of Node.js, which could not load the program.
      if (code === null) resolve({ message: `its process was ended by ${signal}` });
      else watch.requireRunning().catch(reject);
    });
    child.once('message', (reply: EngineReply) => {
      resolve(reply.event === 'refused' ? reply.failure : undefined);
    });
  });
}

function errorOf({ message, code, type }: EngineFailure): Error {
  return code === undefined
    ? new Error(message)
    : new ClickHouseError({ message, code, type: type ?? 'UNKNOWN' });
}
