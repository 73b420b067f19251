import { describe, expect, it } from 'vitest';
import { neutralise, neutraliseLines, neutralJson } from './neutralise.js';

const hostile = [
  ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007', '\\u{1b}[2J\\u{1b}]0;owned\\u{7}'],
  ['an 8-bit escape sequence', '\u009b31m', '\\u{9b}31m'],
  ['text in the other direction', 'a\u202egnp.exe', 'a\\u{202e}gnp.exe'],
  ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['an overwritten line', 'yes\rno ', 'yes\\u{d}no '],
  ['backspaces', 'no\b\byes', 'no\\u{8}\\u{8}yes'],
  ['invisible characters', 'a\u200bb\u2060c\ufeff', 'a\\u{200b}b\\u{2060}c\\u{feff}'],
  ['tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['an unpaired surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ['a line feed', 'a\nb', 'a\\u{a}b'],
] as const;

describe('text of others', () => {
  it.each(hostile)('shows %s', (_, text, shown) => {
    expect(neutralise(text)).toBe(shown);
  });

  it('leaves ordinary text of any language alone', () => {
    const text = 'Überprüfung, проверка, 検査, بحث, \u{1f600} "quotes" \\ <b>';
    expect(neutralise(text)).toBe(text);
  });

  it('keeps its lines where lines are allowed', () => {
    expect(neutraliseLines('a\nb\u001b[1mc')).toBe('a\nb\\u{1b}[1mc');
  });
});

describe('JSON output', () => {
  it.each(hostile)('means the same and holds no raw %s', (_, text) => {
    const json = neutralJson({ [text]: [text] });
    expect(JSON.parse(json)).toEqual({ [text]: [text] });
    expect(neutralise(json)).toBe(json);
  });

  it('may have lines', () => {
    expect(neutralJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
  });
});
