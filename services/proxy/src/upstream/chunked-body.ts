import { readFieldLines } from './field-lines.js';
import { notHttp } from './upstream-fault.js';

const LF = 0x0a;
const CR = 0x0d;
const MAX_EXTENSION_BYTES = 256;
const MAX_TRAILER_BYTES = 16_384;
/** 2^48: whatever is longer is no chunk. */
const MAX_SIZE_DIGITS = 12;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const quoted = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';
const extensions = new RegExp(`^(?:;${token}(?:=(?:${token}|${quoted}))?)+$`);

/** Value of a hexadecimal digit; 255 for all else. */
const hexValue = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  hexValue[digit.charCodeAt(0)] = value;
  hexValue[digit.toUpperCase().charCodeAt(0)] = value;
}

type State = 'size' | 'extension' | 'size_lf' | 'data' | 'data_cr' | 'data_lf' | 'trailer' | 'done';

/**
 * Reads a chunked body. What is data is moved together within the buffer it came in, so that each buffer is passed
 * on as one piece, however small the chunks. Extensions and trailers are read strictly and dropped.
 */
export class ChunkedBody {
  /** The data of the last {@link decode}, within its buffer. */
  dataStart = 0;
  dataEnd = 0;
  #state: State = 'size';
  #left = 0;
  #digits = 0;
  #text = '';

  get done(): boolean {
    return this.#state === 'done';
  }

  reset(): void {
    this.#state = 'size';
    this.#left = 0;
    this.#digits = 0;
    this.#text = '';
  }

  /**
   * Reads on, up to the end of the buffer or of the body.
   *
   * @param buffer - written to
   * @returns where it stopped
   */
  decode(buffer: Buffer, from: number): number {
    let at = from;
    this.dataStart = from;
    this.dataEnd = from;
    while (at < buffer.length && this.#state !== 'done') {
      at = this.#state === 'data' ? this.#data(buffer, at) : this.#frame(buffer[at] ?? 0, at);
    }
    return at;
  }

  #data(buffer: Buffer, at: number): number {
    const end = Math.min(at + this.#left, buffer.length);
    if (this.dataStart === this.dataEnd) {
      this.dataStart = at;
      this.dataEnd = end;
    } else {
      buffer.copyWithin(this.dataEnd, at, end);
      this.dataEnd += end - at;
    }
    this.#left -= end - at;
    if (this.#left === 0) this.#state = 'data_cr';
    return end;
  }

  /** Reads one byte of what is not data. */
  #frame(byte: number, at: number): number {
    switch (this.#state) {
      case 'size':
        this.#size(byte);
        break;
      case 'extension':
        this.#extension(byte);
        break;
      case 'size_lf':
        this.#state = this.#left === 0 ? 'trailer' : 'data';
        expectByte(byte, LF);
        break;
      case 'data_cr':
        this.#state = 'data_lf';
        expectByte(byte, CR);
        break;
      case 'data_lf':
        this.#state = 'size';
        this.#digits = 0;
        expectByte(byte, LF);
        break;
      case 'trailer':
        this.#trailer(byte);
        break;
      case 'data':
      case 'done':
        break;
    }
    return at + 1;
  }

  #size(byte: number): void {
    const value = hexValue[byte] ?? 255;
    if (value !== 255) {
      this.#digits += 1;
      if (this.#digits > MAX_SIZE_DIGITS) throw notHttp('a chunk that is too large');
      this.#left = this.#left * 16 + value;
      return;
    }
    if (this.#digits === 0) throw notHttp('a chunk without a size');
    if (byte === CR) {
      this.#state = 'size_lf';
      return;
    }
    this.#state = 'extension';
    this.#text = '';
    this.#extension(byte);
  }

  #extension(byte: number): void {
    if (byte !== CR) {
      this.#text += String.fromCharCode(byte);
      if (this.#text.length > MAX_EXTENSION_BYTES) throw notHttp('a chunk extension too long');
      return;
    }
    if (!extensions.test(this.#text)) throw notHttp('a malformed chunk extension');
    this.#text = '';
    this.#state = 'size_lf';
  }

  #trailer(byte: number): void {
    this.#text += String.fromCharCode(byte);
    if (this.#text.length > MAX_TRAILER_BYTES) throw notHttp('trailers that are too long');
    if (byte !== LF || (this.#text !== '\r\n' && !this.#text.endsWith('\r\n\r\n'))) return;
    readFieldLines(this.#text, 0);
    this.#text = '';
    this.#state = 'done';
  }
}

function expectByte(byte: number, expected: number): void {
  if (byte !== expected) throw notHttp('a chunk that does not end where it should');
}
