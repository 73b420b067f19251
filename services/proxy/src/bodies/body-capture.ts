import { createHash, hash, type Hash } from 'node:crypto';
import type { BodyCut, BodyObject } from '@drawbridge/contracts';
import { MAX_OBJECT_BYTES } from '@drawbridge/object-store';
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
  #pieces: Buffer[] = [];
  /** Bytes of these. */
  #held = 0;
  #kept = 0;
  #bytes = 0;
  /** From when on not all of it is in memory, or will not be. */
  #hash: Hash | undefined;
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
    const { inlineBytes, maxBytes } = this.parts.limits;
    const room = this.#cut === undefined ? maxBytes - this.#kept : 0;
    const part = piece.length <= room ? piece : piece.subarray(0, room);
    if (part.length < piece.length || this.#kept + part.length > inlineBytes) this.#beginHash();
    this.#bytes += piece.length;
    this.#hash?.update(piece);
    if (part.length > 0) this.#keep(part);
    if (part.length < piece.length) this.#cut ??= 'body_limit';
    if (!this.#mustWait) return true;
    this.#waitForMemory();
    return false;
  }

  /** @param goOn - called when more can be taken, each time that {@link push} has said no */
  onDrain(goOn: () => void): void {
    this.#goOn = goOn;
  }

  relieve(): void {
    if (this.#held > 0 && this.#isLong) this.#upload(this.#take());
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
    const content = this.#take();
    const sha256 = this.#hash?.digest('hex') ?? hash('sha256', content, 'hex');
    return { bytes: this.#bytes, sha256, content, objects: [], cut: this.#cut };
  }

  get #mustWait(): boolean {
    if (!this.#isLong || this.#cut !== undefined) return false;
    return this.#uploading >= MAX_UPLOADS || this.parts.memory.isFull;
  }

  #beginHash(): void {
    if (this.#hash !== undefined) return;
    this.#hash = createHash('sha256');
    for (const piece of this.#pieces) this.#hash.update(piece);
  }

  #keep(part: Uint8Array): void {
    this.#pieces.push(Buffer.from(part));
    this.#held += part.length;
    this.#kept += part.length;
    if (this.#isLong) this.parts.memory.take(part.length);
    else if (this.#kept > this.parts.limits.inlineBytes) this.#becomeLong();
    if (this.#held >= MAX_OBJECT_BYTES) this.#storeWhole();
  }

  /** It does not fit into the record itself. */
  #becomeLong(): void {
    const { limits, memory, store } = this.parts;
    const all = this.#take();
    this.#isLong = true;
    this.#head = Buffer.from(all.subarray(0, limits.inlineBytes));
    this.#cut ??= store.trouble;
    if (this.#cut !== undefined) return;
    this.#pieces = [all];
    this.#held = all.length;
    memory.add(this);
    memory.take(all.length);
  }

  /** The pieces that are complete. */
  #storeWhole(): void {
    const bytes = this.#take();
    let at = 0;
    for (; bytes.length - at >= MAX_OBJECT_BYTES; at += MAX_OBJECT_BYTES) {
      this.#upload(bytes.subarray(at, at + MAX_OBJECT_BYTES));
    }
    if (at === bytes.length) return;
    // A copy, so that the rest of it can go.
    this.#pieces = [Buffer.from(bytes.subarray(at))];
    this.#held = bytes.length - at;
  }

  #upload(bytes: Buffer): void {
    const { store, memory } = this.parts;
    const sha256 = hash('sha256', bytes, 'hex');
    this.#uploading += 1;
    const isStored = store.put(sha256, bytes).then((stored) => {
      this.#uploading -= 1;
      if (!stored) this.#giveUp();
      memory.free(bytes.length);
      this.#wake();
      return stored;
    });
    this.#uploads.push({ object: { sha256, bytes: bytes.length }, isStored });
  }

  /** What comes behind a piece that is missing is of no use. */
  #giveUp(): void {
    this.#cut ??= 'object_store_unavailable';
    this.parts.memory.free(this.#held);
    this.#take();
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
    const sha256 = this.#hash?.digest('hex') ?? '';
    if (this.#held > 0) this.#upload(this.#take());
    const stored = await Promise.all(this.#uploads.map(({ isStored }) => isStored));
    this.parts.memory.remove(this);
    const missing = stored.indexOf(false);
    const kept = missing === -1 ? this.#uploads : this.#uploads.slice(0, missing);
    const objects = kept.map(({ object }) => object);
    const cut = missing === -1 ? this.#cut : 'object_store_unavailable';
    const content = objects.length === 0 ? this.#head : nothing;
    return { bytes: this.#bytes, sha256, content, objects, cut };
  }

  #take(): Buffer {
    const [first] = this.#pieces;
    const all = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    return all;
  }
}
