import type { Duplex } from 'node:stream';
import { dialAgain } from '../connector/dial-again.js';
import type { Endpoint } from '../credentials/cluster-endpoint.js';
import type { ClientTls } from '../credentials/credential.js';
import { CallRefused } from '../domain/call-refused.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { dialWithin, SocketPool, unreachable } from './socket-pool.js';
import { tlsDial } from './tls-dial.js';
import { Http2Link } from './http2/http2-link.js';
import type { UpstreamCall } from './upstream-call.js';
import { suspended } from './upstream-failure.js';
import type { Dial } from './upstream.js';
import type { HeadFrame } from './write-request-head.js';

/** As the apiserver's own limit for calls that are not long-running. */
const ANSWER_SECONDS = 60;
const SHORT_SOCKETS_AT_ONCE = 16;
const MAX_SHORT_SOCKETS = 256;
/** With those on which an agent has hardly any yet, and those that wait for a slow reader. */
const MAX_ALL_SHORT_SOCKETS = 1_024;
const MAX_WAITING = 1_024;
/** So many calls side by side are worth a connection that they share. */
const SHARE_FROM = 4;
const CONNECT_MS = 10_000;

export interface ClusterLinkOptions {
  readonly connection: string;
  readonly endpoint: Endpoint;
  readonly tls: ClientTls | undefined;
  readonly serverName: string | undefined;
  readonly connectTo: Dial | undefined;
  readonly breaker: CircuitBreaker;
}

/**
 * The connections that are made to one address with one identity. Calls that may go on for long have their own,
 * so that they never keep others waiting; an upgrade has one for itself alone. Reads of one object share one over HTTP/2
 * while they come side by side.
 */
export class ClusterLink {
  readonly endpoint: Endpoint;
  readonly tls: ClientTls | undefined;
  readonly frame: HeadFrame;
  readonly #connection: string;
  readonly #breaker: CircuitBreaker;
  readonly #dial: Dial;
  readonly #short: SocketPool;
  readonly #long: SocketPool;
  readonly #shared: Http2Link;
  readonly #closed = new AbortController();

  constructor(options: ClusterLinkOptions) {
    const { connection, endpoint, tls, breaker } = options;
    const { server } = endpoint;
    this.endpoint = endpoint;
    this.tls = tls;
    this.frame = { prefix: server.pathname.replace(/\/+$/, ''), host: server.host };
    this.#connection = connection;
    this.#breaker = breaker;
    const dialOf = (dial: Dial) => (options.connectTo === undefined ? dial : dialAgain(dial));
    this.#dial = dialOf(tlsDial(options));
    const shared = {
      dial: this.#dial,
      breaker,
      suspended: () => this.#suspended() ?? unreachable(undefined),
      maxWaiting: MAX_WAITING,
    };
    this.#short = new SocketPool({
      ...shared,
      maxSockets: MAX_SHORT_SOCKETS,
      maxAllSockets: MAX_ALL_SHORT_SOCKETS,
      atOnce: SHORT_SOCKETS_AT_ONCE,
      answerSeconds: ANSWER_SECONDS,
    });
    this.#long = new SocketPool({
      ...shared,
      maxSockets: Infinity,
      answerSeconds: Infinity,
      maxAllSockets: Infinity,
      // Each has its call for long: none of them comes free soon.
      atOnce: Infinity,
    });
    this.#shared = new Http2Link({
      dial: dialOf(tlsDial({ ...options, protocols: ['h2', 'http/1.1'] })),
      answerSeconds: ANSWER_SECONDS,
      answered: () => breaker.succeeded(),
      timedOut: () => this.#short.timedOut(),
      ready: () => this.#short.giveAway((call) => isShared(call) && this.#shared.send(call)),
      elsewhere: (call) => this.#short.send(call),
      again: (call) => this.#short.sendAgain(call),
    });
  }

  get sockets(): number {
    return this.#short.sockets + this.#long.sockets + this.#shared.sockets;
  }

  get idle(): number {
    return this.#short.idle + this.#long.idle + this.#shared.idle;
  }

  get waiting(): number {
    return this.#short.waiting + this.#long.waiting + this.#shared.waiting;
  }

  /** Calls that are on a connection which they share. */
  get shared(): number {
    return this.#shared.streams;
  }

  /** @throws {@link CallRefused} `upstream_suspended` */
  enter(): void {
    const suspension = this.#breaker.enter();
    if (suspension !== undefined) throw suspended(this.#connection, suspension);
  }

  /** @throws {@link TypeError} for what cannot be sent */
  send(call: UpstreamCall): void {
    const mayShare = isShared(call);
    if (mayShare && this.#shared.send(call)) return;
    (call.request.longRunning ? this.#long : this.#short).send(call);
    if (mayShare && this.#short.sockets - this.#short.idle >= SHARE_FROM) this.#shared.want();
  }

  /** A connection that nobody else uses, before or after. @throws {@link UpstreamFault} */
  async dialAlone(signal: AbortSignal): Promise<Duplex> {
    const dialing = new AbortController();
    const end = () => dialing.abort(signal.reason);
    const close = () => dialing.abort(unreachable(undefined));
    signal.addEventListener('abort', end, { once: true });
    this.#closed.signal.addEventListener('abort', close, { once: true });
    try {
      signal.throwIfAborted();
      return await dialWithin(this.#dial, dialing, CONNECT_MS);
    } catch (error) {
      const refused = error instanceof CallRefused || signal.aborted;
      if (!refused && !this.#closed.signal.aborted) this.#breaker.failed();
      throw signal.aborted ? error : unreachable(error);
    } finally {
      signal.removeEventListener('abort', end);
      this.#closed.signal.removeEventListener('abort', close);
    }
  }

  answered(): void {
    this.#breaker.succeeded();
  }

  retire(): void {
    this.#short.retire();
    this.#long.retire();
    this.#shared.retire();
  }

  destroy(): void {
    this.#closed.abort();
    // First: what waits there goes to the others.
    this.#shared.destroy();
    this.#short.destroy();
    this.#long.destroy();
  }

  #suspended(): CallRefused | undefined {
    const suspension = this.#breaker.suspension();
    return suspension && suspended(this.#connection, suspension);
  }
}

const isShared = ({ request }: UpstreamCall): boolean =>
  request.oneObject === true && request.body === null;
