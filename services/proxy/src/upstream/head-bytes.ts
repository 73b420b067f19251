import { notHttp } from './upstream-fault.js';

const START = Buffer.from('HTTP/1.1 ', 'latin1');
const END = '\r\n\r\n';
const LF = 0x0a;
const CR = 0x0d;
const MAX_HEAD_BYTES = 65_536;

/** Finds the head of an answer in pieces cut anywhere; a head that comes whole is never copied. */
export class HeadBytes {
  #held: Buffer | undefined;
  #size = 0;
  #text: string | undefined;

  clear(): void {
    this.#held = undefined;
    this.#size = 0;
    this.#text = undefined;
  }

  /** The head as latin1, its empty line included, once it is there. */
  take(): string | undefined {
    const text = this.#text;
    this.#text = undefined;
    return text;
  }

  /**
   * @returns how far `chunk` belongs to the head
   * @throws {@link UpstreamFault} when it is too long, or no lines of HTTP
   */
  push(chunk: Buffer, at: number): number {
    if (this.#held !== undefined) return this.#pushMore(chunk, at);
    const found = chunk.indexOf(END, at, 'latin1');
    if (found === -1) {
      const held = this.#hold(chunk, at, chunk.length);
      checkLines(held, 0, this.#size);
      return chunk.length;
    }
    const end = found + END.length;
    if (end - at > MAX_HEAD_BYTES) throw tooLong();
    this.#text = chunk.toString('latin1', at, end);
    return end;
  }

  #pushMore(chunk: Buffer, at: number): number {
    const before = this.#size;
    // What is too long is not even copied.
    const taken = Math.min(chunk.length, at + MAX_HEAD_BYTES - before + 1);
    const held = this.#hold(chunk, at, taken);
    const found = held.subarray(0, this.#size).indexOf(END, Math.max(0, before - 3), 'latin1');
    if (found === -1) {
      checkLines(held, Math.max(1, before) - 1, this.#size);
      if (this.#size > MAX_HEAD_BYTES) throw tooLong();
      return taken;
    }
    const end = found + END.length;
    if (end > MAX_HEAD_BYTES) throw tooLong();
    const text = held.toString('latin1', 0, end);
    this.clear();
    this.#text = text;
    return at + end - before;
  }

  #hold(chunk: Buffer, from: number, to: number): Buffer {
    const size = this.#size + to - from;
    if (size > MAX_HEAD_BYTES + 1) throw tooLong();
    let held = this.#held;
    if (held === undefined || held.length < size) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1_024, 2 * size));
      if (held !== undefined) held.copy(larger, 0, 0, this.#size);
      held = larger;
    }
    chunk.copy(held, this.#size, from, to);
    this.#held = held;
    this.#size = size;
    return held;
  }
}

/** Refuses at once what can become no head: its end would never be found. */
function checkLines(bytes: Buffer, from: number, to: number): void {
  const known = Math.min(to, START.length);
  if (bytes.compare(START, 0, known, 0, known) !== 0) throw notHttp('not HTTP/1.1');
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < to; at = bytes.indexOf(LF, at + 1)) {
    if (at > from && bytes[at - 1] !== CR) throw notHttp('a bare line end');
  }
}

const tooLong = () => notHttp('an endless head');
