import type { Duplex } from 'node:stream';
import type { UpstreamCall } from '../upstream-call.js';
import { notHttp, UpstreamFault } from '../upstream-fault.js';
import { answerFields, checkTrailers } from './answer-fields.js';
import { checkControl } from './control-frames.js';
import { FrameReader, type Frame } from './frame-reader.js';
import * as frames from './frames.js';
import { FrameWriter } from './frame-writer.js';
import { settingText, word } from './frames.js';
import { HeaderBlocks, unpadded, type HeaderBlock } from './header-blocks.js';
import type { Http2Owner } from './http2-owner.js';
import { Http2Stream, STREAM_WINDOW, type StreamConnection } from './http2-stream.js';
import { NO_TABLE } from './request-block.js';
import { maxConcurrentStreams } from './server-settings.js';
import { StreamTable } from './stream-table.js';

/** However many the other side would take. */
const MAX_STREAMS = 256;
/** Settings (RFC 9113, section 6.5.2). */
const [ENABLE_PUSH, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE] = [0x2, 0x4, 0x6];
const MAX_HEADER_LIST = 65_536;
/** Of all streams together, which have their own: so wide that it never matters. */
const WINDOW = 0x4000_0000;
/** Frames that bring nothing, within a second. */
const MAX_IDLE_FRAMES = 1_000;
/** Calls that nobody waits for any more, and of which the cluster may still say something. */
const MAX_CANCELLED = 1_000;
const LAST_STREAM = 0x7000_0000;
/** With calls on it, and not a byte: then it is asked, and then given up. */
const [ASK_AFTER_TICKS, GIVE_UP_AFTER_TICKS] = [10, 20];
const PING_BYTES = 8;

/**
 * A connection to a cluster that many calls share (RFC 9113): requests without bodies, which are read only. What comes
 * in one turn of the event loop goes out in one write, and is mostly answered in one read: that is what it is for.
 */
export class Http2Connection implements StreamConnection {
  readonly #streams = new StreamTable();
  readonly #cancelled = new Set<number>();
  readonly #reader = new FrameReader((frame) => this.#onFrame(frame));
  readonly #blocks = new HeaderBlocks();
  readonly #writer: FrameWriter;
  #nextStream = 1;
  /** 0 until the other side has said how many. */
  #maxStreams = 0;
  #closing = false;
  #gone = false;
  #window = 0;
  #idleFrames = 0;
  #silentTicks = 0;
  /** Something was said, and nothing has come since. */
  #unheard = true;

