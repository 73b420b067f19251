import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';

/** Slack gives up after this, and shows the user an error. */
const PATIENCE_MS = 3_000;
const TICKET_MS = 30_000;
const PING_MS = 5_000;

/** What Slack sends over a socket. */
export interface Envelope {
  readonly envelope_id: string;
  readonly type: 'interactive' | 'slash_commands' | 'events_api';
  readonly accepts_response_payload: boolean;
  readonly payload: unknown;
  readonly retry_attempt?: number;
  readonly retry_reason?: string;
}

export const newEnvelope = (type: Envelope['type'], payload: unknown): Envelope => ({
  envelope_id: randomUUID(),
  type,
  accepts_response_payload: type !== 'events_api',
  payload,
});

const Ack = z.looseObject({
  envelope_id: z.string(),
  payload: z.record(z.string(), z.unknown()).optional(),
});

interface Answered {
  readonly status: number;
  readonly body: string;
}

/**
 * The sockets of Socket Mode: an address that may be used once and soon, a hello, envelopes that are acknowledged within
 * three seconds or go to another connection, pings, and disconnections that Slack announces.
 *
 * @see https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export class SlackSockets {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Map<string, number>();
  readonly #open: WebSocket[] = [];
  readonly #waiting = new Map<string, (answered: Answered) => void>();
  #turn = 0;
  #greeted = 0;

  constructor(
    private readonly appId: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** How many connections have been greeted and are open. */
  get size(): number {
    return this.#open.length;
  }

  /** How many were greeted, those included that are gone. */
  get greeted(): number {
    return this.#greeted;
  }

  /** Path of an address for one connection. */
  issue(): string {
    const ticket = randomBytes(16).toString('hex');
    this.#tickets.set(ticket, this.now() + TICKET_MS);
    return `/link/?ticket=${ticket}&app_id=${this.appId}`;
  }

  /** Takes an upgrade to one of those addresses, and no other. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://slack.test');
    const ticket = searchParams.get('ticket') ?? '';
    const until = this.#tickets.get(ticket) ?? 0;
    this.#tickets.delete(ticket);
    if (pathname !== '/link/' || until < this.now()) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#greet(connection));
  }

  /** Sends an envelope over one of the connections, and over the next when that one goes away before it answers. */
  async deliver(envelope: Envelope): Promise<Answered> {
    const deadline = this.now() + PATIENCE_MS;
    for (;;) {
      const answered = await this.#sendOver(this.#next(), envelope, deadline);
      if (answered !== 'gone') return answered;
      if (this.now() >= deadline) return { status: 0, body: '' };
    }
  }

  /** Slack makes room: it says so, and ends every connection. */
  refresh(): void {
    for (const connection of this.#open) {
      connection.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    }
  }

  /** The network goes away, without a word. */
  drop(): void {
    for (const connection of this.#open.splice(0)) connection.terminate();
  }

  close(): void {
    this.drop();
    this.#server.close();
  }

  #greet(connection: WebSocket): void {
    const ping = setInterval(() => connection.ping(), PING_MS).unref();
    connection.on('message', (data: Buffer) => this.#acknowledge(data.toString('utf8')));
    connection.on('error', () => connection.terminate());
    connection.on('close', () => {
      clearInterval(ping);
      const index = this.#open.indexOf(connection);
      if (index >= 0) this.#open.splice(index, 1);
    });
    this.#open.push(connection);
    this.#greeted += 1;
    const hello = {
      type: 'hello',
      num_connections: this.#open.length,
      connection_info: { app_id: this.appId },
    };
    connection.send(JSON.stringify(hello));
  }

  #acknowledge(text: string): void {
    const { envelope_id: id, payload = {} } = Ack.parse(JSON.parse(text));
    const isEmpty = Object.keys(payload).length === 0;
    this.#waiting.get(id)?.({ status: 200, body: isEmpty ? '' : JSON.stringify(payload) });
  }

  #next(): WebSocket | undefined {
    this.#turn += 1;
    return this.#open[this.#turn % Math.max(1, this.#open.length)];
  }

  #sendOver(
    connection: WebSocket | undefined,
    envelope: Envelope,
    deadline: number,
  ): Promise<Answered | 'gone'> {
    return new Promise((resolve) => {
      const end = (answered: Answered | 'gone') => {
        clearTimeout(timer);
        this.#waiting.delete(envelope.envelope_id);
        connection?.off('close', gone);
        resolve(answered);
      };
      const gone = () => end('gone');
      const timer =
        connection === undefined
          ? setTimeout(gone, 50)
          : setTimeout(() => end({ status: 0, body: '' }), Math.max(0, deadline - this.now()));
      if (connection === undefined) return;
      this.#waiting.set(envelope.envelope_id, end);
      connection.on('close', gone);
      connection.send(JSON.stringify(envelope));
    });
  }
}
