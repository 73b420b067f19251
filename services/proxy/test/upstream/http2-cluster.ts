import { duplexPair, type Duplex } from 'node:stream';
import { Http2Connection } from '../../src/upstream/http2/http2-connection.js';
import type { Http2Owner } from '../../src/upstream/http2/http2-owner.js';
import { UpstreamCall } from '../../src/upstream/upstream-call.js';
import { END_HEADERS, frame, frameType, headersFrame, type Frame } from '../http2-frames.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEAD = 9;
/** What every call here says: all of it from the static table. */
export const BLOCK = '\x82\x87\x84';

/** What stands for a head that came behind the end. */
export const LATE = 'late';

export type Fields = readonly (readonly [string, string])[];

/** What became of one call. */
export interface Sent {
  readonly call: UpstreamCall;
  /** Its status, the pieces of its body, and how it ended. */
  readonly events: string[];
  /** How often it ended. */
  ends: number;
  /** Of its body. */
  bytes: number;
  /** As {@link events}, wherever the body was cut. */
  readonly told: () => readonly string[];
}

export interface SendOptions {
  readonly method?: string;
  readonly readOnly?: boolean;
  /** Does something with the call when its head comes. */
  readonly onHead?: (call: UpstreamCall) => void;
  readonly onData?: (call: UpstreamCall) => void;
}

/** A connection whose other side is played by the test. Each thing that its owner hears is kept. */
export class Http2Cluster {
  readonly owner: string[] = [];
  /** Calls that are on the connection, as its owner counts them. */
  carried = 0;
  /** Does something at the moment in which a call has left. */
  onLeft: () => void = () => undefined;
  readonly again: UpstreamCall[] = [];
  readonly faults: (Error | undefined)[] = [];
  readonly connection: Http2Connection;
  /** The end of the cluster. */
  readonly theirs: Duplex;
  #written = Buffer.alloc(0);

  constructor() {
    const [ours, theirs] = duplexPair();
    this.theirs = theirs;
    theirs.on('data', (chunk: Buffer) => (this.#written = Buffer.concat([this.#written, chunk])));
    theirs.on('error', () => undefined);
    const owner: Http2Owner = {
      ready: () => this.owner.push('ready'),
      answered: () => this.owner.push('answered'),
      timedOut: () => this.owner.push('timed out'),
      left: () => {
        this.carried -= 1;
        this.onLeft();
      },
      again: (call) => {
        call.retry(true);
        this.again.push(call);
      },
      gone: (fault) => {
        this.owner.push('gone');
        this.faults.push(fault);
      },
    };
    this.connection = new Http2Connection(ours, owner);
  }

  /** What has been written, behind the preface. */
  get written(): readonly Frame[] {
    const frames: Frame[] = [];
    for (let at = PREFACE.length; at + FRAME_HEAD <= this.#written.length;) {
      const start = at + FRAME_HEAD;
      const end = start + this.#written.readUIntBE(at, 3);
      frames.push({
        type: this.#written.readUInt8(at + 3),
        flags: this.#written.readUInt8(at + 4),
        stream: this.#written.readUInt32BE(at + 5),
        payload: this.#written.subarray(start, end),
      });
      at = end;
    }
    return frames;
  }

  get preface(): string {
    return this.#written.toString('latin1', 0, PREFACE.length);
  }

  /** Of one type. */
  writtenOf(type: number): readonly Frame[] {
    return this.written.filter((each) => each.type === type);
  }

  /** Streams that were reset, and why. */
  get resets(): readonly (readonly [number, number])[] {
    const all = this.writtenOf(frameType.reset);
    return all.map(({ stream, payload }) => [stream, payload.readUInt32BE(0)] as const);
  }

  /** By how much each stream was widened; stream 0 but for the first time. */
  get widened(): readonly (readonly [number, number])[] {
    const all = this.writtenOf(frameType.windowUpdate).slice(1);
    return all.map(({ stream, payload }) => [stream, payload.readUInt32BE(0)] as const);
  }

  /** @returns a call on the connection. @throws when there is no place for it */
  send(options: SendOptions = {}): Sent {
    const sent = this.offer(options);
    if (sent === undefined) throw new Error('the call was not taken');
    return sent;
  }

  /** @returns a call on the connection, if there is a place for it */
  offer(options: SendOptions = {}): Sent | undefined {
    const sent = callOf(options);
    if (!this.connection.start(sent.call, BLOCK)) return undefined;
    this.carried += 1;
    return sent;
  }

  say(...frames: readonly Buffer[]): void {
    const lent = Buffer.concat(frames);
    this.connection.read(lent);
    lent.fill('!');
  }

  pass(seconds: number, answerSeconds = 60): void {
    for (let second = 0; second < seconds; second += 1) this.connection.tick(answerSeconds);
  }
}

/** A call that is on no connection yet. */
export function callOf({
  method = 'GET',
  readOnly = true,
  onHead,
  onData,
}: SendOptions = {}): Sent {
  const call: UpstreamCall = new UpstreamCall({
    agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'agent', groups: [] },
    request: { method, target: '/', headers: [], body: null, longRunning: false, readOnly },
    listener: {
      onHead: (statusCode) => {
        sent.events.push(call.over ? LATE : String(statusCode));
        onHead?.(call);
      },
      onData: (chunk) => {
        sent.events.push(chunk.toString('latin1'));
        sent.bytes += chunk.length;
        onData?.(call);
      },
      onEnd: () => over('end'),
      onError: (error) => over(String(Reflect.get(error, 'kind') ?? error.message)),
    },
    prepared: { refused: () => undefined, headOf: () => method, blockOf: () => BLOCK },
  });
  const sent: Sent = { call, events: [], ends: 0, bytes: 0, told: () => joined(sent.events) };
  const over = (how: string) => {
    sent.events.push(how);
    sent.ends += 1;
  };
  return sent;
}

/** The pieces of a body as one. */
function joined(events: readonly string[]): readonly string[] {
  const isEnd = ENDS.has(events.at(-1) ?? '');
  const end = isEnd ? events.slice(-1) : [];
  const body = events.slice(1, events.length - end.length).join('');
  return events.length < 2 ? events : [...events.slice(0, 1), body, ...end];
}

const ENDS = new Set(['end', 'broken', 'not_http', 'timeout', 'busy', 'unreachable']);

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A number of 32 bits. */
export function wordOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const headOf = (stream: number, fields: Fields = [], flags = END_HEADERS): Buffer =>
  headersFrame(stream, [[':status', '200'], ...fields], flags);

export const dataFrame = (stream: number, body: Buffer | string, flags = 0): Buffer =>
  frame(frameType.data, {
    stream,
    flags,
    payload: typeof body === 'string' ? bytesOf(body) : body,
  });

export const resetFrame = (stream: number, code: number): Buffer =>
  frame(frameType.reset, { stream, payload: wordOf(code) });

export const goAway = (last: number, code = 0): Buffer =>
  frame(frameType.goaway, { payload: Buffer.concat([wordOf(last), wordOf(code)]) });

export const pingFrame = (flags = 0): Buffer =>
  frame(frameType.ping, { flags, payload: Buffer.alloc(8) });
