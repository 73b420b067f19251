import {
  principalId,
  type BridgesView,
  type Principal,
  type RaisedView,
  type StopEvent,
  type StopTarget,
  type StopView,
} from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import {
  bridgesOf,
  noStop,
  stopKeyOf,
  targetOfKey,
  type BridgesCommand,
  type Stop,
  type Stops,
} from '@drawbridge/stops';
import type { AgentHistory } from '../domain/agent-history.js';
import { TargetUnknown } from '../domain/target-unknown.js';
import { approvesThere, isThere } from '../domain/stop-target.js';
import type { ConnectionNames } from '../follow-connection-names.js';
import type { OpenGrants } from './open-grants.js';

/** What somebody says about bridges, before any rule is applied. */
export interface BridgesOrder {
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly target: StopTarget;
  readonly reason: string;
  /** Id of the incoming request. */
  readonly causationId: string;
}

/** What somebody is about to order. */
export interface CheckedOrder extends Pick<BridgesOrder, 'by' | 'target'> {
  readonly order: 'raise' | 'release';
}

/** An order to raise bridges. */
export interface RaiseOrder extends BridgesOrder {
  readonly keep: boolean;
  /** Also of what nobody has ever heard of. @default false */
  readonly evenIfUnknown?: boolean | undefined;
}

export interface BridgesOptions {
  readonly store: EventStore<StopEvent>;
  readonly stops: Pick<Stops, 'inForce'>;
  readonly grants: Pick<OpenGrants, 'goingOn' | 'list'>;
  readonly isAdmin: (human: Principal) => boolean;
  readonly connectionNames: ConnectionNames;
  readonly history: Pick<AgentHistory, 'knows'>;
  readonly clock: Clock;
}

/**
 * Raises and releases bridges. One event does it, whatever is open there: gateways end what it covers by themselves,
 * and policy grants nothing there and takes back what was granted in the same moment.
 */
export class Bridges {
  constructor(private readonly options: BridgesOptions) {}

  /**
   * Refuses what {@link raise} or {@link release} would refuse now, and records nothing.
   *
   * @returns how many open grants a raise would end
   * @throws `admins_only`, `connection_unknown`, `agent_unknown`
   */
  check({ order, by, target }: CheckedOrder): number {
    const { grants, clock } = this.options;
    const key = stopKeyOf(target);
    const inForce = this.options.stops.inForce.find((stop) => stop.key === key);
    const [isAdmin, mayRaise] = [this.options.isAdmin(by), this.#mayRaise(by, target)];
    if (order === 'raise' && mayRaise) this.#requireKnown(target);
    const said = { by, via: 'slack', reason: '', target, isAdmin } as const;
    bridgesOf(target).decide(
      order === 'raise'
        ? { type: 'RaiseBridges', ...said, keep: true, mayRaise }
        : { type: 'ReleaseBridges', ...said },
      inForce ?? noStop(key),
    );
    return grants.list(clock()).filter((story) => isThere(story, target)).length;
  }

  /** @throws `admins_only`, `connection_unknown`, `agent_unknown`, EventStoreError */
  async raise(order: RaiseOrder): Promise<RaisedView> {
    const { by, via, target, reason, keep, evenIfUnknown = false } = order;
    const { grants, clock } = this.options;
    const openGrants = grants.list(clock()).filter((story) => isThere(story, target)).length;
    const isAdmin = this.options.isAdmin(by);
    const mayRaise = this.#mayRaise(by, target);
    if (mayRaise && !evenIfUnknown) this.#requireKnown(target);
    const stop = await this.#handle(order, {
      type: 'RaiseBridges',
      by,
      via,
      target,
      reason,
      keep,
      mayRaise,
      isAdmin,
    });
    return { ...viewOf(stop, target), keep: stop.inForce !== undefined, openGrants };
  }

  /** @throws `admins_only`, EventStoreError */
  async release(order: BridgesOrder): Promise<BridgesView> {
    const { by, via, reason } = order;
    await this.#handle(order, {
      type: 'ReleaseBridges',
      by,
      via,
      reason,
      isAdmin: this.options.isAdmin(by),
    });
    // What is followed may not know it yet.
    const released = stopKeyOf(order.target);
    return { items: this.#inForce(({ key }) => key !== released) };
  }

  /** What is raised at the moment, and stays so. */
  status(): BridgesView {
    return { items: this.#inForce(() => true) };
  }

  #mayRaise(by: Principal, target: StopTarget): boolean {
    return this.options.isAdmin(by) || approvesThere(by, target, this.options.grants.goingOn);
  }

  /** Nothing is worse than bridges that were not raised because of a slip of the pen. */
  #requireKnown(target: StopTarget): void {
    const { connectionNames, grants, history } = this.options;
    const names = connectionNames();
    if (target === 'all' || grants.goingOn.some((story) => isThere(story, target))) return;
    if ('agent' in target) {
      if (history.knows(target.agent)) return;
      const { issuer, subject } = target.agent;
      const message = `no agent "${subject}" of ${issuer} has ever asked for anything; if it is meant all the same, say evenIfUnknown`;
      throw new TargetUnknown('agent_unknown', message);
    }
    const { connection } = target;
    if (names === undefined || names.has(connection)) return;
    const known = [...names].toSorted().join(', ');
    const message = `there is no connection "${connection}"; there are: ${known}`;
    throw new TargetUnknown('connection_unknown', message);
  }

  #inForce(isMeant: (stop: Stop) => boolean): StopView[] {
    return this.options.stops.inForce.filter(isMeant).flatMap((stop) => {
      const target = stop.inForce?.target ?? targetOfKey(stop.key);
      return target === undefined ? [] : [viewOf(stop, target)];
    });
  }

  async #handle({ by, target, causationId }: BridgesOrder, command: BridgesCommand): Promise<Stop> {
    const at = this.options.clock();
    const { state } = await handleCommand(this.options.store, bridgesOf(target), {
      aggregateId: stopKeyOf(target),
      command,
      metadata: {
        id: uuidV7(at),
        causationId,
        actor: { kind: 'human', id: principalId(by) },
        at: at.toISOString(),
      },
    });
    return state;
  }
}

function viewOf({ last }: Stop, target: StopTarget): StopView {
  const { by, reason = '', at } = last ?? {};
  const raisedBy = by?.email ?? by?.subject ?? 'unknown';
  return { target, reason, raisedBy, ...(at === undefined ? {} : { raisedAt: at }) };
}
