import type { LoggerService } from '@nestjs/common';
import {
  followStopEvents,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { DisabledAgents } from '../domain/disabled-agents.js';

/** Keeps up with who is disabled, also by another replica. What nobody can read stops at the gateways all the same. */
export function followDisabled(
  connection: JetStreamConnection,
  {
    disabled,
    onChange,
    logger,
  }: {
    readonly disabled: DisabledAgents;
    readonly onChange: () => void;
    readonly logger: LoggerService;
  },
): EventFollower {
  return followStopEvents(connection, {
    onEvent: (recorded) => {
      if (disabled.take(recorded)) onChange();
    },
    onUnreadable: ({ aggregateId, sequence, error }) => {
      logger.error({ msg: 'unreadable stop', key: aggregateId, sequence, err: error });
    },
  });
}
