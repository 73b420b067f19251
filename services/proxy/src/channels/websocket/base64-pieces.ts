import { BrokenFrames } from '../broken-frames.js';

/** Decodes base64 that comes in pieces of any length. */
export class Base64Pieces {
  /** At most three characters that make no whole byte triple yet. */
  #rest = '';

  reset(): void {
    this.#rest = '';
  }

  /** @throws {@link BrokenFrames} for anything but base64 with padding at its end */
  decode(piece: Buffer): Buffer {
    const text = this.#rest + piece.toString('latin1');
    const whole = text.length & ~3;
    this.#rest = text.slice(whole);
    const ready = text.slice(0, whole);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(ready)) throw new BrokenFrames('data that is no base64');
    return Buffer.from(ready, 'base64');
  }
}
