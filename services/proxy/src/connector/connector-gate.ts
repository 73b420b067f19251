import type { TLSSocket } from 'node:tls';
import type { LoggerService } from '@nestjs/common';
import {
  ConnectorHello,
  readFirstLine,
  writeLine,
  type ConnectorRefusal,
  type ConnectorWelcome,
} from '@drawbridge/connector-link';
import type { ConnectionDocument } from '@drawbridge/contracts';
import type { ConnectorRegistry } from './connector-registry.js';
import { ConnectorSession } from './connector-session.js';
import { ConnectorTokens } from './connector-tokens.js';
import type { GatewayPeers } from './gateway-peers.js';

const HELLO_MS = 5_000;
/**
 * Strangers that are looked at at the same time; each holds one line at most. Of more than these the oldest ends:
 * a connector needs one moment, who has been there for long does not want to come in.
 */
const MAX_STRANGERS = 256;
/** Of one connection at one worker: connectors keep one or two sessions each. */
const MAX_SESSIONS = 64;
const LOG_EVERY_MS = 1_000;

export interface ConnectorGateOptions {
  readonly registry: ConnectorRegistry;
  readonly peers: Pick<GatewayPeers, 'id' | 'all' | 'start'>;
  readonly logger: LoggerService;
  /** @default 5000 */
  readonly helloMs?: number;
}

/** Lets connectors in: nothing of HTTP/2 is spoken before the token has been believed. */
export class ConnectorGate {
  readonly #options: ConnectorGateOptions;
  readonly #tokens = new ConnectorTokens();
  readonly #sessions = new Set<ConnectorSession>();
  readonly #strangers = new Set<TLSSocket>();
  #draining = false;
  #refused = 0;
  #loggedAtMs = -Infinity;

  constructor(options: ConnectorGateOptions) {
    this.#options = options;
  }

  /** Takes new digests into use. Sessions by tokens that are not accepted any more end now. */
  replace(documents: readonly ConnectionDocument[]): void {
    this.#tokens.replace(documents);
    if (documents.some(({ spec }) => spec.connector !== undefined)) this.#options.peers.start();
    for (const session of this.#sessions) {
      if (!this.#tokens.accepts(session.connection, session.tokenDigest)) session.end();
    }
  }

  /** A client that has chosen the protocol of connectors in its handshake. */
  accept(socket: TLSSocket): void {
    socket.on('error', ignore);
    const [oldest] = this.#strangers;
    if (oldest !== undefined && this.#strangers.size >= MAX_STRANGERS) oldest.destroy();
    this.#strangers.add(socket);
    this.#judge(socket)
      .catch(() => socket.destroy())
      .finally(() => this.#strangers.delete(socket))
      .catch(ignore);
  }

  tellPeers(peers: readonly string[]): void {
    for (const session of this.#sessions) session.tellPeers(peers);
  }

  /** Connectors go to other gateways; their streams go on until `isIdle` says that no call needs them. */
  drain(isIdle: () => boolean): void {
    this.#draining = true;
    for (const session of this.#sessions) session.drain();
    const timer = setInterval(() => {
      if (isIdle()) this.end();
      if (this.#sessions.size === 0) clearInterval(timer);
    }, 25);
    timer.unref();
  }

  end(): void {
    this.#draining = true;
    for (const session of this.#sessions) session.end();
  }

  async #judge(socket: TLSSocket): Promise<void> {
    const { helloMs = HELLO_MS, peers } = this.#options;
    const { text, more } = await readFirstLine(socket, helloMs);
    // A connector waits for its welcome: whoever does not is none.
    const admitted = more ? 'connector_hello_malformed' : this.#admit(jsonOf(text));
    if (typeof admitted === 'string') {
      this.#refuse(socket, admitted);
      return;
    }
    const { connection, name, served, tokenDigest } = admitted;
    const surplus = served.includes(peers.id);
    const welcome: ConnectorWelcome = { gateway: peers.id, peers: [...peers.all], surplus };
    if (surplus) {
      sendAway(socket, welcome);
      return;
    }
    const told = peers.all.length;
    await writeLine(socket, welcome);
    this.#begin(socket, { connection, name, tokenDigest }, told);
  }

  #admit(said: unknown): (ConnectorHello & { readonly tokenDigest: string }) | ConnectorRefusal {
    const { success, data: hello } = ConnectorHello.safeParse(said);
    if (!success) return 'connector_hello_malformed';
    const tokenDigest = this.#tokens.accept(hello.connection, hello.token);
    if (tokenDigest === undefined) return 'connector_token_refused';
    if (this.#draining) return 'proxy_draining';
    const { length } = [...this.#sessions].filter((each) => each.connection === hello.connection);
    return length >= MAX_SESSIONS ? 'connector_too_many' : { ...hello, tokenDigest };
  }

  #begin(
    socket: TLSSocket,
    who: Pick<ConnectorSession, 'connection' | 'name' | 'tokenDigest'>,
    told: number,
  ): void {
    const { registry, peers } = this.#options;
    // The configuration may have changed while the welcome was written.
    if (
      this.#draining ||
      socket.destroyed ||
      !this.#tokens.accepts(who.connection, who.tokenDigest)
    ) {
      socket.destroy();
      return;
    }
    const session = new ConnectorSession({
      ...who,
      socket,
      onChange: () => {
        if (peers.all.length !== told) session.tellPeers(peers.all);
        registry.changed(session);
      },
    });
    this.#sessions.add(session);
    registry.add(session);
    void session.ended.then((reason) => {
      this.#sessions.delete(session);
      registry.remove(session, reason);
    });
  }

  #refuse(socket: TLSSocket, refused: ConnectorRefusal): void {
    sendAway(socket, { refused });
    this.#refused += 1;
    const now = performance.now();
    if (now - this.#loggedAtMs < LOG_EVERY_MS) return;
    // Nothing of what it said: it may hold a token, and names come from strangers.
    const address = socket.remoteAddress;
    this.#options.logger.warn({
      msg: 'connectors refused',
      code: refused,
      count: this.#refused,
      address,
    });
    this.#loggedAtMs = now;
    this.#refused = 0;
  }
}

/** The last that it hears. */
function sendAway(socket: TLSSocket, welcome: ConnectorWelcome): void {
  socket.end(`${JSON.stringify(welcome)}\n`);
  setTimeout(() => socket.destroy(), 1_000).unref();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ignore = () => undefined;
