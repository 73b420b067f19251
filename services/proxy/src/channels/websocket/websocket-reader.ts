import { BrokenFrames } from '../broken-frames.js';
import { withHeld, type FrameReader, type NoiseLimit, type Pass } from '../frame-reader.js';
import type { HeldOutput } from '../rewritten.js';
import { applyMask, opcodes } from './websocket-frames.js';

/** Larger frames do not occur: clients and kubelets send what they read at once, tens of KiB. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
const MAX_CONTROL_BYTES = 125;

/** Told of the messages of one direction, whose payload may come in any number of pieces. */
export interface MessageSink {
  /** The first byte of a message. An empty message is not told. @throws {@link BrokenFrames} */
  begin(firstByte: number): void;
  /** The next bytes, unmasked. Told only while `wantsPayload`. @throws {@link BrokenFrames} */
  payload(bytes: Buffer): void;
  /** @throws {@link BrokenFrames} */
  end(): void;
  /** Asked behind `begin` and for every piece. */
  readonly wantsPayload: boolean;
}

/** A frame of the protocol itself, as it came. */
export interface ControlFrame {
  readonly opcode: number;
  readonly bytes: Buffer;
}

/** Writes anew what was read. */
export interface WrittenAnew extends HeldOutput {
  control(frame: ControlFrame): void;
  /** What is ready to go: whole messages. */
  take(): Buffer | undefined;
}

export interface WebSocketReaderOptions {
  /** Frames of clients are masked, those of servers are not: anything else is broken. */
  readonly masked: boolean;
  readonly sink: MessageSink;
  readonly noise: NoiseLimit;
  /** Whether what the messages carry is complete too. @default always */
  readonly isWhole?: () => boolean;
  /** Passed on instead of what came: what the sink has made of it. */
  readonly anew?: WrittenAnew;
}

interface Head {
  readonly opcode: number;
  readonly fin: boolean;
  /** Bytes of the head itself, mask included. */
  readonly size: number;
  readonly length: number;
  /** Offset of the mask in the bytes at hand. */
  readonly maskAt: number;
}

/** Reads RFC 6455 frames without extensions, of one direction. Keeps at most one head or control frame. */
export class WebSocketReader implements FrameReader {
  #held: Buffer | undefined;
  /** Payload of the data frame under way that has not come yet. */
  #left = 0;
  #fin = true;
  /** A message was begun by a frame without `fin`. */
  #inMessage = false;
  /** The first byte of the message under way has come. */
  #begun = false;
  readonly #mask = Buffer.alloc(4);
  #maskOffset = 0;
  #stopping = false;
  #closed = false;

  constructor(private readonly options: WebSocketReaderOptions) {}

  get atBoundary(): boolean {
    const { isWhole, anew } = this.options;
    // Whole messages are all that goes on.
    if (anew !== undefined) return true;
    return this.#left === 0 && !this.#inMessage && (isWhole === undefined || isWhole());
  }

  get closed(): boolean {
    return this.#closed;
  }

  get held(): HeldOutput | undefined {
    return this.options.anew;
  }

  stopAtBoundary(): void {
    this.#stopping = true;
  }

