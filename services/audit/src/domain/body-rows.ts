import { LineScanner, NEWLINE, TAB } from './line-scanner.js';
import type { LineOfMessage, TableText } from './command-rows.js';
import { receivedAtText } from './received-at.js';

const bytesOf = (text: string) => Buffer.from(text);
const BODY = bytesOf('{"type":"CommandBody","commandId":"');
const CONNECTION = bytesOf(',"connection":"');
const AT = bytesOf(',"at":"');
const DIRECTIONS = ['request', 'response', 'before'].map(
  (direction) => [bytesOf(`,"direction":"${direction}"`), direction] as const,
);
const CONTENT_TYPE = bytesOf(',"contentType":"');
const CONTENT_ENCODING = bytesOf(',"contentEncoding":"');
const BYTES = bytesOf(',"bytes":');
const SHA256 = bytesOf(',"sha256":"');
const ENCODINGS = ['utf8', 'base64'].map(
  (encoding) => [bytesOf(`,"encoding":"${encoding}"`), encoding] as const,
);
const CONTENT = bytesOf(',"content":"');
const END = bytesOf('}');
const SHA256_DIGITS = 64;
const UUID_LENGTH = 36;
/** No line makes more text than its own, and this. */
const MOST_PER_LINE = 128;

/**
 * The lines of whole bodies in a batch as rows of the table `bodies`. What is in objects, or not whole, is left to the
 * exact path: it is rare.
 */
export class BodyRows {
  readonly #scanner = new LineScanner();
  #rows = Buffer.alloc(0);
  #count = 0;

  /** Begins a batch of so many bytes in so many lines; what {@link finish} has given before is no longer there. */
  begin({ bytes, lines }: { readonly bytes: number; readonly lines: number }): void {
    const capacity = bytes + lines * MOST_PER_LINE;
    if (this.#rows.length < capacity) this.#rows = Buffer.allocUnsafeSlow(capacity);
    this.#scanner.out = this.#rows;
    this.#scanner.written = 0;
    this.#count = 0;
  }

  /** Takes a line, unless it has not exactly the text that its record has: then it is left as it was before. */
  add({ bytes, from, to, position, check }: LineOfMessage): boolean {
    const scanner = this.#scanner;
    const before = scanner.written;
    scanner.bytes = bytes;
    scanner.at = from;
    scanner.end = to;
    if (this.#scan() && scanner.at === to) {
      scanner.writePlace(position, check);
      scanner.writeByte(NEWLINE);
      this.#count += 1;
      return true;
    }
    scanner.written = before;
    return false;
  }

  finish(): TableText {
    const text = this.#rows.subarray(0, this.#scanner.written);
    return { columns: bodyTextColumns, text, rows: this.#count };
  }

  #scan(): boolean {
    const scanner = this.#scanner;
    return (
      scanner.literal(BODY) &&
      this.#scanCall() &&
      this.#scanText(CONTENT_TYPE) &&
      this.#scanEncoding() &&
      this.#scanBytes() &&
      this.#scanWord(ENCODINGS) &&
      this.#scanText(CONTENT) &&
      scanner.literal(END)
    );
  }

  /** Whose body it is. */
  #scanCall(): boolean {
    return (
      this.#scanId() &&
      this.#scanText(CONNECTION) &&
      this.#scanInstant() &&
      this.#scanWord(DIRECTIONS)
    );
  }

  #scanId(): boolean {
    const scanner = this.#scanner;
    const at = scanner.written;
    if (!scanner.uuid()) return false;
    const id = this.#rows.toString('latin1', at, at + UUID_LENGTH);
    const received = id[14] === '7' ? receivedAtText(id) : undefined;
    if (received === undefined) return false;
    scanner.writeText(`\t${received}`);
    return true;
  }

  #scanText(member: Uint8Array): boolean {
    this.#scanner.writeByte(TAB);
    return this.#scanner.literal(member) && this.#scanner.text();
  }

  #scanInstant(): boolean {
    this.#scanner.writeByte(TAB);
    return this.#scanner.literal(AT) && this.#scanner.instant();
  }

  #scanWord(words: readonly (readonly [Uint8Array, string])[]): boolean {
    for (const [member, word] of words) {
      if (!this.#scanner.literal(member)) continue;
      this.#scanner.writeText(`\t${word}`);
      return true;
    }
    return false;
  }

  #scanEncoding(): boolean {
    const scanner = this.#scanner;
    scanner.writeByte(TAB);
    if (!scanner.literal(CONTENT_ENCODING)) return true;
    const before = scanner.written;
    return scanner.text() && scanner.written > before;
  }

  #scanBytes(): boolean {
    const scanner = this.#scanner;
    scanner.writeByte(TAB);
    if (!scanner.literal(BYTES) || !scanner.digits(15)) return false;
    const before = scanner.written;
    return this.#scanText(SHA256) && scanner.written === before + 1 + SHA256_DIGITS;
  }
}

/** In the order of the text. */
const bodyTextColumns: readonly string[] = [
  ...['command_id', 'received_at', 'connection', 'at', 'direction', 'content_type'],
  ...['content_encoding', 'bytes', 'sha256', 'encoding', 'content', 'positions', 'check'],
];
