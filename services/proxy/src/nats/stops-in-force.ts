import type { LoggerService } from '@nestjs/common';
import {
  followStopEvents,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { isDisabling, Stops } from '@drawbridge/stops';
import type { GrantEndReason, OpenGrant } from '../domain/open-grants.js';

export interface StopsInForceOptions {
  readonly logger: LoggerService;
  /** Called after every stop: what is open may be covered now. */
  readonly onStop: () => void;
}

/** Raised bridges and disabled agents, as the gateway knows them. */
export class StopsInForce {
  readonly #stops = new Stops();
  readonly #follower: EventFollower;

  constructor(connection: JetStreamConnection, { logger, onStop }: StopsInForceOptions) {
    this.#follower = followStopEvents(connection, {
      onEvent: (recorded) => {
        this.#stops.take(recorded);
        onStop();
      },
      // It could have been a stop: what cannot be read stops.
      onUnreadable: ({ aggregateId, sequence, error }) => {
        logger.error({ msg: 'unreadable stop', key: aggregateId, sequence, err: error });
        this.#stops.takeUnreadable(aggregateId);
        onStop();
      },
    });
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
