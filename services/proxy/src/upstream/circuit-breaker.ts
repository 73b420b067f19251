import type { Clock } from '@drawbridge/kernel';

/** A cluster whose calls are refused at the moment. */
export interface Suspension {
  /** Since when nothing has come of any call. */
  readonly since: Date;
  /** When the next call is let through to see whether it works again. */
  readonly until: Date;
}

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Told when it opens, and when it closes again. */
  readonly onChange?: (suspension: Suspension | undefined) => void;
  /** So many failures in a row suspend the cluster. @default 5 */
  readonly threshold?: number;
  /** First pause; it doubles up to `maxPauseMs`. @default 1_000 */
  readonly firstPauseMs?: number;
  /** @default 30_000 */
  readonly maxPauseMs?: number;
  /** How long a call that is let through to see may take before another one is. @default 12_000 */
  readonly tryMs?: number;
}

/**
 * Keeps calls from a cluster of which nothing comes back: connections that fail, certificates that are not
 * believed, answers that never begin. Whatever answers at all closes it, also with an error: that is the
 * cluster's word to its client.
 */
export class CircuitBreaker {
  readonly #options: Required<Omit<CircuitBreakerOptions, 'onChange'>> &
    Pick<CircuitBreakerOptions, 'onChange'>;
  #failures = 0;
  #pauses = 0;
  #firstFailureAtMs = 0;
  #openUntilMs: number | undefined;

  constructor(options: CircuitBreakerOptions) {
    this.#options = {
      threshold: 5,
      firstPauseMs: 1_000,
      maxPauseMs: 30_000,
      tryMs: 12_000,
      ...options,
    };
  }

  get state(): 'working' | 'suspended' | 'trying' {
    if (this.#openUntilMs === undefined) return 'working';
    return this.suspension() === undefined ? 'trying' : 'suspended';
  }

  /** Why a call may not be tried now; `undefined` when it may. */
  suspension(): Suspension | undefined {
    const untilMs = this.#openUntilMs;
    if (untilMs === undefined || this.#nowMs() >= untilMs) return undefined;
    return { since: new Date(this.#firstFailureAtMs), until: new Date(untilMs) };
  }

  /** As {@link suspension}, for a call that is about to be sent: of those that could try, one does. */
  enter(): Suspension | undefined {
    if (this.#openUntilMs === undefined) return undefined;
    const suspension = this.suspension();
    // Not given back: a call that ends without a word leaves the next try to the next one after a while.
    if (suspension === undefined) this.#openUntilMs = this.#nowMs() + this.#options.tryMs;
    return suspension;
  }

  succeeded(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#pauses = 0;
    if (this.#openUntilMs === undefined) return;
    this.#openUntilMs = undefined;
    this.#options.onChange?.(undefined);
  }

  /** @returns whether calls are refused from now on */
  failed(): boolean {
    const { threshold, firstPauseMs, maxPauseMs, onChange } = this.#options;
    const now = this.#nowMs();
    if (this.#failures === 0) this.#firstFailureAtMs = now;
    this.#failures += 1;
    if (this.#failures < threshold) return false;
    const wasOpen = this.#openUntilMs !== undefined;
    // Those that failed together count as one more pause, not as many.
    if (!wasOpen || now >= this.#pauseStartedAtMs + firstPauseMs) {
      this.#pauseStartedAtMs = now;
      this.#openUntilMs = now + Math.min(firstPauseMs * 2 ** this.#pauses, maxPauseMs);
      this.#pauses = Math.min(this.#pauses + 1, 16);
    }
    if (!wasOpen) onChange?.(this.suspension());
    return true;
  }

  #pauseStartedAtMs = -Infinity;

  #nowMs(): number {
    return this.#options.clock().getTime();
  }
}
