import { describe, expect, it } from 'vitest';
import { ReplayCache } from './replay-cache.js';

const at = (seconds: number) => new Date(Date.parse('2026-01-05T09:00:00Z') + seconds * 1000);

describe('the memory of requests', () => {
  it('takes each key once', () => {
    const cache = new ReplayCache(600_000);
    expect(cache.take(['a'], at(0))).toBe('new');
    expect(cache.take(['a'], at(599))).toBe('seen');
    expect(cache.take(['b'], at(599))).toBe('new');
  });

  it('takes none of the keys when one was seen', () => {
    const cache = new ReplayCache(600_000);
    cache.take(['signature 1', 'trigger'], at(0));
    expect(cache.take(['signature 2', 'trigger'], at(1))).toBe('seen');
    expect(cache.take(['signature 2'], at(2))).toBe('new');
  });

  it('forgets when nothing could be believed any more anyway', () => {
    const cache = new ReplayCache(600_000);
    cache.take(['a'], at(0));
    expect(cache.take(['a'], at(600))).toBe('new');
  });

  it('takes no more when it is full, rather than forget', () => {
    const cache = new ReplayCache(600_000, 2);
    cache.take(['a'], at(0));
    cache.take(['b'], at(1));
    expect(cache.take(['c'], at(2))).toBe('full');
    expect(cache.take(['a'], at(2))).toBe('seen');
    expect(cache.take(['c'], at(600))).toBe('new');
  });
});
