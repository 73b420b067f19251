import { MAC_LENGTH, type MaskKey } from './mask-keys.js';
import { placeholderOf } from './placeholder.js';

const DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const EQUALS = 0x3d;

/** The JSON text of placeholders of one kind: only the mac changes, so only the mac is written. */
export class PlaceholderForm {
  /** With quotes; with a mac of zeros at first. */
  readonly #json: Buffer;
  /** Where what depends on the mac begins in it. */
  readonly #from: number;
  /** What becomes the last digits of base64: some letters before the mac, and the mac. */
  readonly #rest: Buffer;
  readonly #macAt: number;

  constructor(
    key: MaskKey,
    kind: string,
    private readonly isEncoded: boolean,
  ) {
    const text = Buffer.from(placeholderOf(key, kind, '0'.repeat(MAC_LENGTH)), 'latin1');
    const before = text.length - MAC_LENGTH;
    // Three bytes are four digits.
    const whole = isEncoded ? before - (before % 3) : before;
    this.#json = Buffer.from(`"${isEncoded ? text.toString('base64') : text.toString('latin1')}"`);
    this.#from = 1 + (isEncoded ? (whole / 3) * 4 : whole);
    this.#rest = text.subarray(whole);
    this.#macAt = before - whole;
  }

  /** Valid until the next call. */
  with(mac: string): Uint8Array {
    const rest = this.#rest;
    for (let at = 0; at < MAC_LENGTH; at += 1) rest[this.#macAt + at] = mac.charCodeAt(at);
    if (this.isEncoded) this.#encode();
    else this.#json.set(rest, this.#from);
    return this.#json;
  }

  #encode(): void {
    const [json, rest] = [this.#json, this.#rest];
    let to = this.#from;
    for (let at = 0; at < rest.length; at += 3) {
      const bits = (byteAt(rest, at) << 16) | (byteAt(rest, at + 1) << 8) | byteAt(rest, at + 2);
      for (let shift = 18; shift >= 0; shift -= 6) json[to++] = digitOf(bits >> shift);
    }
    for (let over = rest.length % 3; over > 0 && over < 3; over += 1) json[to - 3 + over] = EQUALS;
  }
}

const byteAt = (bytes: Uint8Array, at: number): number =>
  at < bytes.length ? (bytes[at] ?? 0) : 0;
const digitOf = (bits: number): number => DIGITS[bits & 63] ?? 0;
