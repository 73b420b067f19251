import { Worker } from 'node:worker_threads';
import type { GatewayCheck } from '../open-gateway.js';
import type { FromWorker, ToWorker, WorkerHealth, WorkerStart } from './worker-messages.js';
import { ambientVariables } from './ambient-variables.js';

/** A worker that has said nothing for this long does not count as ready. */
const SILENT_MS = 3_000;

type Started = { readonly address: string } | Omit<FromWorker & { type: 'failed' }, 'type'>;

export interface GatewayWorkerOptions {
  readonly entry: URL;
  readonly start: WorkerStart;
  readonly execArgv: readonly string[] | undefined;
}

/** One worker thread, as the main thread sees it. */
export class GatewayWorker {
  /** Resolves when it listens, or could not. */
  readonly listening: Promise<Started>;
  /** Resolves with why it ended. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;
  #health: WorkerHealth | undefined;
  #heardAtMs = performance.now();
  #failure = '';

  constructor({ entry, start, execArgv }: GatewayWorkerOptions) {
    this.#worker = new Worker(entry, {
      workerData: start,
      // Of the rest of the environment it is given what `start` holds, which the main thread has checked.
      env: ambientVariables(start.environment),
      ...(execArgv !== undefined && { execArgv: [...execArgv] }),
    });
    const listening = Promise.withResolvers<Started>();
    const ended = Promise.withResolvers<string>();
    this.listening = listening.promise;
    this.ended = ended.promise;
    this.#worker.on('message', (message: FromWorker) => {
      this.#heardAtMs = performance.now();
      if (message.type === 'health') this.#health = message;
      else {
        if (message.type === 'failed') this.#failure = message.message;
        listening.resolve(message);
      }
    });
    this.#worker.on('error', (error: unknown) => {
      this.#failure = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', (code) => {
      const reason = this.#failure === '' ? `exit code ${code}` : this.#failure;
      listening.resolve({ code: undefined, message: reason });
      ended.resolve(reason);
    });
  }

  get alive(): boolean {
    return this.#health !== undefined && this.silentForMs < SILENT_MS;
  }

  get silentForMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  get figures(): Readonly<Record<string, number>> {
    return this.#health?.figures ?? {};
  }

  passes(check: GatewayCheck): boolean {
    return this.alive && this.#health?.checks[check] === true;
  }

  tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Lets it finish; ends it when that takes too long. */
  async drain(withinMs: number): Promise<void> {
    this.tell({ type: 'drain' });
    const timer = setTimeout(() => this.end(), withinMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  end(): void {
    void this.#worker.terminate();
  }
}
