import { describe, expect, it } from 'vitest';
import { cut, latin1 } from './cut.js';

describe('bytes that are cut', () => {
  it('come in chunks of the sizes, in turn, and complete', () => {
    const chunks = Array.from(cut(latin1('abcdefgh'), [1, 3]), (chunk) => chunk.length);
    expect(chunks).toStrictEqual([1, 3, 1, 3]);
    const texts: string[] = [];
    for (const chunk of cut(latin1('abcde\xff'), [4])) texts.push(chunk.toString('latin1'));
    expect(texts).toStrictEqual(['abcd', 'e\xff']);
  });

  it('are gone when the next chunk is asked for', () => {
    const [first] = Array.from(cut(latin1('abcd'), [2]));
    expect(first?.toString()).toBe('!!');
  });

  it('are whole without sizes', () => {
    expect(Array.from(cut(latin1('abc'), []))).toHaveLength(1);
  });
});
