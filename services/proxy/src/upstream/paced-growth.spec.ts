import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacedGrowth } from './paced-growth.js';

const AT_ONCE = 16;
let sockets: number;
let wanted: number;
let growth: PacedGrowth;

/** As the pool does: as many as are wanted, and the rest later. */
function grow(): void {
  while (sockets < wanted) {
    if (!growth.may(sockets)) {
      growth.later();
      return;
    }
    growth.grew();
    sockets += 1;
  }
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'],
  });
  [sockets, wanted] = [0, 0];
  growth = new PacedGrowth(AT_ONCE, grow);
});
afterEach(() => vi.useRealTimers());

describe('connections for a burst of calls', () => {
  it('are made at once up to a number', () => {
    wanted = 200;
    grow();
    expect(sockets).toBe(AT_ONCE);
  });

  it('are a few more every moment for as long as calls wait, and all in the end', () => {
    wanted = 200;
    grow();
    const seen = [];
    for (let moment = 0; moment < 3; moment += 1) {
      vi.advanceTimersByTime(11);
      seen.push(sockets);
    }
    expect(seen).toStrictEqual([AT_ONCE + 8, AT_ONCE + 16, AT_ONCE + 24]);
    vi.advanceTimersByTime(1_000);
    expect(sockets).toBe(wanted);
  });

  it('are not made when nobody waits any more', () => {
    wanted = 200;
    grow();
    wanted = 10;
    vi.advanceTimersByTime(1_000);
    expect([sockets, vi.getTimerCount()]).toStrictEqual([AT_ONCE, 0]);
  });

  it('are paced again when the next calls come', () => {
    wanted = AT_ONCE + 4;
    grow();
    vi.advanceTimersByTime(11);
    wanted = 200;
    grow();
    expect(sockets).toBe(AT_ONCE + 4);
  });

  it('are not made behind the end', () => {
    wanted = 200;
    grow();
    growth.stop();
    vi.advanceTimersByTime(1_000);
    expect(sockets).toBe(AT_ONCE);
  });
});
