import type { Duplex, Readable } from 'node:stream';
import type { AnnouncedBody, RequestHeaders } from '../domain/request-headers.js';
import type { ClientConnection } from './client-connection.js';

/** One request as a client sent it, over HTTP/1.1 or HTTP/2: syntax checked by Node's parsers, nothing believed. */
export interface ClientRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly httpVersion: '1.0' | '1.1' | '2.0';
  /**
   * name, value, name, value, … with every duplicate, names as received. Of HTTP/2 without pseudo headers;
   * `:authority` stands in it as `host`, so that what is checked of one is checked of the other.
   */
  readonly rawHeaders: readonly string[];
  /** The same, read once: what every call is asked for. */
  readonly headers: RequestHeaders;
  readonly remoteAddress: string;
  /** What it has in common with other requests. */
  readonly connection: ClientConnection;
  /** The body that the head announces, if any. */
  readonly announced: AnnouncedBody | undefined;
  /** Flows as it is read; ends with the body. Never destroyed by its reader: the connection carries the answer too. */
  readonly body: Readable;
  /** The body has arrived whole. */
  readonly complete: boolean;
  /**
   * Reads and drops what is left of the body, behind an answer that did not need it, so that the client gets to
   * read that answer; ends a body of more than `maxBytes`.
   */
  discardBody(maxBytes: number): void;
}

/** Pairs of name and value; a value may be a list of header lines. Names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/** The answer to one request. After `close` every method is harmless and does nothing. */
export interface ClientAnswer {
  readonly headersSent: boolean;
  /** Closed by either side: nothing can be said any more. */
  readonly destroyed: boolean;
  /** Tells a client that waits for it to send the body. */
  writeContinue(): void;
  /**
   * Once.
   *
   * @param close - nothing more on this connection can be trusted to be read alike on both sides: it ends with
   *   this answer. Of HTTP/2 only the stream, whose frames are never ambiguous.
   */
  writeHead(statusCode: number, headers: AnswerHeaders, close?: boolean): void;
  /** Sends the head now, before the first byte of the body. */
  flushHeaders(): void;
  /**
   * @param onSent - called without an error when nobody reads the chunk any more
   * @returns false when nothing more should be written until `drain`
   */
  write(chunk: Uint8Array | string, onSent?: (error?: Error | null) => void): boolean;
  /** @param onSent - called when all of it was handed to the operating system */
  end(chunk?: Uint8Array | string, onSent?: () => void): void;
  /** Ends it so that no client takes it for complete. */
  destroy(): void;
  on(event: 'drain' | 'close', listener: () => void): void;
}

/** A connection that a client asked to use for another protocol; Node has taken its parser off it. */
export interface ClientUpgrade {
  /** To be read and written only behind `switchProtocols`. It ends with its answer when that is a refusal. */
  readonly socket: Duplex;
  /** Bytes that came behind the request; never forwarded before the upstream has switched. */
  readonly head: Buffer;
  /** Answers 101 with these headers. From here on the answer counts as sent, and `socket` is another protocol. */
  switchProtocols(headers: AnswerHeaders): void;
}
