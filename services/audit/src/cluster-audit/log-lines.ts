const NEWLINE = 0x0a;

/** A line of a log may be as long as an object with its whole history. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Whole lines of a file that is read in pieces; what is not whole yet is kept for the next piece. */
export class LogLines {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #skipping = false;

  /** Bytes that were read and of which no line came yet. */
  get restBytes(): number {
    return this.#restBytes;
  }

  /** @returns the lines that are whole now; `undefined` is one that was too long, and was given up */
  push(piece: Buffer): (Buffer | undefined)[] {
    const lines: (Buffer | undefined)[] = [];
    let start = 0;
    for (;;) {
      const end = piece.indexOf(NEWLINE, start);
      if (end === -1) break;
      lines.push(this.#end(piece.subarray(start, end)));
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return lines.filter((line) => line === undefined || line.length > 0);
  }

  /** What is left when nothing more comes: a line that its writer did not finish. */
  drop(): boolean {
    const wasUnfinished = this.#restBytes > 0;
    this.#rest = [];
    this.#restBytes = 0;
    this.#skipping = false;
    return wasUnfinished;
  }

  #end(last: Buffer): Buffer | undefined {
    const isTooLong = this.#skipping || this.#restBytes + last.length > MAX_LINE_BYTES;
    const line = isTooLong ? undefined : Buffer.concat([...this.#rest, last]);
    this.drop();
    return line;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#restBytes += piece.length;
    if (this.#restBytes > MAX_LINE_BYTES) {
      // Its bytes still count: the place in the file is behind them.
      this.#skipping = true;
      this.#rest = [];
    }
    if (!this.#skipping) this.#rest.push(Buffer.from(piece));
  }
}
