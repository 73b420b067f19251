import { describe, expect, it } from 'vitest';
import { AgentLimits, type AgentLimitOptions } from './agent-limits.js';
import { usageMemory } from './usage-table.js';

const one = { issuer: 'https://idp.test', subject: 'one' };
const two = { issuer: 'https://idp.test', subject: 'two' };
const refused = (code: string) => expect.objectContaining({ code }) as Error;

/** Limits whose clock a test turns. */
function limitsOf(more: Partial<AgentLimitOptions> = {}) {
  const clock = { ms: 1_000_000 };
  const limits = new AgentLimits({
    rate: { perSecond: 2, burst: 4 },
    maxCalls: 3,
    maxStreams: 1,
    now: () => clock.ms,
    ...more,
  });
  /** @returns how long it waits for its turn */
  const call = (agent: typeof one): number => {
    const ref = limits.enter(agent, false);
    try {
      return limits.turn(ref);
    } finally {
      limits.leave(ref, false);
    }
  };
  return { limits, clock, call };
}

describe('T25 the limits of an agent', () => {
  it('let a burst through, then so many a second, and count each agent apart', () => {
    const { call, clock } = limitsOf();
    expect([0, 1, 2, 3].map(() => call(one))).toStrictEqual([0, 0, 0, 0]);
    expect([call(one), call(one)]).toStrictEqual([500, 1_000]);
    expect(() => call(one)).toThrow(refused('too_many_requests'));
    expect(call(two)).toBe(0);
    clock.ms += 499;
    expect(() => call(one)).toThrow(refused('too_many_requests'));
    clock.ms += 1;
    expect(call(one)).toBe(1_000);
    expect(() => call(one)).toThrow(refused('too_many_requests'));
  });

  it('give each call that waits a turn of its own, as far apart as the rate says', () => {
    const { call } = limitsOf({ rate: { perSecond: 50, burst: 1 } });
    expect(call(one)).toBe(0);
    const waits = Array.from({ length: 50 }, () => call(one));
    expect(waits).toStrictEqual(Array.from({ length: 50 }, (_, index) => (index + 1) * 20));
    expect(() => call(one)).toThrow(refused('too_many_requests'));
  });

  it.each([3_000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000])(
    'are a burst again, and no more, after %i ms',
    (ms) => {
      const { call, clock } = limitsOf({ rate: { perSecond: 50, burst: 4 } });
      for (let index = 0; index < 54; index += 1) call(one);
      expect(() => call(one)).toThrow(refused('too_many_requests'));
      clock.ms += ms;
      for (let index = 0; index < 4; index += 1) expect(call(one)).toBe(0);
      expect(call(one)).toBe(20);
    },
  );

  it.each([1, 50, 1_000, 1_000_000])(
    'hold nothing against an agent that was away for however long, at %i a second',
    (perSecond) => {
      const { call, clock } = limitsOf({ rate: { perSecond, burst: perSecond } });
      const waits = Array.from({ length: 2_000 }, (_, index) => {
        clock.ms += 5_000 + index * 137;
        return call(one);
      });
      expect(waits.filter((wait) => wait !== 0)).toStrictEqual([]);
    },
  );

  it('gain nothing from the clock of a thread that is a little behind', () => {
    const { call, clock } = limitsOf();
    for (let index = 0; index < 6; index += 1) call(one);
    clock.ms -= 5;
    expect(() => call(one)).toThrow(refused('too_many_requests'));
  });

  it('count calls and streams at the same time, apart, until they leave', () => {
    const { limits } = limitsOf({ rate: { perSecond: 100, burst: 100 } });
    const entered = [0, 1, 2].map(() => limits.enter(one, false));
    expect(() => limits.enter(one, false)).toThrow(refused('too_many_calls'));
    const stream = limits.enter(one, true);
    expect(() => limits.enter(one, true)).toThrow(refused('too_many_calls'));
    limits.leave(stream, true);
    limits.enter(one, true);
    if (entered[0] !== undefined) limits.leave(entered[0], false);
    limits.enter(one, false);
    expect(() => limits.enter(one, false)).toThrow(refused('too_many_calls'));
  });

  it('know an agent by what it is called, not by the object that says so', () => {
    const { limits } = limitsOf();
    for (let index = 0; index < 3; index += 1) limits.enter({ ...one }, false);
    expect(() => limits.enter({ ...one }, false)).toThrow(refused('too_many_calls'));
  });

  it('forget agents that are idle, and no other', () => {
    const memory = usageMemory(64, 1);
    const { limits, clock, call } = limitsOf({ memory, rate: { perSecond: 1_000, burst: 10 } });
    for (let index = 0; index < 3; index += 1) limits.enter(one, false);
    for (let index = 0; index < 5_000; index += 1) {
      clock.ms += 10;
      call({ ...one, subject: String(index) });
    }
    expect(() => limits.enter({ ...one }, false)).toThrow(refused('too_many_calls'));
  });

  it('let nobody new in while there is no room', () => {
    const memory = usageMemory(8, 1);
    const { limits } = limitsOf({ memory });
    const agents = Array.from({ length: 8 }, (_, index) => ({ ...one, subject: String(index) }));
    const entered = agents.map((agent) => limits.enter(agent, false));
    for (const ref of entered) limits.turn(ref);
    expect(() => limits.enter(two, false)).toThrow(refused('too_many_calls'));
    limits.enter({ ...one, subject: '3' }, false);
    for (const ref of entered) limits.leave(ref, false);
    // Who has used its rate is remembered for as long as that matters.
    expect(() => limits.enter(two, false)).toThrow(refused('too_many_calls'));
  });
});

describe('T25 the limits of an agent over several workers', () => {
  const workers = () => {
    const memory = usageMemory(64, 3);
    const rate = { perSecond: 2, burst: 4 };
    return [0, 1, 2].map((worker) => limitsOf({ memory, worker, rate }));
  };

  it('are those of one', () => {
    const [first, second, third] = workers();
    first?.call(one);
    second?.call(one);
    third?.call({ ...one });
    second?.call(one);
    expect([first?.call(one), third?.call(one)]).toStrictEqual([500, 1_000]);
    expect(() => third?.call(one)).toThrow(refused('too_many_requests'));
    expect(() => first?.call(one)).toThrow(refused('too_many_requests'));
  });

  it('count what is open on all of them', () => {
    const [first, second, third] = workers();
    const stream = first?.limits.enter(one, true);
    expect(() => second?.limits.enter(one, true)).toThrow(refused('too_many_calls'));
    if (stream !== undefined) first?.limits.leave(stream, true);
    third?.limits.enter(one, true);
    expect(() => first?.limits.enter(one, true)).toThrow(refused('too_many_calls'));
  });

  it('take back what a worker had counted that is gone', () => {
    const [first, second] = workers();
    first?.limits.enter(one, true);
    first?.limits.enter(one, false);
    second?.limits.enter(one, false);
    expect(() => second?.limits.enter(one, true)).toThrow(refused('too_many_calls'));
    second?.limits.release(0);
    second?.limits.enter(one, true);
    second?.limits.release(2);
    expect(() => second?.limits.enter(one, true)).toThrow(refused('too_many_calls'));
  });
});
