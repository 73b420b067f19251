import type { Duplex } from 'node:stream';
import { CallRefused } from '../domain/call-refused.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { CallQueue, UpstreamCall } from './upstream-call.js';
import { UpstreamFault } from './upstream-fault.js';
import { UpstreamSocket, type SocketOwner } from './upstream-socket.js';
import type { Dial } from './upstream.js';

export interface SocketPoolOptions {
  readonly dial: Dial;
  readonly breaker: CircuitBreaker;
  /** Why calls are refused that the breaker keeps away. */
  readonly suspended: () => Error;
  readonly maxSockets: number;
  /** How many calls may wait for a connection. */
  readonly maxWaiting: number;
  /** How long an answer may be silent, in seconds. */
  readonly answerSeconds: number;
  /** Length of a second: shorter in tests. @default 1_000 */
  readonly tickMs?: number;
}

/** Handshakes at the same time: a cluster that comes back is not flooded, one that is down holds few sockets. */
const MAX_DIALING = 32;
const CONNECT_MS = 10_000;
/** Shorter than any API server keeps an idle connection, so that it is not closed under a new call. */
const IDLE_SECONDS = 20;
const WAIT_SECONDS = 15;

/** Kept connections to one cluster. Calls take the one used last, or wait for the first that is free or new. */
export class SocketPool implements SocketOwner, CallQueue {
  readonly #options: SocketPoolOptions;
  readonly #sockets = new Set<UpstreamSocket>();
  readonly #idle: UpstreamSocket[] = [];
  readonly #dialing = new Set<AbortController>();
  #waiting: UpstreamCall[] = [];
  #timer: NodeJS.Timeout | undefined;
  #retired = false;

  constructor(options: SocketPoolOptions) {
    this.#options = options;
  }

  get sockets(): number {
    return this.#sockets.size + this.#dialing.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  send(call: UpstreamCall): void {
    for (let socket = this.#idle.pop(); socket !== undefined; socket = this.#idle.pop()) {
      if (socket.start(call)) return;
    }
    if (this.#waiting.length >= this.#options.maxWaiting) {
      call.fail(busy());
      return;
    }
    this.#wait(call);
  }

  /** Takes no connection into use again; what is under way on them ends by itself. */
  retire(): void {
    this.#retired = true;
    this.#closeIdle();
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#retired = true;
    const gone = new UpstreamFault('unreachable', 'the connection is closed');
    for (const dialing of this.#dialing) dialing.abort(gone);
    this.#failWaiting(() => gone);
    for (const socket of [...this.#sockets]) socket.fail(gone);
    this.#rest();
  }

  forget(call: UpstreamCall): void {
    const at = this.#waiting.indexOf(call);
    if (at !== -1) this.#waiting.splice(at, 1);
  }

  answered(): void {
    this.#options.breaker.succeeded();
  }

  timedOut(): void {
    this.#failed();
  }

  released(socket: UpstreamSocket): void {
    if (this.#retired && this.#waiting.length === 0) {
      socket.abort();
      return;
    }
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      if (socket.start(call)) return;
      this.#waiting.unshift(call);
      return;
    }
    this.#idle.push(socket);
  }

  gone(socket: UpstreamSocket, retry: UpstreamCall | undefined): void {
    this.#sockets.delete(socket);
    const at = this.#idle.lastIndexOf(socket);
    if (at !== -1) this.#idle.splice(at, 1);
    if (retry !== undefined) this.#waiting.unshift(retry);
    this.#dialMore();
  }

  #wait(call: UpstreamCall): void {
    call.queue = this;
    this.#waiting.push(call);
    this.#dialMore();
  }

  #dialMore(): void {
    this.#timer ??= setInterval(() => this.#tick(), this.#options.tickMs ?? 1_000).unref();
    while (
      this.#dialing.size < this.#waiting.length &&
      this.#dialing.size < MAX_DIALING &&
      this.sockets < this.#options.maxSockets
    ) {
      void this.#dial();
    }
  }

  async #dial(): Promise<void> {
    const dialing = new AbortController();
    this.#dialing.add(dialing);
    try {
      const stream = await dialWithin(this.#options.dial, dialing, CONNECT_MS);
      this.#dialing.delete(dialing);
      this.#dialled(stream);
    } catch (error) {
      this.#dialing.delete(dialing);
      this.#notDialled(error, !dialing.signal.aborted || isTimeout(dialing.signal.reason));
    }
  }

  #dialled(stream: Duplex): void {
    const socket = new UpstreamSocket(stream, this);
    socket.maxIdleTicks = IDLE_SECONDS;
    this.#sockets.add(socket);
    this.released(socket);
    // More calls may wait than handshakes are made at the same time.
    this.#dialMore();
  }

  /** One connection that was not had fails one call: the one that waits longest. */
  #notDialled(error: unknown, counts: boolean): void {
    this.#waiting.shift()?.fail(unreachable(error));
    // What was refused here and now says nothing about the cluster.
    if (counts && !(error instanceof CallRefused)) this.#failed();
    this.#dialMore();
  }

  #failed(): void {
    if (!this.#options.breaker.failed()) return;
    for (const dialing of this.#dialing) dialing.abort(new Error('suspended'));
    this.#failWaiting(this.#options.suspended);
  }

  #failWaiting(why: () => Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call.fail(why());
  }

  #tick(): void {
    const { answerSeconds } = this.#options;
    for (const socket of [...this.#sockets]) socket.tick(answerSeconds);
    for (const call of [...this.#waiting]) {
      call.waitedTicks += 1;
      if (call.waitedTicks < WAIT_SECONDS) continue;
      this.forget(call);
      call.fail(busy());
    }
    if (this.sockets + this.#waiting.length === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #closeIdle(): void {
    for (const socket of [...this.#idle]) socket.abort();
  }
}

/**
 * Dials, but not for ever.
 *
 * @throws {@link UpstreamFault} `timeout`, or what `dial` throws
 */
export async function dialWithin(
  dial: Dial,
  dialing: AbortController,
  withinMs: number,
): Promise<Duplex> {
  const late = () => dialing.abort(new UpstreamFault('timeout', 'no connection in time'));
  const timer = setTimeout(late, withinMs);
  try {
    const stream = await dial(dialing.signal);
    if (!dialing.signal.aborted) return stream;
    stream.destroy();
    throw dialing.signal.reason;
  } finally {
    clearTimeout(timer);
  }
}

/** What failed while connecting, as one kind of failure; what it was is its cause. */
export function unreachable(error: unknown): Error {
  if (error instanceof UpstreamFault || error instanceof CallRefused) return error;
  return new UpstreamFault('unreachable', 'no connection', { cause: error });
}

const isTimeout = (reason: unknown): boolean =>
  reason instanceof UpstreamFault && reason.kind === 'timeout';

const busy = () => new UpstreamFault('busy', 'every connection is in use');
