import type { TLSSocket } from 'node:tls';
import { ClientConnection } from './client-connection.js';
import type { Http1Answer } from './http1-exchange.js';
import { shownKey } from './shown-key.js';

const LOOK_MS = 5_000;
/** How often an answer may be found written and not sent before its client counts as gone: for a minute. */
const MAX_UNSENT_LOOKS = 12;
/** No client of Kubernetes sends a request before it has the answer to the one before; others get a little room. */
const MAX_PIPELINED = 8;

/** A connection on which HTTP/1.1 is spoken. */
export class Http1Connection extends ClientConnection {
  /** Looks in a row at which nothing was owed. */
  idleLooks = 0;
  #newest: Http1Answer | undefined;
  /** Of more than one only the first can be sent; the calls of the others are under way already. */
  #owed = 0;

  constructor(readonly socket: TLSSocket) {
    super(socket.remoteAddress ?? '', () => shownKey(socket));
  }

  /** The newest answer that is owed: the last one to be sent. */
  get answering(): Http1Answer | undefined {
    return this.#newest;
  }

  /** @returns false when it is one too many, or came behind one that was: the connection ends */
  owe(answer: Http1Answer): boolean {
    if (this.#owed > MAX_PIPELINED || this.socket.destroyed) {
      this.socket.destroy();
      return false;
    }
    this.#owed += 1;
    this.#newest = answer;
    this.idleLooks = 0;
    return true;
  }

  settle(answer: Http1Answer): void {
    this.#owed -= 1;
    if (this.#newest === answer) this.#newest = undefined;
  }
}

const bySocket = new WeakMap<object, Http1Connection>();

/** The connection of a socket; `undefined` before its handshake is finished. */
export const http1ConnectionOf = (socket: object): Http1Connection | undefined =>
  bySocket.get(socket);

/**
 * The connections on which HTTP/1.1 is spoken. Ends those that were idle for long, or do not read the last of an
 * answer: Node would do so with timers that it starts and stops around every call.
 */
export class Http1Connections {
  readonly #open = new Set<Http1Connection>();
  readonly #maxIdleLooks: number;
  readonly #timer: NodeJS.Timeout;

  constructor(idleMs: number) {
    this.#maxIdleLooks = Math.ceil(idleMs / LOOK_MS);
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  add(socket: TLSSocket): void {
    const connection = new Http1Connection(socket);
    bySocket.set(socket, connection);
    this.#open.add(connection);
    socket.once('close', () => this.#open.delete(connection));
  }

  /** Something else is spoken on it now. */
  release(connection: Http1Connection): void {
    this.#open.delete(connection);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Called every five seconds. */
  look(): void {
    for (const connection of this.#open) {
      const { answering } = connection;
      if (answering !== undefined) {
        if (answering.ended && ++answering.unsentLooks > MAX_UNSENT_LOOKS) {
          connection.socket.destroy();
        }
        continue;
      }
      connection.idleLooks += 1;
      connection.forget();
      if (connection.idleLooks > this.#maxIdleLooks) connection.socket.destroy();
    }
  }
}
