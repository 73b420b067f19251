import { BrokenFrames } from '../broken-frames.js';
import type { ChannelObserver, Sender } from '../channel-observer.js';
import { withHeld, type FrameReader, type NoiseLimit, type Pass } from '../frame-reader.js';
import { controlTypes, FIN, HEAD_BYTES } from './spdy-frames.js';
import type { HeldOutput } from '../rewritten.js';
import type { MaskedFrames } from './masked-frames.js';
import type { SpdyStream, SpdyStreams } from './spdy-streams.js';

const VERSION = 3;
const MAX_CONTROL_BYTES = 16_384;
const MAX_SETTINGS = 32;

export interface SpdyReaderOptions {
  readonly from: Sender;
  readonly streams: SpdyStreams;
  readonly observer: ChannelObserver;
  readonly noise: NoiseLimit;
  /** Passed on instead of what came. */
  readonly anew?: MaskedFrames;
}

/** Reads the SPDY/3.1 frames of one direction. Keeps at most one control frame. */
export class SpdyReader implements FrameReader {
  #held: Buffer | undefined;
  /** Payload of the data frame under way that has not come yet, its stream, and whether it is the last one. */
  #left = 0;
  #stream: SpdyStream | undefined;
  #fin = false;
  #stopping = false;
  #closed = false;

  constructor(private readonly options: SpdyReaderOptions) {}

  get atBoundary(): boolean {
    // Whole frames are all that goes on when they are written anew.
    return this.#left === 0 || this.options.anew !== undefined;
  }

  get held(): HeldOutput | undefined {
    return this.options.anew;
  }

  /** A frame head, or a control frame, has begun and is not complete. */
  get holds(): boolean {
    return this.#held !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  stopAtBoundary(): void {
    this.#stopping = true;
  }

  push(chunk: Buffer, pass: Pass): void {
    const bytes = withHeld(this.#held, chunk);
    this.#held = undefined;
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#stopping && this.atBoundary) break;
      const next = this.#left > 0 ? this.#readData(bytes, offset) : this.#readFrame(bytes, offset);
      if (next === offset) {
        this.#held = Buffer.from(bytes.subarray(offset));
        break;
      }
      offset = next;
    }
    if (offset > 0) this.#pass(bytes.subarray(0, offset), pass);
  }

  /** What was read, or what was made of it. */
  #pass(read: Buffer, pass: Pass): void {
    const { anew } = this.options;
    const made = anew === undefined ? read : anew.take();
    if (made !== undefined) pass(made);
  }

  /** @returns the offset behind what could be read; `offset` itself when more is needed */
  #readFrame(bytes: Buffer, offset: number): number {
    if (bytes.length - offset < HEAD_BYTES) return offset;
    const first = bytes.readUInt32BE(offset);
    const flags = bytes.readUInt8(offset + 4);
    const length = bytes.readUIntBE(offset + 5, 3);
    const payloadAt = offset + HEAD_BYTES;
    if (first < 0x8000_0000) {
      this.#beginData(first, flags, length);
      return payloadAt;
    }
    if (first >>> 16 !== (0x8000 | VERSION)) throw new BrokenFrames('another version of SPDY');
    if (length > MAX_CONTROL_BYTES) throw new BrokenFrames('a control frame that is too long');
    if (bytes.length - payloadAt < length) return offset;
    const [type, end] = [first & 0xffff, payloadAt + length];
    this.#control(type, flags, bytes.subarray(payloadAt, end));
    this.options.anew?.control(type, bytes.subarray(offset, end));
    return end;
  }

  #beginData(streamId: number, flags: number, length: number): void {
    if (flags > FIN) throw new BrokenFrames('a data frame with unknown flags');
    if (length === 0 && flags === 0 && !this.options.noise()) {
      throw new BrokenFrames('too many empty frames');
    }
    this.#stream = this.options.streams.carrying(streamId);
    this.#left = length;
    this.#fin = flags === FIN;
    if (length === 0) this.#endData(this.#stream);
  }

  #readData(bytes: Buffer, offset: number): number {
    const stream = this.#stream;
    if (stream === undefined) throw new TypeError('no data frame is under way');
    const { from, observer, anew } = this.options;
    const size = Math.min(this.#left, bytes.length - offset);
    const piece = bytes.subarray(offset, offset + size);
    if (observer.wants(stream.channel, from)) observer.data(stream.channel, from, piece);
    anew?.data(stream.channel, piece);
    this.#left -= size;
    if (this.#left === 0) this.#endData(stream);
    return offset + size;
  }

  #endData(stream: SpdyStream): void {
    if (!this.#fin) return;
    this.options.streams.finish(stream, this.options.from);
    this.options.anew?.endStream(stream.channel);
  }

  #control(type: number, flags: number, payload: Buffer): void {
    const { streams, from } = this.options;
    switch (type) {
      case controlTypes.synStream:
        this.#synStream(flags, payload);
        return;
      case controlTypes.synReply:
        requireSize(from === 'cluster' && flags <= FIN && payload.length >= 4);
        streams.reply(streamIdIn(payload), flags === FIN);
        return;
      case controlTypes.rstStream:
        requireSize(flags === 0 && payload.length === 8);
        streams.reset(streamIdIn(payload), from);
        return;
      case controlTypes.goAway:
        requireSize(flags === 0 && payload.length === 8);
        streams.goAway(from);
        this.#closed = true;
        return;
      default:
        this.#housekeeping(type, flags, payload);
    }
  }

  /** Frames that say nothing of any stream's content: as many as a connection needs, and no flood. */
  #housekeeping(type: number, flags: number, payload: Buffer): void {
    if (!this.options.noise()) throw new BrokenFrames('too many control frames');
    switch (type) {
      case controlTypes.ping:
        requireSize(flags === 0 && payload.length === 4 && payload.readUInt32BE() !== 0);
        return;
      case controlTypes.windowUpdate:
        requireSize(flags === 0 && payload.length === 8);
        return;
      case controlTypes.settings:
        requireSize(payload.length >= 4 && payload.readUInt32BE() <= MAX_SETTINGS);
        requireSize(flags <= 1 && payload.length === 4 + 8 * payload.readUInt32BE());
        return;
      default:
        throw new BrokenFrames('a control frame that has no use here');
    }
  }

  #synStream(flags: number, payload: Buffer): void {
    const { streams, from } = this.options;
    requireSize(from === 'client' && flags <= FIN && payload.length > 10);
    if (payload.readUInt32BE(4) !== 0) throw new BrokenFrames('a stream that belongs to another');
    streams.open(streamIdIn(payload), payload.subarray(10), flags === FIN);
  }
}

/** Other readers take as many bytes as the type needs, whatever the length says: so both must agree. */
function requireSize(asExpected: boolean): void {
  if (!asExpected) throw new BrokenFrames('a control frame of a wrong size, side or flag');
}

function streamIdIn(payload: Buffer): number {
  const id = payload.readUInt32BE();
  if (id === 0 || id >= 0x8000_0000) throw new BrokenFrames('a frame for no stream');
  return id;
}
