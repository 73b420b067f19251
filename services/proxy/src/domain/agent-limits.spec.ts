import { describe, expect, it } from 'vitest';
import { AgentLimits } from './agent-limits.js';

const one = { issuer: 'https://idp.test', subject: 'one' };
const two = { issuer: 'https://idp.test', subject: 'two' };
const limitsOf = (more = {}) =>
  new AgentLimits({ rate: { perSecond: 2, burst: 4 }, maxCalls: 3, maxStreams: 1, ...more });
const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('T25 the limits of an agent', () => {
  it('let a burst through, then so many a second, and count each agent apart', () => {
    const limits = limitsOf();
    const call = (agent: typeof one, nowMs: number) => limits.enter(agent, false, nowMs)();
    for (let index = 0; index < 4; index += 1) call(one, 0);
    expect(() => call(one, 0)).toThrow(refused('too_many_requests'));
    call(two, 0);
    expect(() => call(one, 499)).toThrow(refused('too_many_requests'));
    call(one, 500);
    expect(() => call(one, 500)).toThrow(refused('too_many_requests'));
  });

  it('gain nothing from a clock that goes back', () => {
    const limits = limitsOf();
    for (let index = 0; index < 4; index += 1) limits.enter(one, false, 1_000)();
    expect(() => limits.enter(one, false, 0)).toThrow(refused('too_many_requests'));
  });

  it('count calls and streams at the same time, apart, until they leave', () => {
    const limits = limitsOf({ rate: { perSecond: 100, burst: 100 } });
    const leave = [0, 1, 2].map(() => limits.enter(one, false, 0));
    expect(() => limits.enter(one, false, 0)).toThrow(refused('too_many_calls'));
    const leaveStream = limits.enter(one, true, 0);
    expect(() => limits.enter(one, true, 0)).toThrow(refused('too_many_calls'));
    leaveStream();
    limits.enter(one, true, 0);
    leave[0]?.();
    limits.enter(one, false, 0);
  });

  it('forget agents that are idle', () => {
    const limits = limitsOf({ rate: { perSecond: 1_000, burst: 10 } });
    for (let index = 0; index < 5_000; index += 1) {
      limits.enter({ ...one, subject: String(index) }, false, index)();
    }
    expect(limits.size).toBeLessThan(1_100);
  });
});
