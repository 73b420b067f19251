import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { ClientConnection } from './client-connection.js';
import { shownKey } from './shown-key.js';
import { Http2Answer, Http2Request } from './http2-exchange.js';

/** What a client may have and do on one session. */
const sessionOptions = {
  maxHeaderListPairs: 256,
  maxSessionMemory: 16,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxSettings: 16,
  // Of the streams that a client resets: 33 a second are more than any informer needs.
  streamResetBurst: 300,
  streamResetRate: 33,
  settings: {
    enablePush: false,
    maxConcurrentStreams: 250,
    maxHeaderListSize: 256 * 1024,
    // nghttp2 takes nine frames of headers at most, which in the usual 16 KiB would end long queries.
    maxFrameSize: 32 * 1024,
  },
} as const;
/** For all bodies of a session together, so that one that is not read does not hold up the others. */
const SESSION_WINDOW_BYTES = 1024 * 1024;
/** `PING` and `SETTINGS` between two looks: each costs us an answer, and no client needs more than a few. */
const MAX_CONTROL_FRAMES = 100;
const LOOK_MS = 2_000;
const PING_EVERY_MS = 30_000;
/** Part of its age by which a session ends earlier than another one, so that not all clients come back at once. */
const AGE_SPREAD = 0.1;

export interface Http2Limits {
  /** Longest time for the first request. */
  readonly firstCallMs: number;
  /** How long a session without a call is kept. */
  readonly idleMs: number;
  /**
   * How long a session takes new calls, up to a tenth less: behind that its client gets a GOAWAY and connects again,
   * which spreads clients over what has been started since. Calls under way go on for as long as they may.
   */
  readonly maxAgeMs: number;
  /** Longest time for a body to arrive. */
  readonly bodyMs: number;
  /** How long an answer that is written waits for its reader. */
  readonly stalledMs: number;
  /** How long a client may leave a `PING` unanswered while it has calls. */
  readonly pingMs: number;
}

export const defaultLimits: Http2Limits = {
  firstCallMs: 15_000,
  idleMs: 120_000,
  maxAgeMs: 3_600_000,
  bodyMs: 60_000,
  stalledMs: 60_000,
  pingMs: 20_000,
};

export type OnCall = (request: Http2Request, answer: Http2Answer) => void;

interface Call {
  readonly stream: ServerHttp2Stream;
  readonly request: Http2Request;
  readonly answer: Http2Answer;
  readonly startedAtMs: number;
}

interface Session {
  readonly session: ServerHttp2Session;
  readonly connection: ClientConnection;
  readonly calls: Set<Call>;
  /** When its client is told to connect again. */
  readonly agedAtMs: number;
  /** Since when it has no call. */
  idleSinceMs: number;
  served: boolean;
  /** Its client has been told to connect again. */
  sentElsewhere: boolean;
  controlFrames: number;
  pingedAtMs: number;
  pingPending: boolean;
}

/**
 * HTTP/2 on connections whose handshake chose it, by Node's core `stream` API. What nghttp2 does not limit is
 * limited here: time to the first call, idle sessions, bodies that do not come, answers that are not read,
 * clients that are gone without a word, floods of control frames.
 */
