import type { MaskKey } from './mask-keys.js';
import { paxSize, readPaxRecords, type PaxRecord } from './pax-records.js';
import { maskInPlace } from './same-length.js';
import { BLOCK_BYTES, maskTarHeader, readTarHeader, type TarHeader } from './tar-header.js';
import type { TextDetectors, TextStages } from './text-detectors.js';
import { TextMasker } from './text-masker.js';

/** Attributes and long names of an entry that are longer are of no archive. */
const MAX_NOTE_BYTES = 65_536;
const nothing: readonly Uint8Array[] = [];
/** What stands before an entry: attributes of pax, long names of GNU. */
const notes = /^[xgLK]$/;
const attributes = /^[xg]$/;

/** What the notes before an entry say of it. */
interface Noted {
  readonly size?: number | undefined;
  readonly hidesNames: boolean;
}
const notNoted: Noted = { hidesNames: false };

/**
 * Masks a tar archive on its way: bytes in, split anywhere, and as many bytes out. Each thing in it keeps its length and
 * its place, so that who reads it finds all entries. Each content is a text of its own. What is no archive, or is
 * none from some place on, is masked from there on as text, with whole placeholders.
 *
 * Holds a header with what is noted before it, 65 KiB at most, and of a content as much as {@link TextMasker}.
 */
export class TarMasker {
  #masked = 0;
  /** Of a header, with its notes, that is not whole. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** So much of it has to be there before it can be read. */
  #wanted = BLOCK_BYTES;
  #content: TextMasker | undefined;
  #contentLeft = 0;
  #padding = 0;
  #noted = notNoted;
  /** When it is no archive any more. */
  #text: TextMasker | undefined;

  constructor(
    private readonly detectors: TextDetectors,
    private readonly key: MaskKey,
  ) {}

  /** Values that were replaced. */
  get masked(): number {
    return this.#masked + (this.#content?.masked ?? 0) + (this.#text?.masked ?? 0);
  }

  /** What {@link flush} would pass on. */
  get heldBytes(): number {
    return this.#text?.heldBytes ?? 0;
  }

  /** @returns what can go on now: parts of `chunk` and bytes of our own. What is kept is copied. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#reach());
      for (const piece of this.#take(part)) out.push(piece);
      at += part.length;
    }
    return out;
  }

  /** The stream is over. @returns the rest of it */
  end(): readonly Uint8Array[] {
    const rest = this.#content?.end() ?? this.#asText(this.#takeHeld());
    return [...rest, ...(this.#text?.end() ?? nothing)];
  }

  /** Of an archive nothing, since nobody waits for a part of it. Else as {@link TextMasker.flush}. */
  flush(): readonly Uint8Array[] {
    return this.#text?.flush() ?? nothing;
  }

  /** As {@link TextMasker.fork}; `undefined` while it is an archive, of which nothing is shown early. */
  fork(): TextMasker | undefined {
    return this.#text?.fork();
  }

  /** How many bytes are of the same kind as the next one. */
  #reach(): number {
    if (this.#text !== undefined) return Infinity;
    return this.#contentLeft || this.#padding || this.#wanted - this.#heldBytes;
  }

  #take(part: Uint8Array): readonly Uint8Array[] {
    if (this.#text !== undefined) return this.#text.push(part);
    if (this.#content !== undefined) return this.#inContent(this.#content, part);
    if (this.#padding > 0) {
      this.#padding -= part.length;
      // Nothing stands there, so whatever does is not passed on.
      return [Buffer.alloc(part.length)];
    }
    this.#held.push(Uint8Array.from(part));
    this.#heldBytes += part.length;
    return this.#heldBytes < this.#wanted ? nothing : this.#atHeader(this.#takeHeld());
  }

  #inContent(content: TextMasker, part: Uint8Array): readonly Uint8Array[] {
    this.#contentLeft -= part.length;
    const out = content.push(part);
    if (this.#contentLeft > 0) return out;
    const rest = content.end();
    this.#masked += content.masked;
    this.#content = undefined;
    return [...out, ...rest];
  }

  #takeHeld(): Buffer {
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#wanted = BLOCK_BYTES;
    return bytes;
  }

  #asText(bytes: Uint8Array): readonly Uint8Array[] {
    this.#text ??= new TextMasker(this.detectors, this.key);
    return this.#text.push(bytes);
  }

  /** @param bytes - a header, and its notes when they were waited for */
  #atHeader(bytes: Buffer): readonly Uint8Array[] {
    // Two of them end an archive; what follows may be another one.
    if (bytes.every((byte) => byte === 0)) return [bytes];
    const header = readTarHeader(bytes.subarray(0, BLOCK_BYTES));
    if (header === undefined) return this.#asText(bytes);
    return notes.test(header.type) ? this.#atNotes(header, bytes) : this.#atEntry(header, bytes);
  }

  #atEntry(header: TarHeader, block: Buffer): readonly Uint8Array[] {
    const { hidesNames, size = header.size } = this.#noted;
    if (!Number.isSafeInteger(size) || size < 0) return this.#asText(block);
    this.#noted = notNoted;
    this.#maskHeader(block, hidesNames);
    this.#contentLeft = header.hasContent ? size : 0;
    this.#padding = paddingOf(this.#contentLeft);
    if (this.#contentLeft === 0) return [block];
    this.#content = new TextMasker(this.detectors, this.key, { sameLength: true });
    return [block];
  }

  #atNotes(header: TarHeader, bytes: Buffer): readonly Uint8Array[] {
    const { size } = header;
    const whole = BLOCK_BYTES + size + paddingOf(size);
    if (size > MAX_NOTE_BYTES) return this.#asText(bytes);
    if (bytes.length < whole) {
      this.#held = [bytes];
      this.#heldBytes = bytes.length;
      this.#wanted = whole;
      return nothing;
    }
    const text = bytes.subarray(BLOCK_BYTES, BLOCK_BYTES + size);
    const masked = attributes.test(header.type)
      ? this.#maskAttributes(header, text)
      : this.#mask(text, this.detectors.inNames);
    if (masked > 0) this.#noted = { ...this.#noted, hidesNames: true };
    this.#maskHeader(bytes.subarray(0, BLOCK_BYTES), masked > 0);
    bytes.fill(0, BLOCK_BYTES + size);
    return [bytes];
  }

  #maskAttributes({ type }: TarHeader, text: Buffer): number {
    const records = readPaxRecords(text);
    if (records === undefined) return this.#mask(text, this.detectors);
    const size = type === 'x' ? paxSize(text, records) : undefined;
    if (size !== undefined) this.#noted = { ...this.#noted, size };
    const mask = ({ start, end, isName }: PaxRecord) =>
      this.#mask(text.subarray(start, end), isName ? this.detectors.inNames : this.detectors);
    return records.reduce((sum, record) => sum + mask(record), 0);
  }

  #maskHeader(block: Buffer, hidesNames: boolean): void {
    maskTarHeader(block, hidesNames, (text) => this.#mask(text, this.detectors.inNames));
  }

  #mask(text: Uint8Array, stages: TextStages): number {
    const masked = maskInPlace(text, stages, this.key);
    this.#masked += masked;
    return masked;
  }
}

const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
