import { PLACEHOLDER_PREFIX } from './placeholder.js';

const [BACKSLASH, LOWER_U, LOWER_X] = [0x5c, 0x75, 0x78];
/** Of the text without escapes and spaces, so much is kept for what comes next. */
const MAX_KEPT_BYTES = 128;
const MAX_ESCAPE_BYTES = 6;
const PART_BYTES = 65_536;

const needles = needlesOf(PLACEHOLDER_PREFIX);

/**
 * Looks for placeholders in what a client writes, so that none takes the place of the value it stands for. Finds
 * them as they are, in base64, in base64 of base64, at every alignment, with escapes of JSON and YAML in them and line
 * ends between: so in objects, in patches, in JSON that stands in a string, in protobuf and CBOR. Does not look into what is
 * compressed. A placeholder of any key counts, of other tenants and of keys that are forgotten too.
 */
export class RoundTripGuard {
  #found = false;
  #plain = Buffer.alloc(MAX_KEPT_BYTES + PART_BYTES);
  #length = 0;
  /** The beginning of an escape. */
  #rest: Uint8Array = new Uint8Array(0);

  /** Whether a placeholder has been seen. */
  get found(): boolean {
    return this.#found;
  }

  /** @returns {@link found} */
  push(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length && !this.#found; at += PART_BYTES / 2) {
      const part = chunk.subarray(at, at + PART_BYTES / 2);
      this.#add(this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]));
      this.#look();
    }
    return this.#found;
  }

  #add(bytes: Uint8Array): void {
    this.#rest = new Uint8Array(0);
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      if (byte !== BACKSLASH) {
        // Nothing of a placeholder is a space or a control character.
        if (byte > 0x20) this.#plain[this.#length++] = byte;
        at += 1;
        continue;
      }
      if (at + MAX_ESCAPE_BYTES > bytes.length && bytes.length - at < MAX_ESCAPE_BYTES) {
        const isWhole = this.#isWhole(bytes, at);
        if (!isWhole) {
          this.#rest = Uint8Array.from(bytes.subarray(at));
          return;
        }
      }
      at += this.#escape(bytes, at);
    }
  }

  /** Whether an escape ends before the bytes do. */
  #isWhole(bytes: Uint8Array, at: number): boolean {
    const kind = bytes[at + 1];
    if (kind === undefined) return false;
    if (kind === LOWER_U) return at + 6 <= bytes.length;
    return kind !== LOWER_X || at + 4 <= bytes.length;
  }

  /** @returns its length */
  #escape(bytes: Uint8Array, at: number): number {
    const kind = bytes[at + 1] ?? 0;
    const digits = kind === LOWER_U ? 4 : kind === LOWER_X ? 2 : 0;
    if (digits > 0) {
      const text = Buffer.from(bytes.subarray(at + 2, at + 2 + digits)).toString('latin1');
      const code = /^[0-9a-fA-F]+$/.test(text) ? Number.parseInt(text, 16) : 0;
      if (code > 0x20 && code < 0x7f) this.#plain[this.#length++] = code;
      return 2 + digits;
    }
    // A line end or the like; a quote, a slash or another backslash stands for itself, and a backslash is in no placeholder.
    if (kind === 0x2f) this.#plain[this.#length++] = kind;
    return kind === BACKSLASH ? 1 : 2;
  }

  #look(): void {
    const plain = this.#plain.subarray(0, this.#length);
    this.#found ||= needles.some((needle) => plain.includes(needle));
    const kept = Math.min(MAX_KEPT_BYTES, this.#length);
    plain.copyWithin(0, this.#length - kept);
    this.#length = kept;
  }
}

/** What every text in base64 that holds `text` holds, once and twice encoded, whatever stands around it. */
function needlesOf(text: string): readonly string[] {
  const once = encodings(text);
  return [text, ...once, ...once.flatMap(encodings)];
}

/** The digits that do not depend on what stands before or behind. */
function encodings(text: string): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(from, to);
  });
}
