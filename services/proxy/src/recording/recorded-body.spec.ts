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
      'm 1100 bytes',
      'o dddddddddd',
    ]);
    expect(why).toStrictEqual(['sampled']);
  });

  it('says at the end that nothing more was kept', () => {
    const { body, frames, why } = bodyWith('sample');
    body.push(Buffer.concat([lineOf('a', 1_000), lineOf('b', 40_000)]));
    body.push(lineOf('c', 50));
    body.close();
    expect(frames).toStrictEqual([`o ${'a'.repeat(999)}\n`, 'm 40050 bytes left out']);
    expect(why).toStrictEqual(['sampled']);
  });
});
