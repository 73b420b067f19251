import { describe, expect, it } from 'vitest';
import { valueAt, whatCame } from './what-came.js';

describe('what came, in an error', () => {
  it.each([
    ['Prod EKS', '"Prod EKS"'],
    ['', '""'],
    ['a"b', String.raw`"a\"b"`],
    ['red \u001b[31m', String.raw`"red \u001b[31m"`],
    ['abc\u202edef', String.raw`"abc\u202edef"`],
    ['\u007f', String.raw`"\u007f"`],
    ['x'.repeat(100), `"${'x'.repeat(60)}"… (100 characters)`],
    [1.5, '1.5'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'nothing'],
    [[1], 'an array'],
    [{ a: 1 }, 'an object'],
  ])('%j is shown as %s', (value, shown) => {
    expect(whatCame(value)).toBe(shown);
  });
});

describe('the value at a path', () => {
  it.each([
    [['a', 0, 'b'], 1],
    [['a', 1], undefined],
    [['a', 0, 'b', 'c'], undefined],
    [['toString'], undefined],
    [['__proto__'], undefined],
  ])('%j', (path, value) => {
    expect(valueAt({ a: [{ b: 1 }] }, path)).toBe(value);
  });
});

it('does not show what looks like a secret', () => {
  expect(whatCame(`xoxb-${'1'.repeat(30)}`)).not.toContain('1111');
});
