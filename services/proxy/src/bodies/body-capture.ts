import { createHash, hash, type Hash } from 'node:crypto';
import type { BodyCut, BodyObject } from '@drawbridge/contracts';
import { MAX_OBJECT_BYTES } from '@drawbridge/object-store';
import { bodyBlocks } from './body-blocks.js';
import type { BodyHolder, BodyMemory } from './body-memory.js';
import type { BodyLimits } from './body-plan.js';
import type { BodyStore } from './body-store.js';
import type { RecordedBody } from './recorded-body.js';

/** Pieces of one body that are on their way to the store at a time. */
const MAX_UPLOADS = 2;
const nothing = Buffer.alloc(0);

export interface CaptureParts {
  readonly limits: BodyLimits;
  readonly store: Pick<BodyStore, 'put' | 'trouble'>;
  readonly memory: Pick<BodyMemory, 'add' | 'remove' | 'take' | 'free' | 'isFull' | 'whenFree'>;
}

interface Upload {
  readonly object: BodyObject;
  readonly isStored: Promise<boolean>;
}

/**
 * Keeps one body while it passes. A short one is held until it is over; a longer one goes to the object store in
 * pieces of a mebibyte, at most three of which are in memory. Its hash is that of all bytes, also of those that are not
 * kept.
 */
export class BodyCapture implements BodyHolder {
  /** Of a short one. */
  #pieces: Buffer[] = [];
  /** Of a long one: the piece that is not complete yet, and how much of it there is. */
  #block: Buffer | undefined;
  #held = 0;
  #kept = 0;
  #bytes = 0;
  /** From when on not all of it is in memory, or will not be. */
  #hash: Hash | undefined;
  /** Bytes of which that is. */
  #hashed = 0;
  #isLong = false;
  /** Of a long one: what is kept when nothing can be stored. */
  #head: Buffer = nothing;
  #cut: BodyCut | undefined;
  readonly #uploads: Upload[] = [];
  #uploading = 0;
  #goOn: (() => void) | undefined;

