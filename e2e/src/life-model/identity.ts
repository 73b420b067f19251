import { AccessRequests, AccessViews } from '@drawbridge/identity/core';
import type { Principal } from '@drawbridge/contracts';
import type { Replica, Surroundings } from './replicas.js';

/** Whose list nobody keeps: what is open is known by the views alone. */
const nobodysLists = {
  read: () => Promise.resolve({ value: undefined, revision: 0 }),
  write: () => Promise.resolve(true),
};

/** One process of identity: what it has heard of, and what ends with a run of an agent. */
export class IdentityReplica {
  readonly #views = new AccessViews();
  readonly #requests: AccessRequests;
  #accessSeen = 0;

  constructor(
    private readonly world: Surroundings,
    { process, clock }: Replica,
  ) {
    this.#requests = new AccessRequests({
      ...{ store: world.bus.accessStore(process), views: this.#views, clock },
      ...{ openRequests: nobodysLists, readerGroups: [], maxOpenRequests: Infinity },
    });
  }

  hearAccess(most: number): void {
    const { log } = this.world.bus.access;
    for (const recorded of log.slice(this.#accessSeen, this.#accessSeen + most)) {
      this.#accessSeen += 1;
      this.#views.fold(recorded);
    }
  }

  /** Ends all that it has heard of. */
  async endRun(caller: Principal, runId: string): Promise<void> {
    const { bus } = this.world;
    const { nowMs } = bus;
    const accessSeen = this.#accessSeen;
    await this.#requests.endRun(runId, { caller, causationId: 'over' });
    bus.journal.push({ kind: 'runEnded', nowMs, subject: caller.subject, runId, accessSeen });
  }
}
