import type { Duplex, Readable } from 'node:stream';
import type { CallIdentity } from '../credentials/credential.js';

/** What is sent to the cluster: built anew from what was judged. `Host`, framing and credential are added. */
export interface UpstreamRequest {
  readonly method: string;
  /** Canonical path and query, without the path of the server's own address. */
  readonly target: string;
  /** name, value, name, value, … */
  readonly headers: readonly string[];
  readonly body: Readable | null;
  /** Length that the client announced; absent with a body: chunked. */
  readonly contentLength?: number;
  /** No time limit, and sockets of its own: it never keeps short calls waiting. */
  readonly longRunning: boolean;
}

/** Back-pressure and an early end, for whoever listens to an answer. */
export interface UpstreamFlow {
  pause(): void;
  resume(): void;
  /** Ends the call and its socket; `onError` is not called any more. */
  abort(): void;
}

/** Told of one answer, in this order: head, data…, then end or error. An error may come at any time, once. */
export interface UpstreamListener {
  onHead(statusCode: number, rawHeaders: readonly string[]): void;
  /** The bytes belong to the listener until it returns; it copies what it keeps. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** The cluster's answer to an upgrade: another protocol from here on, or an ordinary answer after which the socket ends. */
export type UpgradeAnswer =
  | {
      readonly switched: true;
      readonly rawHeaders: readonly string[];
      readonly socket: Duplex;
      readonly head: Buffer;
    }
  | {
      readonly switched: false;
      readonly statusCode: number;
      readonly rawHeaders: readonly string[];
      /** At most 64 KiB; longer ones are cut off. */
      readonly body: Buffer;
    };

/** One cluster, made ready for one call: the credential is here. */
export interface PreparedUpstream {
  /** Starts the call; nothing is ever sent twice unless not a byte of it had been sent. */
  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamFlow;
  /** A dedicated socket, never pooled. @throws what `upstreamFailure` translates */
  upgrade(request: UpstreamRequest, signal: AbortSignal): Promise<UpgradeAnswer>;
}

/** One cluster that the configuration names. */
export interface Upstream {
  readonly name: string;
  /**
   * Makes ready to send as `identity`. Returns at once, without a promise, when the credential is in memory.
   *
   * @throws {@link CallRefused} `credential_unavailable`, `upstream_suspended`
   */
  prepare(identity: CallIdentity): PreparedUpstream | Promise<PreparedUpstream>;
  destroy(): Promise<void>;
}

/** Opens a byte stream to the API server on which HTTP/1.1 can be spoken: TLS is done, the certificate checked. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>;
