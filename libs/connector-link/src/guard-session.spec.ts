import { EventEmitter } from 'node:events';
import type { Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { guardSession } from './guard-session.js';

/** As Node's: destroyed at once, closed later, and without an answer to a PING in between. */
class Session extends EventEmitter {
  destroyed = false;
  reason: string | undefined;
  answers: (() => void)[] = [];
  ping(onAnswer: () => void): boolean {
    if (this.destroyed) throw new Error('ERR_HTTP2_INVALID_SESSION');
    this.answers.push(onAnswer);
    return true;
  }
  destroy(error?: Error): void {
    this.destroyed = true;
    this.reason = error?.message;
  }
}

const guarded = (): Session => {
  const session = new Session();
  const unknown: unknown = session;
  const socket = { destroy: () => session.emit('close') };
  guardSession(unknown as Http2Session, socket as unknown as Duplex, {
    everyMs: 1_000,
    answerMs: 2_000,
    maxControlFrames: 3,
  });
  return session;
};

describe('a guarded session', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked whether it is there, and ends without an answer', () => {
    const session = guarded();
    vi.advanceTimersByTime(1_000);
    session.answers[0]?.();
    vi.advanceTimersByTime(3_000);
    expect([session.answers.length, session.destroyed]).toEqual([2, false]);
    vi.advanceTimersByTime(2_000);
    expect(session.reason).toBe('no answer to a PING');
  });

  it('ends when it floods', () => {
    const session = guarded();
    for (const event of ['ping', 'remoteSettings', 'ping']) session.emit(event);
    expect(session.destroyed).toBe(false);
    session.emit('ping');
    expect(session.reason).toBe('flood');
  });

  it('takes the connection with it when the other side keeps that open', () => {
    const session = guarded();
    const closed = vi.fn();
    session.on('close', closed).destroy();
    expect(() => vi.advanceTimersByTime(1_000)).not.toThrow();
    expect(closed).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});
