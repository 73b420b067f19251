import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, secretEndings, secretWords } from './secret-name.js';
import { MaskKeys } from './mask-keys.js';
import { Masker } from './masker.js';
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

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const pods = { apiGroup: '', resource: 'pods', subresource: '' };
const json = { contentType: 'application/json', contentEncoding: '', isStream: false };
const maskedIn = (body: string): number => {
  const mask = masker.body(pods, json);
  mask.push(Buffer.from(body));
  mask.end();
  return mask.masked;
};
/** Of every length and at every place in sixteen bytes, with something behind it that is none of it. */
const longer = fc.record({
  before: fc.string({ maxLength: 20, unit: fc.constantFrom('x', ' ', '-', '7') }),
  piece: fc.oneof(
    fc.constantFrom(
      ...knownTokens.map(({ prefix, min }) => `${prefix}${'A'.repeat(min)}`),
      ...[
        '4111 1111 1111 1111',
        'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc',
        'password=hunter2',
        '://u:p@h',
      ],
      ...['checkout:1.4.2', '2026-11-22T07:37:27Z', '10.0.0.17', '0.4111111111111111', 'me@x'],
    ),
    fc.string({ maxLength: 40, unit: fc.constantFrom(...Array.from('=:@.-/_+ x1Ay8sG')) }),
  ),
  behind: fc.string({ maxLength: 20, unit: fc.constantFrom('x', ' ', '.', '7') }),
  next: fc.constantFrom('"', '","b":"=', '","1111 1111":"', '" , "token":"'),
});

describe('T13 values that are looked through where they stand', () => {
  it('are masked if detectors find something in them, whatever stands beside them', () => {
    fc.assert(
      fc.property(longer, ({ before, piece, behind, next }) => {
        const text = `${before}${piece}${behind}`;
        const { found } = detectors.stages[0]?.scan(slice(text), true) ?? { found: [] };
        const rest = next === '"' ? '' : '"';
        const own = maskedIn(`{"spec":{"a":"${text}${next}${rest}}}`);
        const beside = maskedIn(`{"spec":{"a":"${next}${rest}}}`);
        expect(own - beside).toBe(found.length > 0 ? 1 : 0);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('T13 values that may be documents', () => {
  it.each(['[nobody can read this', '{nobody can read this', '   {nobody can read it'])(
    'are not left to those who look for secrets: %j',
    (text) => {
      expect(maskedIn(`{"metadata":{"annotations":{"a":"${text}"}}}`)).toBe(1);
    },
  );
});

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
