import type { Principal, StopEvent } from '@drawbridge/contracts';
import { neutralise, type RecordedEvent } from '@drawbridge/kernel';
import { commandOfKey, isSessionKey } from '@drawbridge/stops';
import type { LiveCalls } from '../streams/live-calls.js';

/** Carries out what humans order about sessions, on those that are here. */
export class SessionOrders {
  constructor(private readonly live: Pick<LiveCalls, 'session' | 'cutSession'>) {}

  take({ event, aggregateId }: Pick<RecordedEvent<StopEvent>, 'event' | 'aggregateId'>): void {
    const { data } = event;
    if (!('commandId' in data)) {
      this.takeUnreadable(aggregateId);
      return;
    }
    const { commandId, connection, by, reason } = data;
    const session = this.live.session(commandId);
    // Who has ordered it was asked for this connection, and has nothing to say about another.
    if (session?.connection !== connection) return;
    const order = { by: nameOf(by), reason: neutralise(reason) };
    if (event.type === 'SessionPaused') session.pauseSwitch?.pause(order);
    else if (event.type === 'SessionResumed') session.pauseSwitch?.resume(order);
    else {
      session.pauseSwitch?.cutting(order);
      this.live.cutSession(commandId);
    }
  }

  /** What cannot be read could have been the order to end it. */
  takeUnreadable(key: string): void {
    if (isSessionKey(key)) this.live.cutSession(commandOfKey(key));
  }
}

const nameOf = ({ email, subject }: Principal): string => neutralise(email ?? subject);
