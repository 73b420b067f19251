import {
  principalId,
  type Principal,
  type SessionOrderView,
  type StopEvent,
} from '@drawbridge/contracts';
import { handleCommand, loadState, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import {
  sessionKeyOf,
  sessionOrdersOf,
  type OrderedSession,
  type SessionCommand,
  type SessionState,
} from '@drawbridge/stops';
import { approvesGrant, approvesThere } from '../domain/stop-target.js';
import { TargetUnknown } from '../domain/target-unknown.js';
import type { ConnectionNames } from '../follow-connection-names.js';
import type { AskRunningSession } from './ask-running-session.js';
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
  readonly running: AskRunningSession;
  readonly clock: Clock;
}

/**
 * Pauses, resumes and cuts running sessions: one event each, which the gateway that has the session hears. For
 * administrators, and for who approves the grant by which it was opened; of a session that no gateway has nothing is
 * written down.
 */
export class SessionOrders {
  constructor(private readonly options: SessionOrdersOptions) {}

  /** @throws `admins_only`, `connection_unknown`, `session_not_running`, EventStoreError */
  async order(order: SessionOrder): Promise<SessionOrderView> {
    const { by, connection, causationId } = order;
    const { store, clock } = this.options;
    const session = { commandId: order.commandId.toLowerCase(), connection };
    const aggregateId = sessionKeyOf(session);
    const decider = sessionOrdersOf(session);
    const known = await loadState(store, decider, aggregateId);
    const command = await this.#judge(order, { session, decider, ...known });
    const at = clock();
    const { state } = await handleCommand(store, decider, {
      ...{ aggregateId, command, known },
      metadata: {
        id: uuidV7(at),
        causationId,
        actor: { kind: 'human', id: principalId(by) },
        at: at.toISOString(),
      },
    });
    return { ...session, state: wordOf(state) };
  }

  /**
   * Who approves nothing there is refused before any gateway is asked: they are not told what runs. Who approves is
   * asked about is the grant of the session, which its gateway alone knows at once.
   */
  async #judge(
    { type, by, reason }: SessionOrder,
    { session, decider, state }: KnownSession,
  ): Promise<SessionCommand> {
    const { isAdmin, grants, running } = this.options;
    const of = { ...{ type, by, reason }, via: 'http', isAdmin: isAdmin(by) } as const;
    const mayStop = of.isAdmin || approvesThere(by, session, grants.goingOn);
    const command = { ...of, mayStop };
    if (mayStop) this.#requireKnown(session.connection);
    decider.decide(command, state);
    if (state.isCut) return command;
    const found = await running(session);
    if (found === undefined) throw notRunning(session);
    return {
      ...of,
      mayStop: of.isAdmin || approvesGrant(by, found.grantId, grants.goingOn),
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

interface KnownSession {
  readonly session: OrderedSession;
  /** Throws why nothing may be ordered. */
  readonly decider: ReturnType<typeof sessionOrdersOf>;
  readonly state: SessionState;
}

const notRunning = ({ commandId, connection }: OrderedSession): TargetUnknown =>
  new TargetUnknown(
    'session_not_running',
    `no gateway has a running session ${commandId} on connection "${connection}": it is over, or there was none`,
  );

const wordOf = ({ isCut, pausedBy }: SessionState): SessionOrderView['state'] => {
  if (isCut) return 'cut';
  return pausedBy === undefined ? 'running' : 'paused';
};
