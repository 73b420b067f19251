import { PLACEHOLDER_PREFIX } from './placeholder.js';

const [BACKSLASH, LOWER_U, LOWER_X] = [0x5c, 0x75, 0x78];
/** Of the text without escapes and spaces, so much is kept for what comes next. */
const MAX_KEPT_BYTES = 128;
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
  readonly #plain = new Reading(false);
  /** From the first backslash behind another on. */
  #nested: Reading | undefined;

  /** Whether a placeholder has been seen. */
  get found(): boolean {
    return this.#found;
  }

  /** @returns {@link found} */
  push(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length && !this.#found; at += PART_BYTES / 2) {
      const part = chunk.subarray(at, at + PART_BYTES / 2);
      if (this.#nested === undefined && this.#plain.doubles(part))
        this.#nested = this.#plain.nested();
      this.#found = this.#plain.push(part) || this.#nested?.push(part) === true;
    }
    return this.#found;
  }
}

/**
 * One way to read escapes. `\\u0064` is a backslash and letters, or a `d` in a document within the document: which of
 * them nobody knows here, and each hides what the other shows.
 */
class Reading {
  #plain = Buffer.alloc(MAX_KEPT_BYTES + PART_BYTES);
  #length = 0;
  /** The beginning of an escape. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(private readonly isNested: boolean) {}

  /** Whether a backslash comes behind another one, as far as can be seen so far. */
  doubles(part: Uint8Array): boolean {
    const begins = this.#rest[0] === BACKSLASH && part[0] === BACKSLASH;
    return begins || Buffer.from(part.buffer, part.byteOffset, part.length).includes('\\\\');
  }

  /** The other way to read, from here on. */
  nested(): Reading {
    const other = new Reading(true);
    this.#plain.copy(other.#plain, 0, 0, this.#length);
    other.#length = this.#length;
    other.#rest = this.#rest;
    return other;
  }

  /** @returns whether a placeholder is there */
  push(part: Uint8Array): boolean {
    this.#add(this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]));
    return this.#look();
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
      if (!isWhole(bytes, at)) {
        this.#rest = Uint8Array.from(bytes.subarray(at));
        return;
      }
      at += this.#escape(bytes, at);
    }
  }

  /** @returns its length */
  #escape(bytes: Uint8Array, at: number): number {
    const kind = bytes[at + 1] ?? 0;
    const digits = digitsOf(kind);
    if (digits > 0) {
      const text = Buffer.from(bytes.subarray(at + 2, at + 2 + digits)).toString('latin1');
      // No escape at all: what stands there counts.
      if (!/^[0-9a-fA-F]+$/.test(text)) return 2;
      const code = Number.parseInt(text, 16);
      if (code > 0x20 && code < 0x7f) this.#plain[this.#length++] = code;
      return 2 + digits;
    }
    // A line end or the like; a quote, a slash or another backslash stands for itself, and a backslash is in no placeholder.
    if (kind === 0x2f) this.#plain[this.#length++] = kind;
    return kind === BACKSLASH && this.isNested ? 1 : 2;
  }

  #look(): boolean {
    const plain = this.#plain.subarray(0, this.#length);
    const isFound = needles.some((needle) => plain.includes(needle));
    const kept = Math.min(MAX_KEPT_BYTES, this.#length);
    plain.copyWithin(0, this.#length - kept);
    this.#length = kept;
    return isFound;
  }
}

const digitsOf = (kind: number): number => (kind === LOWER_U ? 4 : kind === LOWER_X ? 2 : 0);

/** Whether an escape ends before the bytes do. */
function isWhole(bytes: Uint8Array, at: number): boolean {
  const kind = bytes[at + 1];
  return kind !== undefined && at + 2 + digitsOf(kind) <= bytes.length;
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
