import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, secretEndings, secretWords } from './secret-name.js';
import { TextDetectors } from './text-detectors.js';
import { knownTokens } from './known-tokens.js';
import { shortValues } from './value-masks.js';

const detectors = new TextDetectors();
const { maxBytes, without } = shortValues;

const slice = (text: string) => {
  const bytes = Buffer.from(text);
  return { bytes, start: 0, end: bytes.length };
};
/** What detectors look for begins with these; then digits, then anything. */
const pieces = [...knownTokens.map(({ prefix }) => prefix), '4111111111111', '-----BEGIN', 'Aa1'];
const short = fc
  .oneof(
    fc.string({ maxLength: maxBytes }),
    fc.tuple(fc.constantFrom(...pieces), fc.string()).map((both) => both.join('')),
  )
  .map((text) => Array.from(text, (each) => (without.includes(each) ? '-' : each)).join(''))
  .map((text) => text.slice(0, maxBytes));

describe('T13 values that nobody is asked about', () => {
  it('hold nothing that detectors find', () => {
    fc.assert(
      fc.property(short, (text) => {
        expect(detectors.isClean(slice(text))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('are too short for every token that is known', () => {
    for (const { prefix, min } of knownTokens) {
      expect(prefix.length + min, prefix).toBeGreaterThan(maxBytes);
    }
  });

  it('have nothing beside them that has the name of a secret', () => {
    for (const word of secretWords.flatMap((each) => [each, each.toUpperCase()])) {
      expect(isSecretName(slice(word), 'anywhere')).toBe(true);
      expect(Array.from(word).some((letter) => shortValues.labels.includes(letter))).toBe(true);
    }
    const letters = 'secret.token-PASSWORD_dsnAuthorizationCookieconnectionstring';
    const name = fc.string({
      unit: fc.constantFrom(...Array.from(letters)),
      minLength: 3,
      maxLength: 14,
    });
    fc.assert(
      fc.property(name, (text) => {
        const without = Array.from(text, (each) =>
          shortValues.labels.includes(each) ? 'e' : each,
        );
        expect(isSecretName(slice(without.join('')), 'anywhere')).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  it('have no name that ends as the name of a secret does', () => {
    const name = fc
      .tuple(fc.string(), fc.constantFrom('password', 'TOKEN', 'apiKeys', 'secret2', 'dsn_value'))
      .map((both) => both.join(''));
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ minLength: 3 })), (text) => {
        const [before = 0, last = 0] = Buffer.from(text.toLowerCase()).subarray(-2);
        const mayBeOne = secretEndings[(before << 8) | last] === 1;
        // Names with other letters are not skimmed.
        const isAscii = Buffer.from(text).every((byte) => byte < 0x80);
        if (isAscii && !mayBeOne) expect(isSecretName(slice(text), 'end')).toBe(false);
      }),
      { numRuns: 2_000 },
    );
    expect(secretEndings[('r'.charCodeAt(0) << 8) | 'd'.charCodeAt(0)]).toBe(1);
    expect(secretEndings[('a'.charCodeAt(0) << 8) | 'e'.charCodeAt(0)]).toBe(0);
  });
});
