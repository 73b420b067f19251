import {
  followStops,
  type EventFollower,
  type FollowStopsOptions,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { AccessEvent } from '@drawbridge/contracts';
import { AppError, type RecordedEvent } from '@drawbridge/kernel';
import { Stops, type StopsNow } from '@drawbridge/stops';
import { stopOver } from '../domain/stopped.js';

/** `stops_unknown`: what is stopped cannot be told at the moment, so nothing is granted. */
export class StopsUnknown extends AppError<'stops_unknown'> {}

/** Raised bridges and disabled agents, as policy knows them. */
export class StopsInForce {
  readonly #stops = new Stops();
  readonly #follower: EventFollower;

  constructor(connection: JetStreamConnection, options: Omit<FollowStopsOptions, 'stops'>) {
    this.#follower = followStops(connection, { ...options, stops: this.#stops });
  }

  /** @throws {@link StopsUnknown} */
  now(): StopsNow {
    if (this.isCurrent()) return this.#stops;
    throw new StopsUnknown('stops_unknown', 'what is stopped is not known at the moment');
  }

  /** Whether this is a grant that should not have been issued. */
  isOver({ event, at: issuedAt }: RecordedEvent<AccessEvent>): boolean {
    if (event.type !== 'GrantIssued') return false;
    const { grantee: agent, terms } = event.data;
    const { connection } = terms;
    return stopOver(this.#stops, { agent, connection, issuedAt }) !== undefined;
  }

  get caughtUp(): Promise<void> {
    return this.#follower.caughtUp;
  }

  isCurrent(): boolean {
    return this.#follower.isCurrent();
  }

  close(): Promise<void> {
    return this.#follower.close();
  }
}
