import type { TLSSocket } from 'node:tls';
import { AgentShares } from '../agent-shares.js';
import { IncomingBytes } from '../incoming-bytes.js';
import { dialWithin } from '../socket-pool.js';
import type { CallQueue, UpstreamCall } from '../upstream-call.js';
import { UpstreamFault } from '../upstream-fault.js';
import type { Dial } from '../upstream.js';
import { Http2Connection } from './http2-connection.js';
import type { Http2Owner } from './http2-owner.js';

export interface Http2LinkOptions {
  /** Offers `h2` first. */
  readonly dial: Dial;
  /** How long an answer may be silent, in seconds. */
  readonly answerSeconds: number;
  /** Calls that wait elsewhere can come. */
  readonly ready: () => void;
  /** Takes calls that have waited for too long. */
  readonly elsewhere: (call: UpstreamCall) => void;
  /** Takes calls that were sent here, and have no answer. */
  readonly again: (call: UpstreamCall) => void;
  /** The cluster answers. */
  readonly answered: () => void;
  /** A call was not answered in time. */
  readonly timedOut: () => void;
  /** Length of a second: shorter in tests. @default 1_000 */
  readonly tickMs?: number;
}

const CONNECT_MS = 10_000;
/** As connections of HTTP/1.1 have it. */
const IDLE_TICKS = 30;
/** After one that was closed, as any may be. */
const AGAIN_MS = 1_000;
/** After a connection that was none, or did what it may not do. */
const MEND_MS = 30_000;
/** Of a server that does not speak it: it may learn. */
const LEARN_MS = 600_000;

/** Streams that are left for others when one agent has all the rest. */
const LEFT_FOR_OTHERS = 8;
const MAX_WAITING = 1_024;
/** Of the calls that wait, so many go elsewhere each time that so long has passed: fewer handshakes than calls. */
const [ELSEWHERE, WAIT_MS] = [8, 10];

/**
 * The connection that short reads of one cluster share, as long as they come side by side. It is made when
 * {@link Http2Link.want} is called and never waited for: what it does not take goes over HTTP/1.1. Where several agents
 * call, each has half of its streams at most.
 */
export class Http2Link implements Http2Owner, CallQueue {
  #connection: Http2Connection | undefined;
  #dialing: AbortController | undefined;
  readonly #shares = new AgentShares<UpstreamCall>();
  #idleTicks = 0;
  #notBeforeMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #retired = false;
  #wasReady = false;
  #waiting: NodeJS.Timeout | undefined;

  constructor(private readonly options: Http2LinkOptions) {}

