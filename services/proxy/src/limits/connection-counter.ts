import { sharedNow } from './shared-clock.js';
import { usageMemory, UsageTable, type UsageMemory } from './usage-table.js';

export interface ConnectionLimitOptions {
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  /** Where all workers count together. @default memory of its own */
  readonly memory?: UsageMemory;
  /** @default 0 */
  readonly worker?: number;
}

/** Places for all addresses that can be connected at the same time, with room to spare. */
export const connectionMemory = (maxConnections: number, workers: number): UsageMemory =>
  usageMemory(Math.max(64, Math.min(65_536, maxConnections * 2)), workers);

/** Counts the connections of each address and of all, over all workers. */
export class ConnectionCounter {
  readonly #table: UsageTable;

  constructor(private readonly options: ConnectionLimitOptions) {
    const { maxConnections, memory = connectionMemory(maxConnections, 1), worker = 0 } = options;
    // Connections are not limited in time: a handshake that is not finished ends soon by itself.
    this.#table = new UsageTable(memory, worker, { perSecond: 1, burst: 1 });
  }

  /** @returns the function that counts the connection out again, or `undefined` when it is one too many */
  enter(address: string): (() => void) | undefined {
    const leaveAll = this.#count('', this.options.maxConnections);
    const leaveOne = leaveAll && this.#count(address, this.options.maxPerAddress);
    if (leaveOne === undefined) {
      leaveAll?.();
      return undefined;
    }
    return () => {
      leaveOne();
      leaveAll?.();
    };
  }

  /** Takes back all that a worker had counted, when it is gone. */
  release(worker: number): void {
    this.#table.release(worker);
  }

  #count(key: string, limit: number): (() => void) | undefined {
    for (;;) {
      const ref = this.#table.find(key, sharedNow());
      if (ref === undefined) return undefined;
      const entered = this.#table.enter(ref, 0, limit);
      if (entered === 'full') return undefined;
      if (entered === 'entered') return () => this.#table.leave(ref, 0);
    }
  }
}
