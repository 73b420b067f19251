import { createHash } from 'node:crypto';

/** What is counted of everybody. */
export const COUNTERS = 2;
/** How many slots are looked at for one key: all that a full table ever costs. */
const WINDOW = 32;
/** One token of the rate, in the fixed point in which it is kept. */
const TOKEN = 256;
/** Longer than anybody who is alive keeps the lock. */
const LOCK_MS = 100;
/** How far ahead tokens are given away at most. */
const MAX_WAIT_MS = 2_000;

const LOCK = 0;
const HEADER = 16;
const [FREE, MOVING, USED] = [0, 1, 2];
const [STATE, GENERATION, KEY, RATE, SEEN, TOTALS] = [0, 1, 2, 6, 7, 8];
const OWN = TOTALS + COUNTERS;

/** The memory of a table: it can be given to worker threads. */
export interface UsageMemory {
  readonly cells: SharedArrayBuffer;
  readonly slots: number;
  readonly workers: number;
}

/** Whose usage it is. Valid until it has been idle for long enough to be forgotten. */
export interface UsageRef {
  readonly slot: number;
  readonly generation: number;
}

export interface RateOptions {
  readonly perSecond: number;
  readonly burst: number;
}

export function usageMemory(slots: number, workers: number): UsageMemory {
  const cells = new SharedArrayBuffer((HEADER + slots * slotSize(workers)) * 4);
  return { cells, slots, workers };
}

const slotSize = (workers: number) => OWN + COUNTERS * workers;

/**
 * Counts what everybody uses, exactly, over all worker threads: calls at the same time, and calls in time.
 * Bounded: who is idle makes room for others, and when nobody is, nobody new is let in. What a thread counted
 * can be taken back when the thread died.
 *
 * No lock is on the way of a call. One is taken to add a key, so that none is there twice; a counter that is
 * above zero holds its slot, and whoever raises one looks again whether the slot was given away meanwhile.
 */
export class UsageTable {
  readonly #cells: Int32Array;
  readonly #size: number;
  /** In fixed point: what may be given away ahead of time. */
  readonly #farthest: number;

  /** @param worker - index of the thread that counts here, from 0 */
  constructor(
    private readonly memory: UsageMemory,
    private readonly worker: number,
    private readonly rate: RateOptions,
  ) {
    this.#cells = new Int32Array(memory.cells);
    this.#size = slotSize(memory.workers);
    this.#farthest = (rate.burst + (1 + MAX_WAIT_MS / 1_000) * rate.perSecond) * TOKEN;
  }