  get sockets(): number {
    return Number(this.#connection !== undefined) + Number(this.#dialing !== undefined);
  }

  /** Calls that are on it. */
  get streams(): number {
    return this.#connection?.streams ?? 0;
  }

  /** Calls that wait for a stream. */
  get waiting(): number {
    return this.#shares.waiting;
  }

  get idle(): number {
    return Number(this.#connection?.streams === 0);
  }

  /**
   * Sends it when a stream is free, or lets it wait for one: a moment is less than a handshake.
   *
   * @returns false when it goes another way
   * @throws {@link TypeError} for what cannot be sent
   */
  send(call: UpstreamCall): boolean {
    if ((this.#connection?.maxStreams ?? 0) === 0) return false;
    if (this.#shares.of(call.agent).waiting.length === 0 && this.#start(call)) return true;
    if (this.#shares.waiting >= MAX_WAITING) return false;
    // What cannot be sent is said to its sender, and to nobody later.
    call.checkHead();
    call.queue = this;
    this.#shares.wait(call);
    this.#waitOn();
    return true;
  }

  forget(call: UpstreamCall): void {
    this.#shares.remove(call);
  }

  /** Calls come side by side. */
  want(): void {
    if (this.#retired || this.sockets > 0 || performance.now() < this.#notBeforeMs) return;
    void this.#dial();
  }

  /** Takes no further call; what is under way ends by itself. */
  retire(): void {
    this.#retired = true;
    this.#dialing?.abort(new UpstreamFault('unreachable', 'the connection is closed'));
    this.#connection?.retire();
  }

  /** Ends everything at once. */
  destroy(): void {
    const closed = new UpstreamFault('unreachable', 'the connection is closed');
    this.#retired = true;
    this.#dialing?.abort(closed);
    this.#connection?.destroy(closed);
  }

  ready(): void {
    this.#wasReady = true;
    if (!this.#retired) this.options.ready();
  }

  answered(): void {
    this.options.answered();
  }

  timedOut(): void {
    this.options.timedOut();
  }

  left(call: UpstreamCall): void {
    this.#shares.of(call.agent).inUse -= 1;
    while (this.#shares.waiting > 0) {
      const next = this.#shares.next();
      if (next === undefined) return;
      if (this.#start(next)) continue;
      this.#shares.wait(next, true);
      return;
    }
  }

  again(call: UpstreamCall, seen: boolean): void {
    call.retry(seen);
    this.options.again(call);
  }

  gone(fault: Error | undefined): void {
    this.#pauseFor(fault === undefined && this.#wasReady ? AGAIN_MS : MEND_MS);
    this.#connection = undefined;
    clearInterval(this.#timer);
    this.#sendElsewhere(Infinity);
  }

  #start(call: UpstreamCall): boolean {
    const connection = this.#connection;
    if (connection === undefined) return false;
    const share = this.#shares.of(call.agent);
    const { streams, maxStreams } = connection;
    const most = share.inUse === streams ? maxStreams - LEFT_FOR_OTHERS : maxStreams / 2;
    if (share.inUse >= Math.max(1, most) || !connection.start(call, call.block)) return false;
    share.inUse += 1;
    return true;
  }

  /** Behind what came in the meantime: streams may be free again. */
  #waitOn(): void {
    this.#waiting ??= setTimeout(() => setImmediate(() => this.#sendElsewhere(ELSEWHERE)), WAIT_MS);
  }

  #sendElsewhere(most: number): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    for (let count = 0; count < most; count += 1) {
      const call = this.#shares.next();
      if (call === undefined) return;
      this.options.elsewhere(call);
    }
    if (this.#shares.waiting > 0) this.#waitOn();
  }

  async #dial(): Promise<void> {
    const dialing = new AbortController();
    this.#dialing = dialing;
    const incoming = new IncomingBytes();
    try {
      const dial: Dial = (signal) => this.options.dial(signal, incoming.read);
      const stream = await dialWithin(dial, dialing, CONNECT_MS);
      if ((stream as Partial<TLSSocket>).alpnProtocol !== 'h2') {
        stream.destroy();
        this.#pauseFor(LEARN_MS);
      } else if (incoming.early || this.#retired) {
        stream.destroy();
        this.#pauseFor(MEND_MS);
      } else incoming.reader = this.#open(new Http2Connection(stream, this));
    } catch {
      // What is wrong with the cluster is told by the calls that go to it over HTTP/1.1.
      this.#pauseFor(MEND_MS);
    } finally {
      this.#dialing = undefined;
    }
  }

  #open(connection: Http2Connection): Http2Connection {
    this.#connection = connection;
    this.#wasReady = false;
    this.#idleTicks = 0;
    this.#timer = setInterval(() => this.#tick(connection), this.options.tickMs ?? 1_000).unref();
    return connection;
  }

  #tick(connection: Http2Connection): void {
    connection.tick(this.options.answerSeconds);
    this.#shares.tidy();
    this.#idleTicks = connection.streams === 0 ? this.#idleTicks + 1 : 0;
    if (this.#idleTicks >= IDLE_TICKS) connection.retire();
  }

  #pauseFor(ms: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, performance.now() + ms);
  }
}
