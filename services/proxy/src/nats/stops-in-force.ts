import {
  followStops,
  type EventFollower,
  type FollowStopsOptions,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { isDisabling, Stops } from '@drawbridge/stops';
import type { GrantEndReason, OpenGrant } from '../domain/open-grants.js';

/** Raised bridges and disabled agents, as the gateway knows them. */
export class StopsInForce {
  readonly #stops = new Stops();
  readonly #follower: EventFollower;

  constructor(connection: JetStreamConnection, options: Omit<FollowStopsOptions, 'stops'>) {
    this.#follower = followStops(connection, { ...options, stops: this.#stops });
  }

  /** Why a grant is stopped, if it is. */
  endOf(grant: OpenGrant): GrantEndReason | undefined {
    const stop = this.#stops.over(grant);
    if (stop === undefined) return undefined;
    return isDisabling(stop) ? 'grant_revoked' : 'bridges_raised';
  }

  isCurrent(): boolean {
    return this.#follower.isCurrent();
  }

  close(): Promise<void> {
    return this.#follower.close();
  }
}
