import { createHash, type Hash } from 'node:crypto';
import { paxPath, paxSize, readPaxRecords } from './pax-records.js';
import { BLOCK_BYTES, nameAndMode, readTarHeader, type TarHeader } from './tar-header.js';

/** Attributes and long names of an entry that are longer are of no archive. */
const MAX_NOTE_BYTES = 65_536;

/** One thing in an archive. */
export interface TarEntry {
  /** As whoever unpacks it calls it. */
  readonly name: string;
  /** The character of its header: `0` is a file, `5` a directory, `1` and `2` are links. */
  readonly type: string;
  readonly mode: number;
  /** In bytes. */
  readonly size: number;
  /** Of its content, in hex. Absent without one, and when the archive ended in the middle of it. */
  readonly sha256?: string;
  /** How much of it came, when that is not all. */
  readonly received?: number;
}

export interface TarEntriesListener {
  /** It is over; in their order. */
  entry(entry: TarEntry): void;
  /** From this byte on it is no archive, and nothing more is told. */
  broken(at: number): void;
}

interface OpenEntry {
  readonly entry: TarEntry;
  readonly hash: Hash;
  left: number;
}

/**
 * Says what is in a tar archive (ustar, pax, GNU) while it passes: bytes in, split anywhere. Keeps a header with what is noted
 * before it, 65 KiB at most, and of contents nothing but a hash. Never throws.
 */
export class TarEntries {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #wanted = BLOCK_BYTES;
  #open: OpenEntry | undefined;
  #padding = 0;
  #noted: { readonly name?: string | undefined; readonly size?: number | undefined } = {};
  #passed = 0;
  #isBroken = false;

  constructor(private readonly listener: TarEntriesListener) {}

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#isBroken;) {
      const reach = this.#open?.left ?? (this.#padding || this.#wanted - this.#heldBytes);
      const part = chunk.subarray(at, at + reach);
      this.#passed += part.length;
      at += part.length;
      this.#take(part);
    }
  }

  /** Nothing more comes. */
  end(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) {
      this.listener.entry({ ...open.entry, received: open.entry.size - open.left });
    } else if (this.#heldBytes > 0 && !this.#isBroken) this.#break();
  }

  #take(part: Uint8Array): void {
    if (this.#open !== undefined) this.#inContent(this.#open, part);
    else if (this.#padding > 0) this.#padding -= part.length;
    else {
      this.#held.push(Uint8Array.from(part));
      this.#heldBytes += part.length;
      if (this.#heldBytes === this.#wanted) this.#atHeader(this.#takeHeld());
    }
  }

  #inContent(open: OpenEntry, part: Uint8Array): void {
    open.hash.update(part);
    open.left -= part.length;
    if (open.left > 0) return;
    this.#open = undefined;
    this.listener.entry({ ...open.entry, sha256: open.hash.digest('hex') });
  }

  #takeHeld(): Buffer {
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#wanted = BLOCK_BYTES;
    return bytes;
  }

  #break(): void {
    this.#isBroken = true;
    this.#held = [];
    this.listener.broken(this.#passed);
  }

  #atHeader(bytes: Buffer): void {
    // Two of them end an archive; what follows may be another one.
    if (bytes.every((byte) => byte === 0)) return;
    const header = readTarHeader(bytes.subarray(0, BLOCK_BYTES));
    if (header === undefined) this.#break();
    else if (/^[xgLK]$/.test(header.type)) this.#atNotes(header, bytes);
    else this.#atEntry(header, bytes);
  }

  #atNotes({ type, size }: TarHeader, bytes: Buffer): void {
    const whole = BLOCK_BYTES + size + paddingOf(size);
    if (size > MAX_NOTE_BYTES) {
      this.#break();
    } else if (bytes.length < whole) {
      this.#held = [bytes];
      this.#heldBytes = bytes.length;
      this.#wanted = whole;
    } else this.#note(type, bytes.subarray(BLOCK_BYTES, BLOCK_BYTES + size));
  }

  #note(type: string, text: Buffer): void {
    if (type === 'L') this.#noted = { ...this.#noted, name: textOf(text) };
    if (type !== 'x') return;
    const records = readPaxRecords(text);
    if (records === undefined) return;
    const name = paxPath(text, records) ?? this.#noted.name;
    const size = paxSize(text, records) ?? this.#noted.size;
    this.#noted = { name, size };
  }

  #atEntry(header: TarHeader, block: Buffer): void {
    const { name, mode } = nameAndMode(block);
    const size = header.hasContent ? (this.#noted.size ?? header.size) : 0;
    const entry = { name: this.#noted.name ?? name, type: header.type, mode, size };
    this.#noted = {};
    if (!Number.isSafeInteger(size) || size < 0) {
      this.#break();
      return;
    }
    this.#padding = paddingOf(size);
    const hash = createHash('sha256');
    if (size > 0) this.#open = { entry, hash, left: size };
    else if (/^[0-9\0]$/.test(header.type) && header.hasContent)
      this.listener.entry({ ...entry, sha256: hash.digest('hex') });
    else this.listener.entry(entry);
  }
}

const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

/** Up to its NUL. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
