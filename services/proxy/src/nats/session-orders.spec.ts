import type { StopEvent } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { LiveCalls } from '../streams/live-calls.js';
import { PauseSwitch, type PauseOrder } from '../streams/pause-switch.js';
import { SessionOrders } from './session-orders.js';

const commandId = '019c0000-6666-7000-8000-000000000001';

/** A live session, and what becomes of it. */
function sessionWith(longRunning = true) {
  const told: string[] = [];
  const live = new LiveCalls();
  const pauseSwitch = new PauseSwitch();
  const tell = (what: string) => (order: PauseOrder) =>
    told.push(`${what} ${order.by}: ${order.reason}`);
  pauseSwitch.onOrder({
    pause: tell('paused'),
    resume: tell('resumed'),
    cutting: tell('cutting'),
  });
  live.add({
    ...{ commandId, grantId: 'g', connection: 'prod', issuer: 'i', subject: 's' },
    ...{ grant: { endsAtMs: 0 }, tokenExpiresAtMs: 0, longRunning, pauseSwitch },
    cut: (reason) => told.push(reason),
  });
  const orders = new SessionOrders(live);
  const order = (type: string, change: object = {}) => {
    const by = { kind: 'human', issuer: 'i', subject: 'bob', groups: [], email: 'bob@corp.test' };
    const data = { by, via: 'http', reason: 'why', commandId, connection: 'prod', ...change };
    const event = { type, data } as unknown as StopEvent;
    orders.take({ event, aggregateId: `s_${commandId}_prod` });
  };
  return { told, orders, order };
}

describe('an order about a session', () => {
  it('is carried out, once', () => {
    const { told, order } = sessionWith();
    for (const type of ['SessionPaused', 'SessionPaused', 'SessionResumed', 'SessionCut']) {
      order(type);
    }
    expect(told).toStrictEqual([
      'paused bob@corp.test: why',
      'resumed bob@corp.test: why',
      'cutting bob@corp.test: why',
      'session_cut',
    ]);
  });

  it('of another connection is not meant', () => {
    const { told, order } = sessionWith();
    order('SessionCut', { connection: 'other' });
    order('SessionCut', { commandId: '019c0000-6666-7000-8000-000000000002' });
    expect(told).toStrictEqual([]);
  });

  it('does not touch a call that is over in a moment', () => {
    const { told, order } = sessionWith(false);
    order('SessionPaused');
    order('SessionCut');
    expect(told).toStrictEqual([]);
  });

  it('that cannot be read ends the session, and no other', () => {
    const { told, orders } = sessionWith();
    orders.takeUnreadable('all');
    orders.takeUnreadable('s_019c0000-6666-7000-8000-000000000002_prod');
    expect(told).toStrictEqual([]);
    orders.takeUnreadable(`s_${commandId}_prod`);
    expect(told).toStrictEqual(['session_cut']);
  });

  it('shows nothing of its words that deceives a terminal', () => {
    const { told, order } = sessionWith();
    order('SessionPaused', { reason: '\u001b[2Jgone' });
    expect(told).toStrictEqual(['paused bob@corp.test: \\u{1b}[2Jgone']);
  });
});
