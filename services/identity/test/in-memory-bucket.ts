import type { GuardedBucket } from '@drawbridge/jetstream';

/** Compare-and-set in memory, one revision for each write. */
export class InMemoryBucket implements GuardedBucket {
  readonly #values = new Map<string, { readonly value: unknown; readonly revision: number }>();

  read(key: string): Promise<{ readonly value: unknown; readonly revision: number }> {
    return Promise.resolve(this.#values.get(key) ?? { value: undefined, revision: 0 });
  }

  write(key: string, value: unknown, revision: number): Promise<boolean> {
    if ((this.#values.get(key)?.revision ?? 0) !== revision) return Promise.resolve(false);
    this.#values.set(key, { value, revision: revision + 1 });
    return Promise.resolve(true);
  }
}
