import { notHttp } from '../upstream-fault.js';
import { MAX_FRAME_BYTES } from './frames.js';

const HEAD_BYTES = 9;

/** A frame that has come as a whole. Valid until whoever is told of it returns. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** The payload is what stands from `start` to `end`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Cuts what comes on a connection into frames, wherever it is cut itself. */
export class FrameReader {
  /** One for all frames: there are several for every call. */
  readonly #frame: { -readonly [Key in keyof Frame]: Frame[Key] } = {
    type: 0,
    flags: 0,
    stream: 0,
    bytes: Buffer.alloc(0),
    start: 0,
    end: 0,
  };
  /** A frame of which not all is there. */
  #part: Buffer | undefined;
  #filled = 0;
  #stopped = false;

  constructor(private readonly onFrame: (frame: Frame) => void) {}

  /** Nothing more is told. */
  stop(): void {
    this.#stopped = true;
    this.#filled = 0;
    this.#part = undefined;
  }

  /** @throws {@link UpstreamFault} for a frame that is larger than it may be */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      at = this.#filled > 0 ? this.#complete(chunk, at) : this.#read(chunk, at);
    }
  }

  /** A frame that begins at `at`. */
  #read(chunk: Buffer, at: number): number {
    const left = chunk.length - at;
    const size = left < HEAD_BYTES ? Infinity : HEAD_BYTES + payloadBytes(chunk, at);
    if (left >= size) {
      this.#tell(chunk, at, at + size);
      return at + size;
    }
    this.#part ??= Buffer.allocUnsafeSlow(HEAD_BYTES + MAX_FRAME_BYTES);
    this.#filled = chunk.copy(this.#part, 0, at);
    return chunk.length;
  }

  /** More of the frame that has begun. */
  #complete(chunk: Buffer, at: number): number {
    const part = this.#part ?? Buffer.alloc(0);
    if (this.#filled < HEAD_BYTES) {
      const end = Math.min(chunk.length, at + HEAD_BYTES - this.#filled);
      this.#filled += chunk.copy(part, this.#filled, at, end);
      if (this.#filled < HEAD_BYTES) return end;
      at = end;
    }
    const size = HEAD_BYTES + payloadBytes(part, 0);
    const end = Math.min(chunk.length, at + size - this.#filled);
    this.#filled += chunk.copy(part, this.#filled, at, end);
    if (this.#filled === size) {
      this.#filled = 0;
      this.#tell(part, 0, size);
    }
    return end;
  }

  #tell(bytes: Buffer, at: number, end: number): void {
    const frame = this.#frame;
    frame.type = bytes[at + 3] ?? 0;
    frame.flags = bytes[at + 4] ?? 0;
    // Its first bit says nothing.
    frame.stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    frame.bytes = bytes;
    frame.start = at + HEAD_BYTES;
    frame.end = end;
    this.onFrame(frame);
  }
}

function payloadBytes(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > MAX_FRAME_BYTES) throw notHttp('a frame that is too large');
  return length;
}
