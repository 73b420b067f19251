import {
  authorize,
  noteLostGroups,
  OpenGrants,
  parseKubeRequest,
  type LostGroups,
  type OpenGrant,
} from '@drawbridge/proxy/core';
import type { Principal } from '@drawbridge/contracts';
import { Stops } from '@drawbridge/stops';
import { UseCounter } from '@drawbridge/uses';
import type { Process } from './bus.js';
import type { Replica, Surroundings } from './replicas.js';

export interface Call {
  readonly agent: Principal;
  /** When the token was issued that names the agent's groups. */
  readonly tokenIssuedAt: Date;
  /** The key that the connection was opened with. */
  readonly shownKey?: string | undefined;
  readonly connection: string;
  readonly method: string;
  readonly target: string;
}

const reads = new Set(['get', 'list', 'watch']);

/** One gateway: what it has heard of, and what it says to calls by it. */
export class GatewayReplica {
  readonly #grants = new OpenGrants();
  readonly #stops = new Stops();
  readonly #uses: UseCounter;
  readonly #process: Process;
  readonly #since: { readonly access: number; readonly stops: number };
  #accessSeen = 0;
  #calls = 0;

  constructor(
    private readonly world: Surroundings,
    private readonly replica: Replica,
  ) {
    const { bus } = world;
    this.#process = replica.process;
    this.#since = { access: bus.access.log.length, stops: bus.stops.log.length };
    const newId = () => `use-${bus.journal.length}-${(this.#calls += 1)}-${Math.random()}`;
    const store = bus.useStore(replica.process);
    this.#uses = new UseCounter({ store, clock: replica.clock, newId });
  }

  hearAccess(most: number): void {
    const { log } = this.world.bus.access;
    for (const recorded of log.slice(this.#accessSeen, this.#accessSeen + most)) {
      this.#accessSeen += 1;
      this.#grants.apply(recorded, this.#stopOf);
    }
  }

  hearStops(most: number): void {
    const heard = this.world.bus.stops.log.slice(this.#process.stopsSeen).slice(0, most);
    for (const recorded of heard) {
      this.#process.stopsSeen += 1;
      this.#stops.take(recorded);
      this.#grants.restop(this.#stopOf);
    }
  }

  /** Tries one call; what is allowed and counted is forwarded. */
  try({ agent, tokenIssuedAt, shownKey, connection, method, target }: Call): void {
    const { bus } = this.world;
    const isReady =
      this.#accessSeen >= this.#since.access && this.#process.stopsSeen >= this.#since.stops;
    const request = parseKubeRequest(method, target);
    if (!isReady || request.kind !== 'resource') return;
    const now = this.replica.clock();
    const grants = this.#grants.of(agent, connection);
    const { groups, subject, run } = agent;
    const client = { shownKey };
    const decision = authorize({ request, grants, connection, groups, run, client, now });
    const { verb, resource, namespace, name } = request;
    const isAllowed = decision.effect === 'allow';
    bus.journal.push({
      kind: 'call',
      ...{ nowMs: bus.nowMs, localMs: now.getTime(), subject, connection, groups },
      ...{ tokenIssuedAt: tokenIssuedAt.toISOString(), ...(shownKey && { shownKey }) },
      ...{ verb, resource, namespace, name },
      ...(isAllowed ? { grantId: decision.grant.grantId } : {}),
      ...{ accessSeen: this.#accessSeen, stopsSeen: this.#process.stopsSeen },
    });
    const commandId = `lost-${bus.journal.length}`;
    noteLostGroups(this.#lostGroups, grants.open, { agent, commandId, tokenIssuedAt });
    if (isAllowed) this.#forward(decision.grant, !reads.has(verb));
  }

  /** As the chain does: what is limited is counted before it goes to the cluster. */
  #forward(grant: OpenGrant, isChange: boolean): void {
    const { bus } = this.world;
    const { grantId, limits } = grant;
    const forwarded = () => bus.journal.push({ kind: 'forwarded', grantId, isChange });
    if (limits === undefined || (limits.maxCalls === undefined && !isChange)) {
      forwarded();
      return;
    }
    this.#calls += 1;
    const commandId = `call-${this.#process.service}-${bus.journal.length}-${this.#calls}`;
    bus.begin(this.#process, async () => {
      await this.#uses.count({ grant, commandId, limits, isChange });
      forwarded();
      await this.#uses.finish({ grant, commandId });
    });
  }

  readonly #lostGroups: LostGroups = {
    groupLost: (call, tokenIssuedAt) => {
      this.world.bus.begin(this.#process, () => this.#uses.groupLost(call, tokenIssuedAt));
    },
  };

  readonly #stopOf = (grant: OpenGrant) =>
    this.#stops.over(grant) === undefined ? undefined : ('bridges_raised' as const);
}