  push(chunk: Buffer, pass: Pass): void {
    const bytes = withHeld(this.#held, chunk);
    this.#held = undefined;
    let offset = 0;
    while (offset < bytes.length) {
      // Nobody reads what comes behind a close frame.
      if (this.#closed || (this.#stopping && this.atBoundary)) break;
      const next =
        this.#left > 0 ? this.#readPayload(bytes, offset) : this.#readFrame(bytes, offset);
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
    const head = this.#readHead(bytes, offset);
    if (head === undefined) return offset;
    const payloadAt = offset + head.size;
    if (head.opcode >= opcodes.close) {
      if (bytes.length - payloadAt < head.length) return offset;
      this.#control(head, bytes.subarray(payloadAt, payloadAt + head.length), bytes);
      const end = payloadAt + head.length;
      this.options.anew?.control({ opcode: head.opcode, bytes: bytes.subarray(offset, end) });
      return end;
    }
    // The byte that names the channel is never passed on before it was looked at, nor is a frame begun without it.
    if (head.length > 0 && bytes.length === payloadAt) return offset;
    this.#beginFrame(head, bytes);
    if (head.length === 0) this.#endFrame();
    return payloadAt;
  }

  #readHead(bytes: Buffer, offset: number): Head | undefined {
    if (bytes.length - offset < 2) return undefined;
    const first = bytes.readUInt8(offset);
    const second = bytes.readUInt8(offset + 1);
    const opcode = first & 0x0f;
    const fin = (first & 0x80) !== 0;
    checkFirst(first, opcode);
    if (((second & 0x80) !== 0) !== this.options.masked) throw new BrokenFrames('wrong masking');
    const short = second & 0x7f;
    if (opcode >= opcodes.close && (!fin || short > MAX_CONTROL_BYTES)) {
      throw new BrokenFrames('a control frame in parts, or too long');
    }
    const size = 2 + extraBytes(short) + (this.options.masked ? 4 : 0);
    if (bytes.length - offset < size) return undefined;
    const length = readLength(bytes, offset + 2, short);
    return { opcode, fin, size, length, maskAt: offset + size - 4 };
  }

  #control({ opcode, maskAt }: Head, payload: Buffer, bytes: Buffer): void {
    if (!this.options.noise()) throw new BrokenFrames('too many control frames');
    if (opcode !== opcodes.close) return;
    if (payload.length > 0)
      checkClose(this.options.masked ? unmasked(payload, bytes, maskAt) : payload);
    this.#closed = true;
  }

  #beginFrame({ opcode, fin, length, maskAt }: Head, bytes: Buffer): void {
    if ((opcode === opcodes.continuation) !== this.#inMessage) {
      throw new BrokenFrames('a part of a message that was not begun, or within another');
    }
    // Go's WebSocket ends a message of many parts with an empty one: that is no noise.
    const isNoise = length === 0 && !(fin && this.#begun);
    if (isNoise && !this.options.noise()) throw new BrokenFrames('too many empty frames');
    this.#inMessage = !fin;
    this.#fin = fin;
    this.#left = length;
    if (this.options.masked) bytes.copy(this.#mask, 0, maskAt, maskAt + 4);
    this.#maskOffset = 0;
  }

  #readPayload(bytes: Buffer, offset: number): number {
    const size = Math.min(this.#left, bytes.length - offset);
    this.#tell(bytes.subarray(offset, offset + size));
    this.#left -= size;
    this.#maskOffset = (this.#maskOffset + size) & 3;
    if (this.#left === 0) this.#endFrame();
    return offset + size;
  }

  #tell(piece: Buffer): void {
    const { sink, masked } = this.options;
    let from = 0;
    if (!this.#begun) {
      this.#begun = true;
      const [first = 0] = piece;
      sink.begin(masked ? first ^ this.#mask.readUInt8(this.#maskOffset) : first);
      from = 1;
    }
    if (from === piece.length || !sink.wantsPayload) return;
    const rest = piece.subarray(from);
    sink.payload(masked ? applyMask(rest, this.#mask, this.#maskOffset + from) : rest);
  }

  #endFrame(): void {
    if (!this.#fin) return;
    const begun = this.#begun;
    this.#begun = false;
    if (begun) this.options.sink.end();
  }
}

function checkFirst(first: number, opcode: number): void {
  if ((first & 0x70) !== 0) throw new BrokenFrames('an extension that was not agreed on');
  const known = opcode <= opcodes.binary || (opcode >= opcodes.close && opcode <= opcodes.pong);
  if (!known) throw new BrokenFrames('an unknown opcode');
}

const extraBytes = (short: number): number => (short === 126 ? 2 : short === 127 ? 8 : 0);

/** Length of the payload. In the one shortest form: others are read differently by different readers. */
function readLength(bytes: Buffer, at: number, short: number): number {
  if (short < 126) return short;
  const length = short === 126 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
  if (length < (short === 126 ? 126 : 65_536)) throw new BrokenFrames('a length in a longer form');
  if (length > MAX_FRAME_BYTES) throw new BrokenFrames('a frame that is too long');
  return length;
}

const unmasked = (payload: Buffer, bytes: Buffer, maskAt: number): Buffer =>
  applyMask(payload, bytes.subarray(maskAt, maskAt + 4), 0);

/** Codes that may be sent, RFC 6455 section 7.4. */
function checkClose(payload: Buffer): void {
  const code = payload.length < 2 ? 0 : payload.readUInt16BE(0);
  const standard = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
  if (!standard && (code < 3000 || code > 4999))
    throw new BrokenFrames('a close frame without a valid code');
}
