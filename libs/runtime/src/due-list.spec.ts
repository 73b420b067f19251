import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DueList } from './due-list.js';

type Change = { id: string; atMs: number | undefined };
const change = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
  // Without an instant the id is taken away.
  atMs: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
});

function play(changes: readonly Change[]): { list: DueList; waits: Map<string, number> } {
  const list = new DueList();
  const waits = new Map<string, number>();
  for (const { id, atMs } of changes) {
    if (atMs === undefined) {
      list.delete(id);
      waits.delete(id);
    } else {
      list.set({ id, atMs });
      waits.set(id, atMs);
    }
  }
  return { list, waits };
}

describe('a list of what is due', () => {
  it('gives everything in the order of time, whatever was changed before', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const { list, waits } = play(changes);
        expect(list.size).toBe(waits.size);
        const given: [string, number][] = [];
        for (let { next } = list; next !== undefined; { next } = list) {
          expect(list.get(next.id)).toBe(next);
          given.push([next.id, next.atMs]);
          list.delete(next.id);
        }
        expect(new Map(given)).toStrictEqual(waits);
        const instants = given.map(([, atMs]) => atMs);
        expect(instants).toStrictEqual(instants.toSorted((one, other) => one - other));
      }),
    );
  });

  it('costs little to change and nothing to look at, however much waits', () => {
    let looks = 0;
    const item = (id: string, atMs: number) => ({
      id,
      get atMs() {
        looks += 1;
        return atMs;
      },
    });
    const list = new DueList();
    for (let n = 0; n < 10_000; n += 1) list.set(item(`r${n}`, (n * 7919) % 10_007));
    looks = 0;
    expect(list.next?.id).toBe('r0');
    expect(looks).toBe(0);
    list.set(item('r0', 20_000));
    list.delete('r5000');
    // Two ways through a heap of 14 levels, with two comparisons of two items on each.
    expect(looks).toBeLessThan(2 * 14 * 2 * 2);
  });
});
