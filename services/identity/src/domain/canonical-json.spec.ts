import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('sorts keys at every depth and keeps the order of arrays', () =>
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 1], a: null })).toBe(
      '{"a":null,"b":[{"c":2,"d":1},1]}',
    ));

  it('tells values apart', () => {
    const texts = [{ a: 1 }, { a: '1' }, { a: [1] }, { a: { 0: 1 } }].map(canonicalJson);
    expect(new Set(texts).size).toBe(4);
  });

  it('leaves out what is undefined', () =>
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}'));
});