  constructor(private readonly parts: CaptureParts) {}

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the next bytes, and copies what it keeps of them.
   *
   * @returns false when it must be given no more until `onDrain` is called
   */
  push(piece: Uint8Array): boolean {
    const room = this.#cut === undefined ? this.parts.limits.maxBytes - this.#kept : 0;
    const part = piece.length <= room ? piece : piece.subarray(0, room);
    this.#bytes += piece.length;
    if (part.length > 0) this.#keep(part);
    if (part.length < piece.length) {
      this.#beginHash().update(piece.subarray(part.length));
      this.#hashed += piece.length - part.length;
      this.#cut ??= 'body_limit';
    }
    if (!this.#mustWait) return true;
    this.#waitForMemory();
    return false;
  }

  /** @param goOn - called when more can be taken, each time that {@link push} has said no */
  onDrain(goOn: () => void): void {
    this.#goOn = goOn;
  }

  relieve(): void {
    if (this.#held > 0) this.#upload();
  }

  /**
   * The body is over. Without a promise when it is short.
   *
   * @param cut - why it is over, when there was more to come
   */
  finish(cut?: BodyCut): RecordedBody | Promise<RecordedBody> {
    this.#goOn = undefined;
    this.#cut ??= cut;
    if (this.#isLong) return this.#finishLong();
    const content = joined(this.#pieces);
    const sha256 = this.#hash?.digest('hex') ?? hash('sha256', content, 'hex');
    return { bytes: this.#bytes, sha256, content, objects: [], cut: this.#cut };
  }

  get #mustWait(): boolean {
    if (!this.#isLong || this.#cut !== undefined) return false;
    return this.#uploading >= MAX_UPLOADS || this.parts.memory.isFull;
  }

  #beginHash(): Hash {
    if (this.#hash !== undefined) return this.#hash;
    this.#hash = createHash('sha256');
    for (const piece of this.#pieces) this.#hash.update(piece);
    this.#hashed = this.#kept;
    return this.#hash;
  }

  #keep(part: Uint8Array): void {
    if (!this.#isLong && this.#kept + part.length <= this.parts.limits.inlineBytes) {
      this.#pieces.push(Buffer.from(part));
      this.#kept += part.length;
      return;
    }
    if (!this.#isLong) this.#becomeLong(part);
    this.#kept += part.length;
    this.#fill(part);
  }

  /** It does not fit into the record itself. */
  #becomeLong(part: Uint8Array): void {
    const { limits, memory, store } = this.parts;
    this.#beginHash();
    const before = joined(this.#pieces);
    this.#pieces = [];
    this.#isLong = true;
    this.#head = joined([before, part.subarray(0, limits.inlineBytes - before.length)]);
    this.#cut ??= store.trouble;
    if (this.#cut !== undefined) return;
    memory.add(this);
    if (before.length > 0) this.#gather(before);
  }

  /** Up to the end of each piece, so that the hash of the first is a stage of the hash of all. */
  #fill(part: Uint8Array): void {
    for (let from = 0; from < part.length;) {
      const some = part.subarray(from, from + MAX_OBJECT_BYTES - this.#held);
      this.#hash?.update(some);
      this.#hashed += some.length;
      if (this.#cut === undefined) this.#gather(some);
      from += some.length;
    }
  }

  #gather(some: Uint8Array): void {
    const filled = this.#held + some.length;
    let block = this.#block;
    const before = block?.length ?? 0;
    if (block === undefined || block.length < filled) {
      // What is behind a whole piece is likely to be another one.
      const isBehindWhole = this.#uploads.at(-1)?.object.bytes === MAX_OBJECT_BYTES;
      const larger = bodyBlocks.take(isBehindWhole ? MAX_OBJECT_BYTES : filled);
      if (block !== undefined) {
        block.copy(larger, 0, 0, this.#held);
        bodyBlocks.giveBack(block);
      }
      this.#block = block = larger;
    }
    block.set(some, this.#held);
    this.#held = filled;
    // What it takes up, however little is in it yet.
    this.parts.memory.take(block.length - before);
    if (this.#held === MAX_OBJECT_BYTES) this.#upload();
  }

  #upload(): void {
    const { store, memory } = this.parts;
    const block = this.#block ?? nothing;
    const bytes = block.subarray(0, this.#held);
    this.#drop();
    const ofAll = this.#hashed === bytes.length ? this.#hash?.copy() : undefined;
    const sha256 = ofAll?.digest('hex') ?? hash('sha256', bytes, 'hex');
    this.#uploading += 1;
    const isStored = store.put(sha256, bytes).then((stored) => {
      this.#uploading -= 1;
      // What failed may still be under way.
      if (stored) bodyBlocks.giveBack(block);
      else this.#giveUp();
      memory.free(block.length);
      this.#wake();
      return stored;
    });
    this.#uploads.push({ object: { sha256, bytes: bytes.length }, isStored });
  }

  /** What comes behind a piece that is missing is of no use. */
  #giveUp(): void {
    this.#cut ??= 'object_store_unavailable';
    this.parts.memory.free(this.#block?.length ?? 0);
    this.#drop();
  }

  /** May be called more often than somebody waits. */
  #wake(): void {
    if (!this.#mustWait) this.#goOn?.();
    else this.#waitForMemory();
  }

  /** Whoever waits for pieces under way only is told when they are stored. */
  #waitForMemory(): void {
    if (this.#uploading < MAX_UPLOADS) this.parts.memory.whenFree(() => this.#wake());
  }

  async #finishLong(): Promise<RecordedBody> {
    if (this.#held > 0) this.#upload();
    const sha256 = this.#hash?.digest('hex') ?? '';
    const stored = await Promise.all(this.#uploads.map(({ isStored }) => isStored));
    this.parts.memory.remove(this);
    const missing = stored.indexOf(false);
    const kept = missing === -1 ? this.#uploads : this.#uploads.slice(0, missing);
    const objects = kept.map(({ object }) => object);
    const cut = missing === -1 ? this.#cut : 'object_store_unavailable';
    const content = objects.length === 0 ? this.#head : nothing;
    return { bytes: this.#bytes, sha256, content, objects, cut };
  }

  #drop(): void {
    this.#block = undefined;
    this.#held = 0;
  }
}

function joined(pieces: readonly Uint8Array[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && Buffer.isBuffer(first) ? first : Buffer.concat(pieces);
}
