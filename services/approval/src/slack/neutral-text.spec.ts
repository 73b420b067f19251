import { describe, expect, it } from 'vitest';
import { neutralMrkdwn, neutralText } from './neutral-text.js';

describe('text of others on a card', () => {
  it.each([
    ['plain words, ünïcode, 日本語, emoji 🚒', 'plain words, ünïcode, 日本語, emoji 🚒'],
    ['safe\u202Egnihton\u202C', 'safe‹U+202E›gnihton‹U+202C›'],
    ['a\u2066b\u2069', 'a‹U+2066›b‹U+2069›'],
    ['zero\u200Bwidth\u200D\uFEFF', 'zero‹U+200B›width‹U+200D›‹U+FEFF›'],
    ['\u001b[31mred\u001b[0m\u0007', '‹U+001B›[31mred‹U+001B›[0m‹U+0007›'],
    ['\u{E0041}tag', '‹U+E0041›tag'],
    ['one\r\n\r\n  two\tthree', 'one two three'],
    ['line\u2028break', 'line‹U+2028›break'],
    ['half \ud800 pair', 'half ‹U+D800› pair'],
    ['see https://evil.test', 'see https[:]//evil.test'],
    [`z${'\u0335'.repeat(50)}`, `z${'\u0335'.repeat(4)}`],
  ])('neutralises %j', (text, shown) => expect(neutralText(text, 100)).toBe(shown));

  it('ends after so many characters, never inside one', () => {
    expect(neutralText('🚒🚒🚒🚒', 3)).toBe('🚒🚒…');
    expect(neutralText('abc', 3)).toBe('abc');
  });

  it.each([
    ['<!channel> <@U1|x> <https://e.test|ok>', /[<>]/],
    ['a & b', /&(?!amp;|lt;|gt;)/],
    ['@here @channel', /@[a-z]/],
    ['*bold* _it_ ~no~ `code`', /[*_~`]/],
  ])('has no meaning as mrkdwn: %j', (text, forbidden) =>
    expect(neutralMrkdwn(text, 200)).not.toMatch(forbidden),
  );
});
