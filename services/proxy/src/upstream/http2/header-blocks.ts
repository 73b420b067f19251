import { notHttp } from '../upstream-fault.js';
import type { Frame } from './frame-reader.js';
import { CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PADDED, WITH_PRIORITY } from './frames.js';
import { HpackDecoder } from './hpack-decoder.js';

const MAX_BLOCK_BYTES = 65_536;
/** Each may be empty, so their bytes alone say nothing. */
const MAX_FRAMES = 16;
const PRIORITY_BYTES = 5;

/** A header block that has come as a whole. */
export interface HeaderBlock {
  readonly stream: number;
  /** name, value, … */
  readonly fields: string[];
  /** The answer is over with it. */
  readonly last: boolean;
}

/** Puts header blocks together. All of them are decoded, whoever wants them: the table depends on each. */
export class HeaderBlocks {
  readonly #decoder = new HpackDecoder();
  /** Of the block that is not complete. */
  #stream: number | undefined;
  #last = false;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** The next frame must go on with a block. */
  get open(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * HEADERS or CONTINUATION.
   *
   * @returns the block that is complete with it
   * @throws {@link UpstreamFault} `not_http`
   */
  push(frame: Frame): HeaderBlock | undefined {
    const { type, flags, stream, bytes } = frame;
    const isNext = type === CONTINUATION && stream === this.#stream;
    if (this.open !== isNext || (!isNext && type !== HEADERS)) throw notHttp('frames out of order');
    if (!isNext) this.#last = (flags & END_STREAM) !== 0;
    const [start, end] = isNext ? [frame.start, frame.end] : fragmentOf(frame);
    const last = this.#last;
    if (!isNext && (flags & END_HEADERS) !== 0) {
      return { stream, fields: this.#decoder.decode(bytes, start, end), last };
    }
    this.#keep(stream, bytes.subarray(start, end));
    if ((flags & END_HEADERS) === 0) return undefined;
    const whole = Buffer.concat(this.#parts);
    this.#stream = undefined;
    this.#bytes = 0;
    this.#parts = [];
    return { stream, fields: this.#decoder.decode(whole, 0, whole.length), last };
  }

  #keep(stream: number, part: Buffer): void {
    this.#stream = stream;
    this.#bytes += part.length;
    this.#parts.push(Buffer.from(part));
    if (this.#bytes > MAX_BLOCK_BYTES || this.#parts.length > MAX_FRAMES) {
      throw notHttp('headers without end');
    }
  }
}

/** What of HEADERS is of the block. */
function fragmentOf({ flags, bytes, start, end }: Frame): readonly [number, number] {
  const [from, to] = (flags & PADDED) === 0 ? [start, end] : unpadded(bytes, start, end);
  const begin = (flags & WITH_PRIORITY) === 0 ? from : from + PRIORITY_BYTES;
  if (begin > to) throw notHttp('a frame that is too short');
  return [begin, to];
}

/**
 * Where of a padded frame begins and ends what it says.
 *
 * @throws {@link UpstreamFault} `not_http`
 */
export function unpadded(bytes: Buffer, start: number, end: number): readonly [number, number] {
  const to = end - (bytes[start] ?? 0);
  if (start >= end || start + 1 > to) throw notHttp('more padding than frame');
  return [start + 1, to];
}