export class Http2Sessions {
  readonly #sessions = new Set<Session>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly onCall: OnCall,
    private readonly limits: Http2Limits = defaultLimits,
  ) {
    this.#timer = setInterval(() => this.look(performance.now()), LOOK_MS).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  accept(socket: TLSSocket): void {
    const session = performServerHandshake(socket, sessionOptions);
    const now = performance.now();
    const known: Session = {
      session,
      connection: new ClientConnection(socket.remoteAddress ?? '', () => shownKey(socket)),
      calls: new Set(),
      agedAtMs: now + this.limits.maxAgeMs * (1 - AGE_SPREAD * Math.random()),
      idleSinceMs: now,
      served: false,
      sentElsewhere: false,
      controlFrames: 0,
      pingedAtMs: now,
      pingPending: false,
    };
    this.#sessions.add(known);
    // It ends by itself; that it was an error is the client's business.
    session.on('error', () => undefined);
    session.on('close', () => this.#sessions.delete(known));
    session.on('stream', (...[stream, , , raw]) => this.#onStream(known, stream, raw));
    const count = () => countControlFrame(known);
    session.on('ping', count);
    session.on('remoteSettings', count);
    if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
  }

  /** GOAWAY to all: calls under way are answered, new ones go elsewhere. */
  drain(): void {
    for (const { session } of this.#sessions) session.close();
  }

  /** Stops looking after sessions; they end with their connections. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Ends what took too long. Called every two seconds. */
  look(nowMs: number): void {
    for (const known of this.#sessions) {
      known.controlFrames = 0;
      // On its way out: Node throws at whoever asks it for more.
      if (known.session.destroyed) continue;
      if (nowMs > known.agedAtMs) sendElsewhere(known);
      if (known.calls.size === 0) {
        known.connection.forget();
        this.#lookAtIdle(known, nowMs);
      } else this.#lookAtCalls(known, nowMs);
    }
  }

  #onStream(known: Session, stream: ServerHttp2Stream, raw: readonly string[]): void {
    const { session } = known;
    stream.on('error', ignore);
    const request = new Http2Request(stream, raw, known.connection);
    const answer = new Http2Answer(stream, request.method === 'HEAD');
    const call: Call = { stream, request, answer, startedAtMs: performance.now() };
    known.calls.add(call);
    known.served = true;
    stream.on('close', () => {
      known.calls.delete(call);
      if (known.calls.size > 0) return;
      known.idleSinceMs = performance.now();
      if (known.sentElsewhere) session.close();
    });
    this.onCall(request, answer);
  }

  #lookAtIdle({ session, idleSinceMs, served }: Session, nowMs: number): void {
    const limitMs = served ? this.limits.idleMs : this.limits.firstCallMs;
    if (nowMs - idleSinceMs <= limitMs) return;
    // Said goodbye at the last look and still there.
    if (session.closed) session.destroy();
    else session.close();
  }

  #lookAtCalls(known: Session, nowMs: number): void {
    const { bodyMs, stalledMs } = this.limits;
    for (const { stream, request, answer, startedAtMs } of known.calls) {
      const bodyLate = !request.complete && nowMs - startedAtMs > bodyMs;
      const stalled = answer.endedAtMs > 0 && nowMs - answer.endedAtMs > stalledMs;
      if (bodyLate || stalled) stream.destroy(new Error('the client took too long'));
    }
    this.#lookForLife(known, nowMs);
  }

  /** A client that is gone without a word would keep its streams, and what waits on them, for ever. */
  #lookForLife(known: Session, nowMs: number): void {
    const sinceMs = nowMs - known.pingedAtMs;
    if (known.pingPending) {
      if (sinceMs > this.limits.pingMs) known.session.destroy();
      return;
    }
    if (sinceMs < PING_EVERY_MS || known.session.closed) return;
    known.pingedAtMs = nowMs;
    known.pingPending = known.session.ping(() => {
      known.pingPending = false;
    });
  }
}

/**
 * Says GOAWAY. nghttp2 takes no notice of what is asked for behind it, so who ignores it gets nothing. Not by
 * `close`: such a session is not asked any more whether its client is still there.
 */
function sendElsewhere(known: Session): void {
  const { session, calls } = known;
  if (known.sentElsewhere || session.closed) return;
  known.sentElsewhere = true;
  if (calls.size === 0) session.close();
  else session.goaway(constants.NGHTTP2_NO_ERROR);
}

function countControlFrame(known: Session): void {
  known.controlFrames += 1;
  if (known.controlFrames <= MAX_CONTROL_FRAMES) return;
  known.session.destroy(new Error('flood'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

const ignore = () => undefined;
