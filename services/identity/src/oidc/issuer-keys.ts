import type { Clock } from '@drawbridge/kernel';
import type { IssuerDocument, TrustedIssuer } from '@drawbridge/contracts';
import { IssuerUnusable } from './issuer-unusable.js';
import type { UsableKeys } from './usable-keys.js';

const FIRST_RETRY_SECONDS = 2;
const MAX_RETRY_SECONDS = 60;

export interface IssuerKeysOptions {
  /** Keys to begin with: the last good ones known. */
  readonly keys: TrustedIssuer['keys'];
  readonly fetchKeys: (spec: IssuerDocument['spec']) => Promise<UsableKeys>;
  /** Called after each refresh, also when nothing has changed. */
  readonly onRefreshed: (issuer: IssuerKeys) => void;
  readonly clock: Clock;
}

/**
 * The signing keys of one issuer, read again every `jwksRefreshSeconds` and whenever asked. While the issuer
 * cannot be read its last good keys stay, and it is tried again after 2 to 60 seconds.
 */
export class IssuerKeys {
  #keys: TrustedIssuer['keys'];
  #refreshing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #problem: IssuerUnusable | undefined;
  #refreshedAt: Date | undefined;
  #ignored = 0;
  #closed = false;

  constructor(
    readonly document: IssuerDocument,
    private readonly options: IssuerKeysOptions,
  ) {
    this.#keys = options.keys;
  }

  get keys(): TrustedIssuer['keys'] {
    return this.#keys;
  }

  /** Why the newest refresh failed; absent when it succeeded or none has ended. */
  get problem(): IssuerUnusable | undefined {
    return this.#problem;
  }

  /** When the keys were last read successfully. */
  get refreshedAt(): Date | undefined {
    return this.#refreshedAt;
  }

  /** Published keys that cannot be used. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Reads the keys; callers at the same time share one attempt. Never rejects. */
  refresh(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const result = await this.#attempt();
    if (this.#closed) return;
    if (result instanceof IssuerUnusable) {
      this.#problem = result;
      this.#failures += 1;
    } else {
      this.#problem = undefined;
      this.#failures = 0;
      this.#keys = result.keys;
      this.#ignored = result.ignored;
      this.#refreshedAt = this.options.clock();
    }
    this.#timer = setTimeout(() => void this.refresh(), this.#nextSeconds() * 1000);
    this.options.onRefreshed(this);
  }

  async #attempt(): Promise<UsableKeys | IssuerUnusable> {
    try {
      return await this.options.fetchKeys(this.document.spec);
    } catch (error) {
      if (error instanceof IssuerUnusable) return error;
      const message = 'the keys could not be read';
      return new IssuerUnusable('issuer_unreachable', message, { cause: error });
    }
  }

  #nextSeconds(): number {
    const { jwksRefreshSeconds } = this.document.spec;
    if (this.#failures === 0) return jwksRefreshSeconds;
    const retry = Math.min(FIRST_RETRY_SECONDS * 2 ** (this.#failures - 1), MAX_RETRY_SECONDS);
    return Math.min(retry, jwksRefreshSeconds);
  }
}
