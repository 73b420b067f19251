import type { LoggerService } from '@nestjs/common';
import type { AccessEvent, TrustBundle } from '@drawbridge/contracts';
import { disabledBy, HeldCalls, HoldDesk, HOLDS_MATTER_MS } from '@drawbridge/holds';
import {
  accessEventStore,
  followHoldEvents,
  holdEventStore,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock, EventStore } from '@drawbridge/kernel';
import { uuidV7, type Closers } from '@drawbridge/runtime';
import type { ProxyConfig } from '../config.js';
import type { LiveCalls } from '../streams/live-calls.js';
import { CallHistory } from './call-history.js';
import { WaitingRoom } from './waiting-room.js';

const SECOND_MS = 1_000;

/** Everything that held calls need of one worker. */
export interface Holds {
  readonly desk: HoldDesk;
  readonly room: WaitingRoom;
  readonly history: CallHistory;
  /** Access requests, for who may decide. */
  readonly requests: Pick<EventStore<AccessEvent>, 'load'>;
  /** How long a connection is kept open for a decision. */
  readonly waitMs: number;
}

export interface HoldsBase {
  readonly config: ProxyConfig;
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly live: LiveCalls;
  /** Whom the gateway believes at the moment. */
  readonly trust: () => TrustBundle | undefined;
}

/** Opens the desk at which calls are held, and follows what humans decide. */
export function openHolds(base: HoldsBase, closers: Closers): Holds {
  const { config, connection, clock, logger, live, trust } = base;
  const held = new HeldCalls();
  const follower = followHoldEvents(connection, {
    since: new Date(clock().getTime() - HOLDS_MATTER_MS),
    onEvent: (recorded) => held.apply(recorded),
    onUnreadable: ({ aggregateId, sequence, error }) => {
      logger.error({ msg: 'unreadable hold event', aggregateId, sequence, err: error });
      held.forget(aggregateId);
    },
  });
  closers.add(() => follower.close());
  const desk = new HoldDesk({
    store: holdEventStore(connection, 'proxy'),
    held,
    clock,
    newId: uuidV7,
    disabled: () => disabledBy(trust()),
    limits: {
      openPerAgent: config.HOLD_OPEN_PER_AGENT,
      perAgentAndHour: config.HOLD_PER_AGENT_AND_HOUR,
      decideSeconds: config.HOLD_DECIDE_SECONDS,
      approvalSeconds: config.HOLD_APPROVAL_SECONDS,
    },
  });
  const room = new WaitingRoom({ desk, held, live, logger });
  closers.add(() => room.close());
  const requests = accessEventStore(connection, 'proxy');
  const waitMs = config.HOLD_WAIT_SECONDS * SECOND_MS;
  return { desk, room, history: new CallHistory(), requests, waitMs };
}
