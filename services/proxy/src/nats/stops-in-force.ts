import {
  followStops,
  type EventFollower,
  type FollowStopsOptions,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { isDisabling, isSessionKey, Stops } from '@drawbridge/stops';
import type { SessionOrders } from './session-orders.js';
import type { GrantEndReason, OpenGrant } from '../domain/open-grants.js';

/** Who is told what is ordered about sessions. */
export interface SessionReaders {
  readonly sessions: Pick<SessionOrders, 'take' | 'takeUnreadable'>;
}

/** Raised bridges and disabled agents, as the gateway knows them. */
export class StopsInForce {
  readonly #stops = new Stops();
  readonly #follower: EventFollower;

  constructor(
    connection: JetStreamConnection,
    { sessions, ...options }: Omit<FollowStopsOptions, 'stops'> & SessionReaders,
  ) {
    const stops: FollowStopsOptions['stops'] = {
      take: (recorded) => {
        if (isSessionKey(recorded.aggregateId)) sessions.take(recorded);
        return this.#stops.take(recorded);
      },
      takeUnreadable: (key) => {
        sessions.takeUnreadable(key);
        this.#stops.takeUnreadable(key);
      },
    };
    this.#follower = followStops(connection, { ...options, stops });
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
