import type { ObjectStore } from './object-store.js';

const MAX_KNOWN = 10_000;
/** Then it is put once more, so that it is kept for as long again. */
const FORGET_MS = 43_200_000;

/** A store that is not sent what was put there lately: the same answer comes many times. */
export class KnownObjects implements ObjectStore {
  /** Oldest first. */
  readonly #known = new Map<string, number>();

  constructor(
    private readonly inner: ObjectStore,
    private readonly now: () => number = Date.now,
  ) {}

  async put(sha256: string, bytes: Uint8Array): Promise<void> {
    const putAt = this.#known.get(sha256);
    const now = this.now();
    if (putAt !== undefined && now - putAt < FORGET_MS) return;
    await this.inner.put(sha256, bytes);
    this.#known.delete(sha256);
    this.#known.set(sha256, now);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  get(sha256: string): Promise<Buffer> {
    return this.inner.get(sha256);
  }

  sweep(before: Date): Promise<number> {
    this.#known.clear();
    return this.inner.sweep(before);
  }

  close(): void {
    this.inner.close();
  }
}
