import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeCharacters } from './recorded-body.js';

it('a text that is cut anywhere loses half a character at most', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
      const bytes = Buffer.from(text);
      const cut = bytes.subarray(0, at % (bytes.length + 1));
      const whole = wholeCharacters(cut);
      expect(isUtf8(whole)).toBe(true);
      expect(cut.length - whole.length).toBeLessThan(4);
      if (isUtf8(cut)) expect(whole).toStrictEqual(cut);
    }),
  );
});

it('what is no text stays as it is', () => {
  const bytes = Buffer.from([0xff, 0x80, 0x80, 0x80, 0x80, 0x80]);
  expect(wholeCharacters(bytes)).toStrictEqual(bytes);
});
