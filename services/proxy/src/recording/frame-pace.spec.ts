import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FramePace } from './frame-pace.js';

let said: string[];
let pace: FramePace;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  const session = {
    hold: (by: string) => said.push(`hold ${by}`),
    release: (by: string) => said.push(`release ${by}`),
  };
  pace = new FramePace(session, () => vi.getMockedSystemTime()!.getTime());
});
afterEach(() => vi.useRealTimers());

const pass = (frames: number, bytes = 24) => {
  for (let count = 0; count < frames; count += 1) pace.passed(bytes);
};

describe('the pace of small frames', () => {
  it('leaves a thousand at once alone, and a thousand a second behind them', () => {
    pass(1_000);
    for (let tenths = 0; tenths < 50; tenths += 1) {
      vi.advanceTimersByTime(100);
      pass(100);
    }
    expect(said).toEqual([]);
  });

  it('holds a session until it has made up for what it sent too much, the rest of its piece included', () => {
    pass(3_000);
    expect(said).toEqual(['hold pace']);
    vi.advanceTimersByTime(1_900);
    expect(said).toEqual(['hold pace']);
    vi.advanceTimersByTime(200);
    expect(said).toEqual(['hold pace', 'release pace']);
    pass(1_000);
    expect(said).toEqual(['hold pace', 'release pace', 'hold pace']);
  });

  it('counts no large frame: those are held up by their bytes', () => {
    pass(10_000, 256);
    expect(said).toEqual([]);
  });
});