  /**
   * Finds the usage of a key, or begins to count it.
   *
   * @returns `undefined` when there is no room
   */
  find(key: string, nowMs: number): UsageRef | undefined {
    const hash = hashOf(key);
    const found = this.#lookup(hash);
    if (found !== undefined) return found;
    if (!this.#lock()) return undefined;
    try {
      return this.#lookup(hash) ?? this.#claim(hash, nowMs);
    } finally {
      Atomics.store(this.#cells, LOCK, 0);
      Atomics.notify(this.#cells, LOCK, 1);
    }
  }

  /**
   * Raises a counter unless it has reached its limit.
   *
   * @returns `gone` when the reference is no longer valid: find it again
   */
  enter(ref: UsageRef, counter: number, limit: number): 'entered' | 'full' | 'gone' {
    const total = this.#at(ref.slot) + TOTALS + counter;
    const own = this.#own(ref.slot, this.worker) + counter;
    const before = Atomics.add(this.#cells, total, 1);
    if (this.#isValid(ref) && before < limit) {
      Atomics.add(this.#cells, own, 1);
      return 'entered';
    }
    Atomics.sub(this.#cells, total, 1);
    return this.#isValid(ref) ? 'full' : 'gone';
  }

  /** Lowers a counter that `enter` raised. */
  leave(ref: UsageRef, counter: number): void {
    Atomics.sub(this.#cells, this.#own(ref.slot, this.worker) + counter, 1);
    Atomics.sub(this.#cells, this.#at(ref.slot) + TOTALS + counter, 1);
  }

  /**
   * Takes one token of the rate, also one that comes within `maxWaitMs`. Only between `enter` and `leave`.
   *
   * @returns milliseconds until the token is there, 0 at once; `undefined` when it would take longer
   */
  take(ref: UsageRef, nowMs: number, maxWaitMs = 0): number | undefined {
    const at = this.#at(ref.slot);
    const now = this.#units(nowMs);
    const full = this.rate.burst * TOKEN;
    for (;;) {
      const end = Atomics.load(this.#cells, at + RATE);
      const taken = this.#ahead(ref.slot, end, nowMs) + TOKEN;
      const waitMs = Math.max(0, ((taken - full) * 1_000) / (this.rate.perSecond * TOKEN));
      if (waitMs > Math.min(maxWaitMs, MAX_WAIT_MS)) return undefined;
      const next = (now + taken) | 0;
      if (Atomics.compareExchange(this.#cells, at + RATE, end, next) !== end) continue;
      // Behind the exchange: between the two another thread may give a token away too cheaply, never too dearly.
      this.#see(at, nowMs);
      return waitMs;
    }
  }

  count(ref: UsageRef, counter: number): number {
    return Atomics.load(this.#cells, this.#at(ref.slot) + TOTALS + counter);
  }

  /** Takes back all that a thread has counted, when it is gone. */
  release(worker: number): void {
    const locked = Atomics.load(this.#cells, LOCK) === worker + 1;
    for (let slot = 0; slot < this.memory.slots; slot += 1) {
      // Claimed by a thread that did not live to fill it.
      if (locked) Atomics.compareExchange(this.#cells, this.#at(slot) + STATE, MOVING, FREE);
      for (let counter = 0; counter < COUNTERS; counter += 1) {
        const owned = Atomics.exchange(this.#cells, this.#own(slot, worker) + counter, 0);
        if (owned !== 0) Atomics.sub(this.#cells, this.#at(slot) + TOTALS + counter, owned);
      }
    }
    if (locked) Atomics.store(this.#cells, LOCK, 0);
  }

  /**
   * How far the instant at which all tokens are back lies ahead. Instants wrap around: of somebody who has not been
   * here for as long as that can be, it lies in the past, whatever it looks like. So it does when it is further ahead
   * than a burst, what was given away ahead, and a second in which the clocks of threads may differ.
   */
  #ahead(slot: number, end: number, nowMs: number): number {
    const ahead = (end - this.#units(nowMs)) | 0;
    if (ahead <= 0 || ahead > this.#farthest) return 0;
    const seen = Atomics.load(this.#cells, this.#at(slot) + SEEN);
    const awaySeconds = (secondOf(nowMs) - seen) | 0;
    return awaySeconds > this.#farthest / (this.rate.perSecond * TOKEN) + 1 ? 0 : ahead;
  }

  #see(at: number, nowMs: number): void {
    const second = secondOf(nowMs);
    if (Atomics.load(this.#cells, at + SEEN) !== second) {
      Atomics.store(this.#cells, at + SEEN, second);
    }
  }

  #at(slot: number): number {
    return HEADER + slot * this.#size;
  }

  #own(slot: number, worker: number): number {
    return this.#at(slot) + OWN + worker * COUNTERS;
  }

  #isValid({ slot, generation }: UsageRef): boolean {
    const at = this.#at(slot);
    return (
      Atomics.load(this.#cells, at + STATE) === USED &&
      Atomics.load(this.#cells, at + GENERATION) === generation
    );
  }

  #slotOf(hash: Int32Array, step: number): number {
    return (((hash[0] ?? 0) + step) % this.memory.slots) >>> 0;
  }

  #lookup(hash: Int32Array): UsageRef | undefined {
    const window = Math.min(WINDOW, this.memory.slots);
    for (let step = 0; step < window; step += 1) {
      const slot = this.#slotOf(hash, step);
      const at = this.#at(slot);
      const generation = Atomics.load(this.#cells, at + GENERATION);
      const same = hash.every((part, index) => this.#cells[at + KEY + index] === part);
      if (same && this.#isValid({ slot, generation })) return { slot, generation };
    }
    return undefined;
  }

  /** With the lock: takes a free slot, or that of somebody who has not been here for a while. */
  #claim(hash: Int32Array, nowMs: number): UsageRef | undefined {
    const window = Math.min(WINDOW, this.memory.slots);
    for (let step = 0; step < window; step += 1) {
      const slot = this.#slotOf(hash, step);
      if (!this.#vacate(slot, nowMs)) continue;
      const at = this.#at(slot);
      const generation = Atomics.add(this.#cells, at + GENERATION, 1) + 1;
      this.#cells.set(hash, at + KEY);
      Atomics.store(this.#cells, at + RATE, this.#units(nowMs) | 0);
      this.#see(at, nowMs);
      Atomics.store(this.#cells, at + STATE, USED);
      return { slot, generation };
    }
    return undefined;
  }

  #vacate(slot: number, nowMs: number): boolean {
    const at = this.#at(slot);
    if (Atomics.load(this.#cells, at + STATE) === FREE) {
      Atomics.store(this.#cells, at + STATE, MOVING);
      return true;
    }
    if (this.#ahead(slot, Atomics.load(this.#cells, at + RATE), nowMs) > 0) return false;
    Atomics.store(this.#cells, at + STATE, MOVING);
    for (let counter = 0; counter < COUNTERS; counter += 1) {
      if (Atomics.load(this.#cells, at + TOTALS + counter) === 0) continue;
      Atomics.store(this.#cells, at + STATE, USED);
      return false;
    }
    return true;
  }

  #lock(): boolean {
    const deadline = performance.now() + LOCK_MS;
    for (;;) {
      const holder = Atomics.compareExchange(this.#cells, LOCK, 0, this.worker + 1);
      if (holder === 0) return true;
      if (performance.now() > deadline) return false;
      Atomics.wait(this.#cells, LOCK, holder, 1);
    }
  }

  #units(nowMs: number): number {
    return (Math.floor((nowMs * this.rate.perSecond * TOKEN) / 1_000) % 2 ** 32) >>> 0;
  }
}

const secondOf = (ms: number): number => Math.floor(ms / 1_000) | 0;

function hashOf(key: string): Int32Array {
  const digest = createHash('sha256').update(key).digest();
  const parts = [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset));
  // The first part is also the place in the table, which is never negative.
  return Int32Array.from(parts, (part, index) => (index === 0 ? part & 0x7fffffff : part));
}
