import { describe, expect, it } from 'vitest';
import { indenter } from './narrator.js';

function indented(...pieces: string[]): string {
  let out = '';
  const { write, end } = indenter((text) => {
    out += text;
  });
  for (const piece of pieces) write(piece);
  end();
  return out;
}

describe('output of a command in the story', () => {
  it.each([
    { pieces: ['a\nb\n'], expected: '   a\n   b\n' },
    { pieces: ['a', 'b\n', 'c'], expected: '   ab\n   c\n' },
    { pieces: ['a\n', '\n', 'b\n'], expected: '   a\n   \n   b\n' },
    { pieces: [], expected: '' },
    { pieces: ['', 'a\n'], expected: '   a\n' },
  ])('has a margin before each line of $pieces', ({ pieces, expected }) => {
    expect(indented(...pieces)).toBe(expected);
  });
});
