import type { LoggerService } from '@nestjs/common';
import {
  followStops,
  accessEventStore,
  stopEventStore,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Principal } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { followConnectionNames } from '../follow-connection-names.js';
import type { Closers } from '@drawbridge/runtime';
import { Stops } from '@drawbridge/stops';
import type { AgentHistory } from '../domain/agent-history.js';
import { askRunningSession } from './ask-running-session.js';
import { Bridges } from './bridges.js';
import { ExtensionOffers } from './extension-offers.js';
import { SessionOrders } from './session-orders.js';
import { Revocations } from './revocations.js';
import type { OpenGrants } from './open-grants.js';

export interface BridgeParts {
  readonly bridges: Bridges;
  readonly sessions: SessionOrders;
  readonly revocations: Revocations;
  readonly offers: ExtensionOffers;
  readonly stopFollower: EventFollower;
}

export interface BridgeSurroundings {
  readonly grants: OpenGrants;
  readonly history: AgentHistory;
  readonly isAdmin: (human: Principal) => boolean;
  /** Of the configuration, to know which connections there are. */
  readonly directory: string | undefined;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Follows what is raised, and takes orders about it. */
export async function startBridges(
  connection: JetStreamConnection,
  { grants, history, isAdmin, directory, clock, logger }: BridgeSurroundings,
  closers: Closers,
): Promise<BridgeParts> {
  const stops = new Stops();
  const stopFollower = followStops(connection, { stops, logger });
  closers.add(() => stopFollower.close());
  const store = stopEventStore(connection, 'approval');
  const connectionNames = await followConnectionNames(directory, logger, closers);
  const bridges = new Bridges({
    ...{ store, stops, grants, history, isAdmin, connectionNames, clock },
  });
  const requests = accessEventStore(connection, 'approval');
  return {
    bridges,
    sessions: new SessionOrders({
      ...{ store, grants, isAdmin, connectionNames, clock },
      running: askRunningSession(connection),
    }),
    stopFollower,
    revocations: new Revocations({ store: requests, isAdmin, clock }),
    offers: new ExtensionOffers({ store: requests, isAdmin, clock }),
  };
}
