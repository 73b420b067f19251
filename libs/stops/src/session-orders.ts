import type { Principal, StopEvent } from '@drawbridge/contracts';
import { principalId } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { sessionKeyOf, type OrderedSession } from './stop-key.js';
import { isSessionEvent } from './stop.js';
import { StopRefused } from './stop-refused.js';

/** What humans have ordered about a session. */
export interface SessionState {
  readonly key: string;
  readonly pausedBy?: Principal;
  readonly isCut: boolean;
}

export interface SessionCommand {
  readonly type: 'PauseSession' | 'ResumeSession' | 'CutSession';
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly reason: string;
  /** Judged by who calls: an administrator, or somebody who approves what is open on this connection. */
  readonly mayStop: boolean;
  readonly isAdmin: boolean;
}

/** Whether a session is paused or cut: the rules of one key `s_…`. To order what is so already changes nothing. */
export const sessionOrdersOf = (
  session: OrderedSession,
): Decider<SessionState, SessionCommand, StopEvent> => ({
  initial: { key: sessionKeyOf(session), isCut: false },
  evolve: evolveSession,
  decide: (command, state) => {
    requireMay(command, state);
    const { by, via, reason } = command;
    const type = changeBy(command, state);
    return type === undefined ? undefined : { type, data: { by, via, reason, ...session } };
  },
});

/** What the next event of a session's key comes to. One that does not belong there cannot be meant: it cuts. */
export function evolveSession(state: SessionState, event: StopEvent): SessionState {
  const { key, isCut } = state;
  if (!isSessionEvent(event) || sessionKeyOf(event.data) !== key) return { key, isCut: true };
  switch (event.type) {
    case 'SessionPaused':
      return { ...state, pausedBy: event.data.by };
    case 'SessionResumed':
      return { key, isCut };
    case 'SessionCut':
      return { key, isCut: true };
  }
}

/** To let go on gives power back, so it takes an administrator, or the human who has paused it. */
function requireMay({ type, by, mayStop, isAdmin }: SessionCommand, state: SessionState): void {
  const { pausedBy } = state;
  if (type !== 'ResumeSession') {
    if (mayStop) return;
    throw new StopRefused(
      'admins_only',
      'only an administrator, or somebody who approves what is open there, may stop this session',
    );
  }
  const isBy = pausedBy !== undefined && principalId(pausedBy) === principalId(by);
  if (isAdmin || isBy) return;
  throw new StopRefused(
    'admins_only',
    'only an administrator, or who has paused this session, may let it go on',
  );
}

function changeBy(
  { type }: SessionCommand,
  { pausedBy, isCut }: SessionState,
): 'SessionPaused' | 'SessionResumed' | 'SessionCut' | undefined {
  if (isCut) return undefined;
  if (type === 'CutSession') return 'SessionCut';
  if (type === 'PauseSession') return pausedBy === undefined ? 'SessionPaused' : undefined;
  return pausedBy === undefined ? undefined : 'SessionResumed';
}
