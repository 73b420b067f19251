import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StallWatch } from './stall-watch.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watching() {
  const told = vi.fn();
  return { told, watch: new StallWatch(60_000, told) };
}

describe('a stall watch', () => {
  it('tells of what was not read in time, once', () => {
    const { told, watch } = watching();
    watch.waits();
    vi.advanceTimersByTime(59_000);
    expect(told).not.toHaveBeenCalled();
    vi.advanceTimersByTime(120_000);
    expect(told).toHaveBeenCalledOnce();
  });

  it('counts from the last time that something began to wait', () => {
    const { told, watch } = watching();
    watch.waits();
    vi.advanceTimersByTime(30_000);
    watch.read();
    vi.advanceTimersByTime(20_000);
    watch.waits();
    vi.advanceTimersByTime(59_000);
    expect(told).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2_000);
    expect(told).toHaveBeenCalledOnce();
  });

  it('says nothing while all is read', () => {
    const { told, watch } = watching();
    watch.waits();
    watch.read();
    vi.advanceTimersByTime(600_000);
    expect(told).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind when it stops', () => {
    const { told, watch } = watching();
    watch.waits();
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(600_000);
    expect(told).not.toHaveBeenCalled();
  });
});
