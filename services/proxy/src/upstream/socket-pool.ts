import type { Duplex } from 'node:stream';
import { CallRefused } from '../domain/call-refused.js';
import { AgentShares } from './agent-shares.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { CallQueue, UpstreamCall } from './upstream-call.js';
import { IncomingBytes } from './incoming-bytes.js';
import { PacedGrowth } from './paced-growth.js';
import { UpstreamFault } from './upstream-fault.js';
import { UpstreamSocket, type SocketOwner } from './upstream-socket.js';
import type { Dial } from './upstream.js';

export interface SocketPoolOptions {
  readonly dial: Dial;
  readonly breaker: CircuitBreaker;
  /** Why calls are refused that the breaker keeps away. */
  readonly suspended: () => Error;
  /** How many are made for everybody. */
  readonly maxSockets: number;
  /**
   * How many there may be in all: above `maxSockets` for agents that have only a few yet, and in place of those
   * that wait for a slow reader.
   */
  readonly maxAllSockets: number;
  /** How many are made as soon as calls wait for them; further ones a few at a time. */
  readonly atOnce: number;
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
/**
 * Shorter than any API server keeps an idle connection, and than load balancers in front of one do (35 seconds in
 * kubeadm's documents), so that it is not closed under a new call.
 */
const IDLE_SECONDS = 30;
const WAIT_SECONDS = 15;
/** Connections that an agent gets however many others have. */
const GUARANTEED = 8;

/**
 * Kept connections to one cluster. Calls take the one used last, or wait for the first that is free or new; of
 * several agents that wait, the one that has fewest comes first.
 */
export class SocketPool implements SocketOwner, CallQueue {
  readonly #options: SocketPoolOptions;
  readonly #sockets = new Set<UpstreamSocket>();
  readonly #idle: UpstreamSocket[] = [];
  readonly #dialing = new Set<AbortController>();
  readonly #shares = new AgentShares<UpstreamCall>();
  readonly #growth: PacedGrowth;
  /** Connections that waited for a slow reader when it was last looked. */
  #stalled = 0;
  #timer: NodeJS.Timeout | undefined;
  #retired = false;

  constructor(options: SocketPoolOptions) {
    this.#options = options;
    this.#growth = new PacedGrowth(options.atOnce, () => this.#dialMore());
  }

  get sockets(): number {
    return this.#sockets.size + this.#dialing.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#shares.waiting;
  }

  /** @throws {@link TypeError} for what cannot be sent, before it waits */
  send(call: UpstreamCall): void {
    call.checkHead();
    for (let socket = this.#idle.pop(); socket !== undefined; socket = this.#idle.pop()) {
      if (this.#start(socket, call)) return;
    }
    if (this.waiting >= this.#options.maxWaiting) {
      call.fail(busy());
      return;
    }
    this.#wait(call);
  }

  /** On a connection that comes free or is new: an idle one may be about to end like the one that has ended. */
  sendAgain(call: UpstreamCall): void {
    this.#wait(call);
  }

  /** Lets calls that wait go another way. @param take - whether it has taken the call */
  giveAway(take: (call: UpstreamCall) => boolean): void {
    for (const call of this.#shares.calls()) {
      if (take(call)) this.#shares.remove(call);
    }
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
    this.#shares.remove(call);
  }

  answered(): void {
    this.#options.breaker.succeeded();
  }

  timedOut(): void {
    this.#failed();
  }

  released(socket: UpstreamSocket): void {
    this.#leave(socket);
    const call = this.#shares.next();
    if (call === undefined) this.#rested(socket);
    else if (!this.#start(socket, call)) this.#shares.wait(call, true);
  }

  gone(socket: UpstreamSocket, retry: UpstreamCall | undefined): void {
    this.#leave(socket);
    this.#sockets.delete(socket);
    const at = this.#idle.lastIndexOf(socket);
    if (at !== -1) this.#idle.splice(at, 1);
    if (retry !== undefined) this.#shares.wait(retry, true);
    this.#dialMore();
  }

  #start(socket: UpstreamSocket, call: UpstreamCall): boolean {
    if (!socket.start(call)) return false;
    socket.share = this.#shares.of(call.agent);
    socket.share.inUse += 1;
    return true;
  }

  #leave(socket: UpstreamSocket): void {
    if (socket.share === undefined) return;
    socket.share.inUse -= 1;
    socket.share = undefined;
  }

  /** Nobody waits for it. */
  #rested(socket: UpstreamSocket): void {
    if (this.#retired || this.sockets > this.#options.maxSockets) socket.abort();
    else this.#idle.push(socket);
  }

  #wait(call: UpstreamCall): void {
    call.queue = this;
    this.#shares.wait(call);
    this.#dialMore();
  }

  #dialMore(): void {
    this.#timer ??= setInterval(() => this.#tick(), this.#options.tickMs ?? 1_000).unref();
    while (this.#wantsMore()) {
      if (!this.#growth.may(this.sockets)) {
        this.#growth.later();
        return;
      }
      this.#growth.grew();
      void this.#dial();
    }
  }

  #wantsMore(): boolean {
    const { maxSockets, maxAllSockets } = this.#options;
    const dialing = this.#dialing.size;
    if (dialing >= this.waiting || dialing >= MAX_DIALING) return false;
    if (this.sockets >= maxAllSockets) return false;
    return this.sockets - this.#stalled < maxSockets || dialing < this.#shares.wanted(GUARANTEED);
  }

  async #dial(): Promise<void> {
    const dialing = new AbortController();
    this.#dialing.add(dialing);
    try {
      const incoming = new IncomingBytes();
      const dial: Dial = (signal) => this.#options.dial(signal, incoming.read);
      const stream = await dialWithin(dial, dialing, CONNECT_MS);
      this.#dialing.delete(dialing);
      const socket = new UpstreamSocket(stream, this);
      incoming.reader = socket;
      this.#dialled(socket, incoming.early);
    } catch (error) {
      this.#dialing.delete(dialing);
      this.#notDialled(error, !dialing.signal.aborted || isTimeout(dialing.signal.reason));
    }
  }

  #dialled(socket: UpstreamSocket, early: boolean): void {
    socket.maxIdleTicks = IDLE_SECONDS;
    this.#sockets.add(socket);
    if (early) socket.abort();
    else this.released(socket);
    // More calls may wait than handshakes are made at the same time.
    this.#dialMore();
  }

  /** One connection that was not had fails one call: the one that would have had it. */
  #notDialled(error: unknown, counts: boolean): void {
    this.#shares.next()?.fail(unreachable(error));
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
    for (const call of this.#shares.calls()) {
      this.#shares.remove(call);
      call.fail(why());
    }
  }

  #tick(): void {
    const { answerSeconds } = this.#options;
    for (const socket of [...this.#sockets]) socket.tick(answerSeconds);
    this.#countStalled();
    for (const call of this.#shares.calls()) {
      call.waitedTicks += 1;
      if (call.waitedTicks < WAIT_SECONDS) continue;
      this.forget(call);
      call.fail(busy());
    }
    this.#shares.tidy();
    if (this.sockets + this.waiting === 0) this.#rest();
    else this.#dialMore();
  }

  #countStalled(): void {
    this.#stalled = 0;
    for (const socket of this.#sockets) if (socket.paused) this.#stalled += 1;
  }

  #rest(): void {
    this.#growth.stop();
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