  constructor(
    private readonly socket: Duplex,
    private readonly owner: Http2Owner,
  ) {
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('end', () => this.#lost(new Error('ended')));
    socket.on('error', (error: Error) => this.#lost(error));
    socket.on('close', () => this.#lost(new Error('closed')));
    const settings =
      settingText(ENABLE_PUSH, 0) +
      settingText(INITIAL_WINDOW_SIZE, STREAM_WINDOW) +
      settingText(MAX_HEADER_LIST_SIZE, MAX_HEADER_LIST);
    this.#writer = new FrameWriter(socket, frames.PREFACE);
    this.#writer.send({ type: frames.SETTINGS }, settings);
    this.#writer.send({ type: frames.WINDOW_UPDATE }, word(WINDOW));
  }

  /** How many calls it has. */
  get streams(): number {
    return this.#streams.size;
  }

  /** How many it may have; 0 when it takes none. */
  get maxStreams(): number {
    return this.#closing || this.#gone ? 0 : this.#maxStreams;
  }

  /**
   * @param block - what the call says: its header block
   * @returns false when it cannot carry it; then nothing is written
   */
  start(call: UpstreamCall, block: string): boolean {
    if (this.streams >= this.maxStreams || block.length >= frames.MAX_FRAME_BYTES) return false;
    if (this.#writer.full) return false;
    const id = this.#streams.freeFrom(this.#nextStream);
    this.#nextStream = id + 2;
    if (id >= LAST_STREAM) this.#closing = true;
    this.#unheard = true;
    const stream = new Http2Stream(id, call, this);
    this.#streams.add(stream);
    call.socket = stream;
    const flags = frames.END_HEADERS | frames.END_STREAM;
    this.#writer.send(
      { type: frames.HEADERS, flags, stream: id },
      id === 1 ? NO_TABLE + block : block,
    );
    return true;
  }

  /** Takes what came; it is read or copied when this returns. */
  read(chunk: Buffer): void {
    this.#silentTicks = 0;
    this.#unheard = false;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error('not read', { cause: error }));
    }
  }

  widen(stream: Http2Stream, bytes: number): void {
    if (this.#streams.get(stream.id) !== stream) return;
    this.#writer.send({ type: frames.WINDOW_UPDATE, stream: stream.id }, word(bytes));
  }

  cancel(stream: Http2Stream): void {
    this.#leave(stream, frames.CANCEL);
  }

  /** A second has passed. */
  tick(maxAnswerTicks: number): void {
    this.#idleFrames = 0;
    for (const stream of this.#streams.all()) {
      if (stream.paused && !stream.complete) continue;
      stream.ticks += 1;
      if (stream.ticks >= maxAnswerTicks) this.#timeOut(stream);
    }
    if (this.streams > 0 || this.#unheard) this.#listen();
    else this.#silentTicks = 0;
  }

  /** Takes no further call; what is under way ends by itself. */
  retire(): void {
    this.#closing = true;
    if (this.streams === 0) this.#end(undefined, nobody);
  }

  /** Ends it; all calls on it fail with `error`. */
  destroy(error: Error): void {
    this.#end(undefined, ({ call }) => call.fail(error));
  }

  #onFrame(frame: Frame): void {
    const { type } = frame;
    if (this.#maxStreams === 0 && type !== frames.SETTINGS) throw notHttp('no settings');
    if (this.#blocks.open && type !== frames.CONTINUATION) throw notHttp('frames out of order');
    if (type === frames.DATA) this.#onData(frame);
    else if (type === frames.HEADERS || type === frames.CONTINUATION) this.#onHeaders(frame);
    else this.#onControl(frame);
  }

  #onData(frame: Frame): void {
    const { flags, bytes, stream: id } = frame;
    const size = frame.end - frame.start;
    this.#widenAll(size);
    const [start, end] =
      (flags & frames.PADDED) === 0
        ? [frame.start, frame.end]
        : unpadded(bytes, frame.start, frame.end);
    const last = (flags & frames.END_STREAM) !== 0;
    if (size === 0 && !last) this.#idle();
    const stream = this.#streamOf(id, last);
    if (stream === undefined) return;
    if (!stream.started) throw notHttp('a body before its head');
    this.#within(stream, last, () => stream.onData(bytes.subarray(start, end), size, last));
  }

  #onHeaders(frame: Frame): void {
    const block = this.#blocks.push(frame);
    if (block === undefined) return;
    const stream = this.#streamOf(block.stream, block.last);
    if (stream === undefined) return;
    this.#within(stream, block.last, () => this.#answer(stream, block));
  }

  #answer(stream: Http2Stream, { fields, last }: HeaderBlock): void {
    if (!stream.started) {
      if (stream.onHead(answerFields(fields), last)) this.owner.answered();
      return;
    }
    if (!last) throw notHttp('headers in the middle of a body');
    checkTrailers(fields);
    stream.onTrailers();
  }

  /** What is wrong with one answer ends that one. */
  #within(stream: Http2Stream, last: boolean, read: () => void): void {
    try {
      read();
      // Who ended it himself, with the last of it, was told all there is.
      if (last && !this.#leave(stream)) this.#cancelled.delete(stream.id);
    } catch (error) {
      if (!this.#leave(stream, last ? undefined : frames.PROTOCOL_ERROR)) return;
      stream.call.fail(error instanceof Error ? error : new Error('not read', { cause: error }));
    }
  }

  /** `undefined` for one that nobody waits for any more. @throws {@link UpstreamFault} for one that there cannot be */
  #streamOf(id: number, last: boolean): Http2Stream | undefined {
    const stream = this.#streams.get(id);
    if (stream !== undefined) return stream;
    if (!this.#cancelled.has(id)) throw notHttp('a stream that is not open');
    if (last) this.#cancelled.delete(id);
    return undefined;
  }

  #onControl(frame: Frame): void {
    this.#idle();
    checkControl(frame);
    const { type, flags, bytes, start, end } = frame;
    if (type === frames.SETTINGS) this.#onSettings(frame);
    else if (type === frames.RST_STREAM) this.#onReset(frame);
    else if (type === frames.GOAWAY) this.#onGoAway(bytes.readUInt32BE(start) & 0x7fff_ffff);
    else if (type === frames.PING && (flags & frames.ACK) === 0) {
      this.#writer.send({ type, flags: frames.ACK }, bytes.toString('latin1', start, end));
    }
  }

  #onSettings(frame: Frame): void {
    if ((frame.flags & frames.ACK) !== 0) {
      if (this.#maxStreams === 0) throw notHttp('no settings');
      return;
    }
    const most = maxConcurrentStreams(frame) ?? (this.#maxStreams || MAX_STREAMS);
    const isFirst = this.#maxStreams === 0;
    // None at all is for a moment, or of no use: either way its calls go elsewhere.
    this.#maxStreams = Math.max(1, Math.min(most, MAX_STREAMS));
    if (most === 0) this.#closing = true;
    this.#writer.send({ type: frames.SETTINGS, flags: frames.ACK }, '');
    if (isFirst) this.owner.ready();
  }

  #onReset({ stream: id, bytes, start }: Frame): void {
    if (id >= this.#nextStream || id % 2 === 0) throw notHttp('a stream that is not open');
    this.#cancelled.delete(id);
    const stream = this.#streams.get(id);
    if (stream === undefined || !this.#leave(stream) || stream.complete) return;
    const refused = bytes.readUInt32BE(start) === frames.REFUSED_STREAM && !stream.started;
    if (refused) this.#again(stream, false, new UpstreamFault('busy', 'the cluster takes no more'));
    else stream.call.fail(new UpstreamFault('broken', 'the cluster broke the answer off'));
  }

  /** @param last - what was asked behind it was not looked at */
  #onGoAway(last: number): void {
    this.#closing = true;
    for (const stream of this.#streams.all()) {
      if (stream.id <= last || !this.#leave(stream)) continue;
      this.#again(stream, false, new UpstreamFault('broken', 'the cluster closed the connection'));
    }
    if (this.streams === 0) this.#end(undefined, nobody);
  }

  /** @param seen - whether the cluster may have looked at it */
  #again({ call, started }: Http2Stream, seen: boolean, otherwise: Error): void {
    if (!started && call.mayRetry) this.owner.again(call, seen);
    else call.fail(otherwise);
  }

  /** Something should have come in this second, and it may have. */
  #listen(): void {
    this.#silentTicks += 1;
    if (this.#maxStreams === 0 && this.#silentTicks >= ASK_AFTER_TICKS) this.#fail(silent());
    if (this.#silentTicks === ASK_AFTER_TICKS) {
      this.#writer.send({ type: frames.PING }, '\0'.repeat(PING_BYTES));
    }
    if (this.#silentTicks < GIVE_UP_AFTER_TICKS) return;
    this.owner.timedOut();
    this.#fail(silent());
  }

  #timeOut(stream: Http2Stream): void {
    if (!this.#leave(stream, frames.CANCEL)) return;
    if (stream.complete) return;
    if (!stream.started) this.owner.timedOut();
    stream.call.fail(silent());
  }

  #reset({ id }: Http2Stream, code: number): void {
    this.#cancelled.add(id);
    this.#writer.send({ type: frames.RST_STREAM, stream: id }, word(code));
    if (this.#cancelled.size > MAX_CANCELLED) this.retire();
  }

  /**
   * @param code - why it is reset, if it is: before another call has its place
   * @returns false when it had left before
   */
  #leave(stream: Http2Stream, code?: number): boolean {
    if (!this.#streams.delete(stream)) return false;
    if (!stream.complete) stream.drop();
    if (code !== undefined) this.#reset(stream, code);
    this.owner.left(stream.call);
    if (this.#closing && this.streams === 0) setImmediate(() => this.retire());
    return true;
  }

  #widenAll(bytes: number): void {
    this.#window += bytes;
    if (this.#window < WINDOW / 2) return;
    this.#writer.send({ type: frames.WINDOW_UPDATE }, word(this.#window));
    this.#window = 0;
  }

  #idle(): void {
    this.#idleFrames += 1;
    // What they are answered with is kept until the other side reads it.
    const isFlood = this.#idleFrames > MAX_IDLE_FRAMES || this.#writer.full;
    if (isFlood) throw notHttp('frames that say nothing');
  }

  /** The other side or the network has ended it. */
  #lost(cause: Error): void {
    const error = new UpstreamFault('broken', 'the connection broke off', { cause });
    this.#end(undefined, (stream) => this.#brokenOff(stream, error));
  }

  /** The other side does what it may not do. */
  #fail(fault: Error): void {
    this.#end(fault, (stream) => this.#brokenOff(stream, fault));
  }

  #brokenOff(stream: Http2Stream, error: Error): void {
    if (stream.started) stream.call.fail(error);
    else this.#again(stream, true, error);
  }

  /** @param tell - tells a call that was on it, and is not answered */
  #end(fault: Error | undefined, tell: (stream: Http2Stream) => void): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#writer.stop();
    this.#reader.stop();
    const streams = this.#streams.all();
    for (const stream of streams) this.#leave(stream);
    this.socket.destroy();
    this.owner.gone(fault);
    for (const stream of streams) if (!stream.complete) tell(stream);
  }
}

const silent = () => new UpstreamFault('timeout', 'no byte for too long');
const nobody = () => undefined;
