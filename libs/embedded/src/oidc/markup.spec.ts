import { describe, expect, it } from 'vitest';
import { markup, Markup } from './markup.js';

describe('markup', () => {
  it.each([
    ['an element', '<img src=x onerror=alert(1)>', '&#60;img src=x onerror=alert(1)&#62;'],
    ['the end of an attribute', `"><'`, '&#34;&#62;&#60;&#39;'],
    ['an entity', '&lt;', '&#38;lt;'],
    ['a change of text direction', 'a\u202Eb\u2066c', 'a�b�c'],
    ['invisible and control characters', 'a\u200Bb\u0000c\u{E0041}d', 'a�b�c�d'],
    ['letters of any language', 'Zoë 田中', 'Zoë 田中'],
  ])('escapes %s', (_, text, expected) => {
    expect(markup`<p title="${text}">${text}</p>`.source).toBe(
      `<p title="${expected}">${expected}</p>`,
    );
  });

  it('takes markup as it is, also several pieces', () => {
    const items = ['a', '<b>'].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul>${items}</ul>${new Markup('<hr>')}`.source).toBe(
      '<ul><li>a</li><li>&#60;b&#62;</li></ul><hr>',
    );
  });
});
