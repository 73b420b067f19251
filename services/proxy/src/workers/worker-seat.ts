import type { UsageMemory } from '../limits/usage-table.js';

/** What one worker of several is given. */
export interface WorkerSeat {
  /** From 0; a worker that takes the place of a dead one has the same. */
  readonly index: number;
  /** The port that the others listen on; `undefined` for the first. */
  readonly port: number | undefined;
  readonly agents: UsageMemory;
  readonly addresses: UsageMemory;
  readonly ticketKeys: Buffer;
}
