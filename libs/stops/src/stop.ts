import type { Principal, StopEvent, StopTarget } from '@drawbridge/contracts';
import { disabledKeyOf, sessionKeyOf, stopKeyOf, type StoppableGrant } from './stop-key.js';

/** Why nothing is granted at the moment. */
export interface InForce {
  /** Absent, as `by`, of a stop that could not be read. */
  readonly at?: string;
  readonly by?: Principal;
  readonly reason: string;
  /** Absent of a disabled agent, and of a stop that could not be read. */
  readonly target?: StopTarget;
}

/** What one key of the stream comes to. */
export interface Stop {
  readonly key: string;
  readonly inForce?: InForce;
  /** Grants that were issued before then never open again, in milliseconds since 1970. */
  readonly endedUntilMs: number;
  /** What ended them last: in force, or of before. */
  readonly last?: InForce;
}

/**
 * How far the clock of the service that issues may be ahead of the one that raises: each may be two seconds off, and a
 * second is for how that is measured and how long a stop takes to be heard of. A stop ends grants that look this much
 * younger, also when it is released before then, so that none slips through because of a clock.
 */
const RAISE_TOLERANCE_MS = 5_000;

export const noStop = (key: string): Stop => ({ key, endedUntilMs: -Infinity });

/**
 * Whether a stop ends a grant: while it is in force, and for ever when the grant is older than its end. So it does not
 * matter in which order somebody learns of grants and stops, or whether they were away in between.
 */
export const covers = (
  { inForce, endedUntilMs }: Stop,
  { issuedAtMs }: Pick<StoppableGrant, 'issuedAtMs'>,
): boolean => inForce !== undefined || issuedAtMs < endedUntilMs;

/** Folds the next event of a key. One that does not belong to the key cannot be meant: it stops. */
export function continueStop(stop: Stop, event: StopEvent, at: string): Stop {
  if (!isSessionEvent(event)) return continueGrantStop(stop, event, at);
  return sessionKeyOf(event.data) === stop.key ? stop : unreadableStop(stop);
}

type SessionEvent = Extract<StopEvent, { data: { commandId: string } }>;

/** Whether an event is about a session, and ends no grant. */
export const isSessionEvent = (event: StopEvent): event is SessionEvent =>
  event.type === 'SessionPaused' || event.type === 'SessionResumed' || event.type === 'SessionCut';

function continueGrantStop(stop: Stop, event: Exclude<StopEvent, SessionEvent>, at: string): Stop {
  switch (event.type) {
    case 'BridgesRaised':
      return stopKeyOf(event.data.target) === stop.key
        ? raise(stop, { ...event.data, at })
        : unreadableStop(stop);
    case 'BridgesReleased':
      return stop.key.startsWith('d_') ? unreadableStop(stop) : release(stop, at);
    case 'AgentDisabled':
      return disabledKeyOf(event.data) === stop.key
        ? stopWith(stop, { at, by: event.data.by, reason: event.data.reason })
        : unreadableStop(stop);
    case 'AgentEnabled':
      return disabledKeyOf(event.data) === stop.key ? release(stop, at) : unreadableStop(stop);
  }
}

/** What cannot be read could have been a stop of a later version. A release that can be read ends it. */
export const unreadableStop = (stop: Stop): Stop =>
  stop.inForce === undefined
    ? stopWith(stop, { reason: 'what is recorded of it cannot be read' })
    : stop;

type Raised = Extract<StopEvent, { type: 'BridgesRaised' }>['data'] & { readonly at: string };

function raise(stop: Stop, { by, reason, target, keep, at }: Raised): Stop {
  const raised = { at, by, reason, target };
  if (keep) return stopWith(stop, raised);
  return { ...stop, last: raised, endedUntilMs: endedBy(stop, raised) };
}

const stopWith = (stop: Stop, inForce: InForce): Stop => ({
  ...stop,
  inForce,
  last: inForce,
  endedUntilMs: endedBy(stop, inForce),
});

const endedBy = (stop: Stop, { at }: InForce): number =>
  at === undefined ? stop.endedUntilMs : later(stop, Date.parse(at) + RAISE_TOLERANCE_MS);

function release({ key, inForce, ...before }: Stop, at: string): Stop {
  if (inForce === undefined) return { key, ...before };
  return { key, ...before, endedUntilMs: later(before, Date.parse(at)) };
}

const later = ({ endedUntilMs }: Pick<Stop, 'endedUntilMs'>, ms: number): number =>
  Math.max(endedUntilMs, ms);
