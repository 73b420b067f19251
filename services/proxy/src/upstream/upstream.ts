import type { Duplex, Readable } from 'node:stream';
import type { CallIdentity } from '../credentials/credential.js';

/** What is sent to the cluster: built anew from what was judged. `Host`, framing and credential are added. */
export interface UpstreamRequest {
  readonly method: string;
  /** UUID under which the cluster's own audit log finds the call. */
  readonly auditId?: string;
  /** Canonical path and query, without the path of the server's own address. */
  readonly target: string;
  /** name, value, name, value, …; not changed any more, so that what was found right once need not be looked at again */
  readonly headers: readonly string[];
  readonly body: Readable | null;
  /** Length that the client announced; absent with a body: chunked. */
  readonly contentLength?: number;
  /**
   * Sees the body piece by piece, and throws to end the call. The last piece is not sent before it was seen, so that
   * the cluster never gets the whole of what is refused.
   */
  readonly inspect?: (piece: Uint8Array) => void;
  /** No time limit, and sockets of its own: it never keeps short calls waiting. */
  readonly longRunning: boolean;
  /**
   * It changes nothing, so it may be sent again when the kept connection it went out on turns out to have been
   * closed: no byte of an answer came. @default false
   */
  readonly readOnly?: boolean;
  /**
   * It reads one object: as its answer is short, it may share a connection with others, and its `method` is GET or HEAD
   * without a body. @default false
   */
  readonly oneObject?: boolean;
}

/** Back-pressure and an early end, for whoever listens to an answer. */
export interface UpstreamFlow {
  pause(): void;
  resume(): void;
  /** Ends the call and its socket; `onError` is not called any more. */
  abort(): void;
  /** Nobody reads this piece of the body any more: it may be written to. Saves memory, never needed. */
  giveBack?(chunk: Uint8Array): void;
}

/** Told of one answer, in this order: head, data…, then end or error. An error may come at any time, once. */
export interface UpstreamListener {
  onHead(statusCode: number, rawHeaders: readonly string[]): void;
  /**
   * The bytes are the listener's, until it gives them back. Some may come behind a `pause`, of what had arrived
   * already.
   *
   * @param last - all of them have come: `onEnd` follows at once
   */
  onData(chunk: Buffer, last: boolean): void;
  onEnd(): void;
  onError(error: Error): void;
  /** So many bytes of the request body are about to be sent. Throws to end the call with that error. */
  onRequestData?(bytes: number): void;
}

/** The cluster's answer to an upgrade: another protocol from here on, or an ordinary answer after which the socket ends. */
export type UpgradeAnswer =
  | {
      readonly switched: true;
      readonly rawHeaders: readonly string[];
      /** Paused: whoever takes it resumes it. */
      readonly socket: Duplex;
      /** Bytes that came behind the answer. */
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
  /**
   * Starts the call. Nothing is ever sent twice that could change anything.
   *
   * @throws {@link CallRefused} `upstream_suspended`; {@link TypeError} for a request that cannot be sent
   */
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
  /** Nothing that was kept for this grant is needed any more. */
  grantEnded(grantId: string): void;
  health(): UpstreamHealth;
  destroy(): Promise<void>;
}

/** How one cluster is doing, as this process sees it. Says nothing of where it is. */
export interface UpstreamHealth {
  /** `suspended`: calls are refused; `trying`: the next one is let through to see. */
  readonly state: 'working' | 'suspended' | 'trying';
  /** Connections, those that nobody uses at the moment among them. */
  readonly sockets: number;
  readonly idle: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
  /** Calls that are on a connection which they share. */
  readonly shared: number;
}

/**
 * Opens a byte stream to the API server on which HTTP/1.1 can be spoken: TLS is done, the certificate checked.
 *
 * @param read - takes what comes, valid only until it returns. Who can, calls it instead of emitting `data`.
 */
export type Dial = (signal: AbortSignal, read?: (bytes: Buffer) => void) => Promise<Duplex>;
