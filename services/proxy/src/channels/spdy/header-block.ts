import { BrokenFrames } from '../broken-frames.js';
import { spdyDictionary } from './dictionary.js';
import { inflatePiece, nextWindow } from './inflate.js';

/** Far more than what a stream of Kubernetes is opened with: about 100 bytes. */
const MAX_BLOCK_BYTES = 16_384;
const MAX_HEADERS = 32;
/** Adler-32 of the dictionary: the id by which a zlib stream names it. */
const DICTIONARY_ID = 0xe3c6a7c2;
const ZLIB_HEAD_BYTES = 6;

/** Reads the header blocks of one direction, which are pieces of one zlib stream. */
export class HeaderBlocks {
  #window: Buffer | undefined;

  /**
   * @returns header name in lower case → value
   * @throws {@link BrokenFrames} also for what other readers would drop or read differently
   */
  read(block: Buffer): ReadonlyMap<string, string> {
    const piece = this.#window === undefined ? withoutZlibHead(block) : block;
    const window = this.#window ?? spdyDictionary;
    const inflated = inflatePiece(piece, { window, maxBytes: MAX_BLOCK_BYTES });
    this.#window = nextWindow(window, inflated);
    return readHeaders(inflated);
  }
}

function withoutZlibHead(block: Buffer): Buffer {
  if (block.length < ZLIB_HEAD_BYTES) throw new BrokenFrames('a header block that ends early');
  const head = block.readUInt16BE(0);
  const isDeflate = (head & 0x0f00) === 0x0800 && head >> 12 <= 7;
  const hasDictionary = (head & 0x20) !== 0;
  if (!isDeflate || !hasDictionary || head % 31 !== 0 || block.readUInt32BE(2) !== DICTIONARY_ID) {
    throw new BrokenFrames('a header block that is not compressed as SPDY/3.1 says');
  }
  return block.subarray(ZLIB_HEAD_BYTES);
}

function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  let at = 0;
  const number = () => {
    if (at + 4 > bytes.length) throw new BrokenFrames('a header block that ends early');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = () => {
    const size = number();
    if (size > bytes.length - at) throw new BrokenFrames('a header block that ends early');
    at += size;
    return bytes.toString('latin1', at - size, at);
  };
  const count = number();
  if (count > MAX_HEADERS) throw new BrokenFrames('too many headers');
  const headers = new Map<string, string>();
  for (let left = count; left > 0; left -= 1) {
    const name = text();
    if (!/^[!-@[-~]+$/.test(name) || headers.has(name)) {
      throw new BrokenFrames('a header name that is not in lower case, or twice there');
    }
    headers.set(name, text());
  }
  if (at !== bytes.length) throw new BrokenFrames('more than headers in a header block');
  return headers;
}
