import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Stored {
  readonly payload: AdapterPayload;
  readonly until: number;
}

/**
 * Where the demo's identity provider keeps sessions and codes: in memory, for as long as the process lives.
 * One store serves every provider instance, so that logins under way survive a key rotation.
 */
export function memoryAdapter(): AdapterFactory {
  const stores = new Map<string, MemoryAdapter>();
  return (model) => {
    const store = stores.get(model) ?? new MemoryAdapter();
    stores.set(model, store);
    return store;
  };
}

class MemoryAdapter implements Adapter {
  readonly #stored = new Map<string, Stored>();

  upsert(id: string, payload: AdapterPayload, expiresIn = Infinity): Promise<void> {
    this.#sweep();
    this.#stored.set(id, { payload, until: Date.now() + expiresIn * 1000 });
    return Promise.resolve();
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    const stored = this.#stored.get(id);
    const live = stored !== undefined && stored.until > Date.now();
    return Promise.resolve(live ? stored.payload : undefined);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.userCode === userCode);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.uid === uid);
  }

  consume(id: string): Promise<void> {
    const stored = this.#stored.get(id);
    if (stored !== undefined) stored.payload.consumed = Math.floor(Date.now() / 1000);
    return Promise.resolve();
  }

  destroy(id: string): Promise<void> {
    this.#stored.delete(id);
    return Promise.resolve();
  }

  revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, { payload }] of this.#stored) {
      if (payload.grantId === grantId) this.#stored.delete(id);
    }
    return Promise.resolve();
  }

  #findWhere(matches: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> {
    this.#sweep();
    const found = [...this.#stored.values()].find(({ payload }) => matches(payload));
    return Promise.resolve(found?.payload);
  }

  #sweep(): void {
    for (const [id, { until }] of this.#stored) {
      if (until <= Date.now()) this.#stored.delete(id);
    }
  }
}
