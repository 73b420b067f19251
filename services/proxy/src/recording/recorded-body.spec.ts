import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordedBody } from './recorded-body.js';

/** A body that is recorded, its clock, and what is on the record. */
function bodyWith(extent: 'sample' | 'full') {
  const clock = { ms: 0 };
  const frames: string[] = [];
  const why: string[] = [];
  const body = new RecordedBody({
    recording: {
      bytes: (code, bytes) => frames.push(`${code} ${Buffer.from(bytes).toString()}`),
      frame: (code, data) => frames.push(`${code} ${data}`),
      incomplete: (code) => why.push(code),
    },
    extent,
    now: () => clock.ms,
  });
  return { body, clock, frames, why };
}

const lineOf = (character: string, length: number) =>
  Buffer.from(`${character.repeat(length - 1)}\n`);

/** What is kept stands at its place, in whole lines, and all else is counted. */
function expectWholeLines(frames: readonly string[], all: string): void {
  let at = 0;
  for (const frame of frames) {
    const text = frame.slice(2);
    if (frame.startsWith('m')) {
      const missing = all.slice(at, at + Number(/^\d+/.exec(text)?.[0]));
      const lines = missing.split('\n').length - 1;
      expect(text).toContain(` left out, of ${lines === 1 ? 'one line' : `${lines} lines`}`);
      at += missing.length;
      continue;
    }
    expect(all.slice(at, at + text.length)).toBe(text);
    if (at > 0) expect(all[at - 1]).toBe('\n');
    at += text.length;
    if (text.length < 32_768) expect(text.at(-1)).toBe('\n');
  }
  expect(at).toBe(all.length);
}

describe('the body of a log or watch', () => {
  it('passes as it is', () => {
    const { body } = bodyWith('sample');
    const chunk = lineOf('x', 100_000);
    expect(body.push(chunk)).toStrictEqual([chunk]);
    expect(body.end()).toStrictEqual([]);
  });

  it('is recorded whole when all of it is wanted', () => {
    const { body, frames, why } = bodyWith('full');
    body.push(lineOf('a', 100_000));
    body.push(lineOf('b', 100_000));
    body.close();
    expect(frames.map(({ length }) => length)).toStrictEqual([100_002, 100_002]);
    expect(why).toStrictEqual([]);
  });

  it('is recorded whole as a sample when it is short', () => {
    const { body, frames, why } = bodyWith('sample');
    body.push(lineOf('a', 30_000));
    body.close();
    expect(frames).toHaveLength(1);
    expect(why).toStrictEqual([]);
  });

  it('says in its sample how much is missing, where it is missing', () => {
    const { body, clock, frames, why } = bodyWith('sample');
    body.push(lineOf('a', 32_768));
    body.push(lineOf('b', 1_000));
    clock.ms += 10_000;
    body.push(Buffer.concat([lineOf('c', 100), lineOf('d', 200)]));
    body.close();
    expect(frames.map((frame) => frame.slice(0, 12).trim())).toStrictEqual([
      'o aaaaaaaaaa',
      'm 1000 bytes',
      'o cccccccccc',
    ]);
    expect(frames[1]).toBe('m 1000 bytes left out, of one line');
    expect(why).toStrictEqual(['sampled']);
  });

  it('says at the end that nothing more was kept', () => {
    const { body, frames, why } = bodyWith('sample');
    body.push(Buffer.concat([lineOf('a', 1_000), lineOf('b', 40_000)]));
    body.push(lineOf('c', 32_000));
    body.close();
    expect(frames).toStrictEqual([`o ${'a'.repeat(999)}\n`, 'm 72000 bytes left out, of 2 lines']);
    expect(why).toStrictEqual(['sampled']);
  });

  it('keeps of a first line that is too long the beginning, and of all others none', () => {
    const { body, clock, frames } = bodyWith('sample');
    body.push(lineOf('a', 40_000).subarray(0, 20_000));
    body.push(lineOf('a', 40_000).subarray(20_000));
    clock.ms += 20_000;
    body.push(lineOf('b', 3_000));
    clock.ms += 10_000;
    body.push(lineOf('c', 3_000));
    body.close();
    expect(frames.map((frame) => [frame.length, frame.slice(0, 3)])).toStrictEqual([
      [32_770, 'o a'],
      ['m 10232 bytes left out, of 2 lines'.length, 'm 1'],
      [3_002, 'o c'],
    ]);
  });

  it('has whole lines as its sample, and counts all others, however it is cut', () => {
    const lines = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 60 });
    const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 9 });
    const waits = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lines, sizes, waits, (lengths, cuts, pauses) => {
        const all = lengths.map((length, n) => lineOf(String(n % 10), length).toString()).join('');
        const { body, clock, frames } = bodyWith('sample');
        for (let at = 0, n = 0; at < all.length; n += 1) {
          const size = cuts[n % cuts.length] ?? 1;
          const chunk = Buffer.from(all.slice(at, at + size));
          expect(body.push(chunk)[0]?.toString()).toBe(chunk.toString());
          chunk.fill(0);
          clock.ms += pauses[n % pauses.length] ?? 0;
          at += size;
        }
        body.close();
        expectWholeLines(frames, all);
      }),
      { numRuns: 200 },
    );
  });
});
