import {
  principalId,
  type Principal,
  type SessionOrderView,
  type StopEvent,
} from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { sessionKeyOf, sessionOrdersOf, type SessionCommand } from '@drawbridge/stops';
import { approvesThere } from '../domain/stop-target.js';
import { TargetUnknown } from '../domain/target-unknown.js';
import type { ConnectionNames } from '../follow-connection-names.js';
import type { OpenGrants } from './open-grants.js';

/** What somebody says about a session, before any rule is applied. */
export interface SessionOrder {
  readonly type: SessionCommand['type'];
  readonly commandId: string;
  readonly connection: string;
  readonly by: Principal;
  readonly reason: string;
  /** Id of the incoming request. */
  readonly causationId: string;
}

export interface SessionOrdersOptions {
  readonly store: EventStore<StopEvent>;
  readonly grants: Pick<OpenGrants, 'goingOn'>;
  readonly isAdmin: (human: Principal) => boolean;
  readonly connectionNames: ConnectionNames;
  readonly clock: Clock;
}

/**
 * Pauses, resumes and cuts running sessions: one event each, which the gateway that has the session hears. Who may
 * raise the bridges to a connection may stop what runs there.
 */
export class SessionOrders {
  constructor(private readonly options: SessionOrdersOptions) {}

  /** @throws `admins_only`, `connection_unknown`, EventStoreError */
  async order(order: SessionOrder): Promise<SessionOrderView> {
    const { type, by, reason, connection, causationId } = order;
    const { store, clock, isAdmin, grants } = this.options;
    const commandId = order.commandId.toLowerCase();
    const mayStop = isAdmin(by) || approvesThere(by, { connection }, grants.goingOn);
    if (mayStop) this.#requireKnown(connection);
    const at = clock();
    const { state } = await handleCommand(store, sessionOrdersOf({ commandId, connection }), {
      aggregateId: sessionKeyOf({ commandId, connection }),
      command: { type, by, via: 'http', reason, mayStop, isAdmin: isAdmin(by) },
      metadata: {
        id: uuidV7(at),
        causationId,
        actor: { kind: 'human', id: principalId(by) },
        at: at.toISOString(),
      },
    });
    const { isCut, pausedBy } = state;
    return {
      commandId,
      connection,
      state: isCut ? 'cut' : pausedBy === undefined ? 'running' : 'paused',
    };
  }

  #requireKnown(connection: string): void {
    const names = this.options.connectionNames();
    if (names === undefined || names.has(connection)) return;
    const known = [...names].toSorted().join(', ');
    const message = `there is no connection "${connection}"; there are: ${known}`;
    throw new TargetUnknown('connection_unknown', message);
  }
}
