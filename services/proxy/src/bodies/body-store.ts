import type { LoggerService } from '@nestjs/common';
import type { ObjectStore } from '@drawbridge/object-store';

/** As long as a call may wait for one piece of its body to be stored. */
const PUT_MS = 10_000;
/** So long a store that failed is left alone: meanwhile nobody waits for it. */
const REST_MS = 5_000;

export interface BodyStoreParts {
  /** `undefined`: none is configured. */
  readonly store: Pick<ObjectStore, 'put'> | undefined;
  readonly logger: Pick<LoggerService, 'warn'>;
  readonly putMs?: number;
  readonly now?: () => number;
}

/** Where the pieces of long bodies go. It may be away: then bodies are cut, and calls go on. */
export class BodyStore {
  readonly #putMs: number;
  readonly #now: () => number;
  #restsUntil = -Infinity;
  #failures = 0;

  constructor(private readonly parts: BodyStoreParts) {
    this.#putMs = parts.putMs ?? PUT_MS;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** Pieces that could not be stored. */
  get failures(): number {
    return this.#failures;
  }

  /** Why nothing can be put now; `undefined`: it may be tried. */
  get trouble(): 'object_store_missing' | 'object_store_unavailable' | undefined {
    if (this.parts.store === undefined) return 'object_store_missing';
    return this.#now() < this.#restsUntil ? 'object_store_unavailable' : undefined;
  }

  /** @returns whether it is durable, after ten seconds at the latest */
  async put(sha256: string, bytes: Uint8Array): Promise<boolean> {
    const { store } = this.parts;
    if (store === undefined || this.trouble !== undefined) return false;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('it took too long')), this.#putMs);
    try {
      await Promise.race([store.put(sha256, bytes), late.promise]);
      return true;
    } catch (err) {
      this.#failures += 1;
      this.#restsUntil = this.#now() + REST_MS;
      this.parts.logger.warn({ msg: 'a piece of a body could not be stored', err });
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
