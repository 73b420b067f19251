import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz } from '@drawbridge/fuzzing';
import { MaskKeys } from '../../src/mask-keys.js';
import { Masker } from '../../src/masker.js';
import { RoundTripGuard } from '../../src/round-trip-guard.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const placeholder = masker.line('password=hunter2').replace('password=', '');

const encoded = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const escapes: readonly ((letter: string) => string)[] = [
  (letter) => letter,
  (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
  (letter) => `\\u00${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  (letter) => `\\x${letter.charCodeAt(0).toString(16)}`,
];

/** As it is, in base64 at any alignment, in base64 of that, and escaped here and there. */
const spelled = fc
  .record({
    before: fc.string({ unit: 'grapheme-ascii', maxLength: 5 }),
    depth: fc.nat(2),
    kinds: fc.array(fc.nat(escapes.length - 1), { minLength: 1, maxLength: 7 }),
    breaks: fc.nat(3),
  })
  .map(({ before, depth, kinds, breaks }) => {
    let text = `${depth === 0 ? '' : before}${placeholder}`;
    for (let turn = 0; turn < depth; turn += 1) text = encoded(text);
    const letters = Array.from(text, (letter, at) => {
      const escape = escapes[kinds[at % kinds.length] ?? 0];
      return escape?.(letter) ?? letter;
    });
    // Between letters: nobody takes an escape that is broken in two.
    return letters
      .map((letter, at) => (breaks === 0 && at % 70 === 69 ? `${letter}\n` : letter))
      .join('');
  });

fuzz({
  file: import.meta.url,
  samples: fc.record({
    before: fc.string({ maxLength: 300 }),
    written: spelled,
    after: fc.string({ maxLength: 60 }),
    sizes: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 6 }),
  }),
  holds: ({ before, written, after, sizes }) => {
    // As a member of an object: what stands before it ends with a quote.
    const body = Buffer.from(`${JSON.stringify({ before })}"${written}"${JSON.stringify(after)}`);
    const guard = new RoundTripGuard();
    for (const chunk of cut(body, sizes)) guard.push(chunk);
    expect(guard.found).toBe(true);
    const innocent = new RoundTripGuard();
    for (const chunk of cut(Buffer.from(JSON.stringify({ before, after })), sizes)) {
      innocent.push(chunk);
    }
    expect(innocent.found).toBe(false);
  },
});
