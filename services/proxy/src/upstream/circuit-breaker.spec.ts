import { describe, expect, it } from 'vitest';
import { CircuitBreaker, type Suspension } from './circuit-breaker.js';

const start = new Date('2026-01-05T09:00:00.000Z').getTime();

function breakerAt() {
  let now = start;
  const told: (Suspension | undefined)[] = [];
  const breaker = new CircuitBreaker({
    clock: () => new Date(now),
    onChange: (suspension) => told.push(suspension),
    threshold: 3,
  });
  return {
    breaker,
    told,
    wait: (ms: number) => (now += ms),
    failTimes: (times: number) => {
      for (let time = 0; time < times; time += 1) breaker.failed();
    },
  };
}

const at = (ms: number) => new Date(start + ms);

describe('a circuit breaker', () => {
  it('lets calls through while some of them are answered', () => {
    const { breaker, failTimes, told } = breakerAt();
    failTimes(2);
    breaker.succeeded();
    failTimes(2);
    expect([breaker.state, breaker.enter(), told.length]).toStrictEqual(['working', undefined, 0]);
  });

  it('refuses calls when several in a row failed, and says since when', () => {
    const { breaker, failTimes, told, wait } = breakerAt();
    failTimes(1);
    wait(500);
    failTimes(2);
    const suspension = { since: at(0), until: at(1_500) };
    expect(breaker.suspension()).toStrictEqual(suspension);
    expect(breaker.enter()).toStrictEqual(suspension);
    expect(breaker.state).toBe('suspended');
    expect(told).toStrictEqual([suspension]);
  });

  it('lets one call through after a pause, and the others when that is answered', () => {
    const { breaker, failTimes, told, wait } = breakerAt();
    failTimes(3);
    wait(1_000);
    expect([breaker.state, breaker.suspension()]).toStrictEqual(['trying', undefined]);
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.enter()).toStrictEqual({ since: at(0), until: at(13_000) });
    breaker.succeeded();
    expect([breaker.state, breaker.enter()]).toStrictEqual(['working', undefined]);
    expect(told.at(-1)).toBeUndefined();
  });

  it('pauses twice as long each time, up to a limit', () => {
    const { breaker, failTimes, wait } = breakerAt();
    failTimes(3);
    const pauses = [];
    for (let round = 0; round < 7; round += 1) {
      let waited = 0;
      for (; breaker.enter() !== undefined; waited += 1_000) wait(1_000);
      pauses.push(waited);
      breaker.failed();
    }
    expect(pauses).toStrictEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('counts failures of the same moment as one pause', () => {
    const { breaker, failTimes } = breakerAt();
    failTimes(40);
    expect(breaker.suspension()?.until).toStrictEqual(at(1_000));
  });

  it('lets another call through when the one that tried never told how it went', () => {
    const { breaker, failTimes, wait } = breakerAt();
    failTimes(3);
    wait(1_000);
    expect(breaker.enter()).toBeUndefined();
    wait(12_000);
    expect(breaker.enter()).toBeUndefined();
  });
});
