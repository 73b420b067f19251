import type { Duplex } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { UpgradeAnswer } from '../upstream/upstream.js';

const MAX_BODY_BYTES = 65_536;

type Settle = Pick<PromiseWithResolvers<UpgradeAnswer>, 'resolve' | 'reject'>;

/** Collects the answer to an upgrade: the socket, or what came instead of it. */
class UpgradeHandler implements Dispatcher.DispatchHandler {
  #statusCode = 0;
  #rawHeaders: readonly string[] = [];
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(
    private readonly settle: Settle,
    private readonly signal: AbortSignal,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const abort = () => controller.abort(new Error('upgrade aborted'));
    if (this.signal.aborted) abort();
    else this.signal.addEventListener('abort', abort, { once: true });
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    _statusCode: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    const head = Buffer.alloc(0);
    this.settle.resolve({ switched: true, rawHeaders: pairs(headers), socket, head });
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#statusCode = statusCode;
    this.#rawHeaders = pairs(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < MAX_BODY_BYTES) return;
    this.onResponseEnd();
    controller.abort(new Error('answer too long'));
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks).subarray(0, MAX_BODY_BYTES);
    const rawHeaders = this.#rawHeaders;
    this.settle.resolve({ switched: false, statusCode: this.#statusCode, rawHeaders, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle.reject(error);
  }
}

const pairs = (headers: IncomingHttpHeaders): string[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((line) => [name, line]),
  );

/** Upgrades on a socket that leaves the pool with it. */
export function undiciUpgrade(
  pool: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<UpgradeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<UpgradeAnswer>();
  pool.dispatch(options, new UpgradeHandler({ resolve, reject }, signal));
  return promise;
}
