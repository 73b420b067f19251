import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.js';

describe('a pattern', () => {
  it('matches anywhere unless it is anchored', () => {
    expect(compilePattern('INC-\\d+')('see INC-42!')).toBe(true);
    expect(compilePattern('^INC-\\d+$')('see INC-42!')).toBe(false);
    expect(compilePattern('^INC-\\d+$')('INC-42')).toBe(true);
  });

  it('ends at the end of the text, not before a line break', () => {
    expect(compilePattern('^INC-\\d+$')('INC-42\n')).toBe(false);
  });

  it('takes ASCII digits for digits', () => {
    expect(compilePattern('^\\d$')('４')).toBe(false);
  });

  it.each(['(a', '(?=a)', '(a)\\1', 'a{1001}', '[b-a]'])('is refused: %s', (source) => {
    expect(() => compilePattern(source)).toThrow(SyntaxError);
  });

  it('cannot be made to hang', () => {
    const start = performance.now();
    expect(compilePattern('^(a+)+$')(`${'a'.repeat(1000)}!`)).toBe(false);
    expect(compilePattern('^(a|a)*$')(`${'a'.repeat(1000)}!`)).toBe(false);
    // Otherwise it would be minutes, or years.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
