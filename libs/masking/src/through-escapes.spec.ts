import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskKeys } from './mask-keys.js';
import { Masker } from './masker.js';
import { MAX_ESCAPED_BYTES } from './through-escapes.js';

const keys = new MaskKeys(Buffer.alloc(32, 7));
const ticket = { kind: 'ticket', pattern: 'TKT-[0-9]+', literal: 'TKT-' };
const masker = new Masker({ keys, patterns: [ticket] });
const random = 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc';
const pem = `-----BEGIN PRIVATE KEY-----\n${`${random}q2Lz\n`.repeat(3)}-----END PRIVATE KEY-----`;

const secrets: readonly (readonly [text: string, secret: string])[] = [
  ['id AKIAIOSFODNN7EXAMPLE.', 'AKIAIOSFODNN7EXAMPLE'],
  [`export T=ghp_${'a1B2'.repeat(9)} # ok`, `ghp_${'a1B2'.repeat(9)}`],
  ['(sk_live_4eC39HqLyjWDarjtT1zdp7dc)', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'],
  [`got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${random}, ok`, random],
  [`a\n${pem}\nb`, random],
  ['postgres://app:hunter2hunter@db:5432/x', 'hunter2hunter'],
  ['password=hunter2hunter \n', 'hunter2hunter'],
  ['{"apiKey" : "hunter2hunter"}', 'hunter2hunter'],
  ['Authorization: Bearer hunter2hunter\n', 'hunter2hunter'],
  ['card 4111 1111 1111 1111 ok', '4111 1111 1111 1111'],
  [`id ${random} and so on`, random],
  ['see TKT-1234567890 there\n', 'TKT-1234567890'],
];
/** Colours as of grep, jq, shells and terminfo, and what erases the rest of a line. */
const escapes = [
  ...['\u001b[m', '\u001b[K', '\u001b[01;31m\u001b[K', '\u001b[38;2;255;0;100m', '\u001b[0;32m'],
  ...['\u001b(B\u001b[m', '\u001b[m\u000f', '\u001b[?25l', '\u001b[2J'],
];
const anyEscape = new RegExp(String.raw`\u001b(?:\[[0-?]*[mJKhl]|\(B)[\u000e\u000f]*`, 'gu');

/** Everything that comes out of a text that goes in in parts. */
function stream(text: string, sizes: readonly number[] = [text.length + 1]): string {
  const mask = masker.text();
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    out.push(...mask.push(chunk).map((piece) => Buffer.from(piece)));
    // The line that patterns wait for is as much again.
    expect(mask.heldBytes).toBeLessThanOrEqual(2 * MAX_ESCAPED_BYTES + size);
    chunk.fill(0x21);
    at += size;
  }
  out.push(...mask.end().map((piece) => Buffer.from(piece)));
  return Buffer.concat(out).toString();
}

const plain = (text: string) => text.replaceAll(anyEscape, '');
const anyPlaces = fc.array(fc.record({ at: fc.nat(200), escape: fc.constantFrom(...escapes) }), {
  minLength: 1,
  maxLength: 12,
});
const anySizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });
type Places = readonly { readonly at: number; readonly escape: string }[];

/** The text with escapes in it. */
function coloured(text: string, places: Places): string {
  const parts = text.split('');
  for (const { at, escape } of places) {
    const place = at % (text.length + 1);
    parts[place] = escape + (parts[place] ?? '');
  }
  return parts.join('');
}

describe('T13 a secret with colours in its middle', () => {
  it.each(secrets)('%j is masked wherever they stand, and however it comes', (text, secret) => {
    const masked = stream(text);
    expect(masked).not.toContain(secret);
    fc.assert(
      fc.property(anyPlaces, anySizes, (places, sizes) => {
        const given = coloured(text, places);
        const out = stream(given, sizes);
        // The same as of the text without them.
        expect(plain(out)).toBe(masked);
        // And all of them, in their order: what comes behind has the colour that it had.
        expect(out.match(anyEscape)?.join('')).toBe(given.match(anyEscape)?.join(''));
      }),
      { numRuns: 400 },
    );
  });

  it('has the placeholder that it has without them', () => {
    const out = stream('T=\u001b[32mghp_\u001b[01;31m\u001b[K' + 'a1B2'.repeat(9) + '\u001b[m\n');
    expect(plain(out)).toBe(stream(`T=ghp_${'a1B2'.repeat(9)}\n`));
    expect(out.indexOf('\u001b[01;31m')).toBeGreaterThan(out.indexOf(':github-token:'));
    expect(out.endsWith('\u001b[01;31m\u001b[K\u001b[m\n')).toBe(true);
  });

  it.each([
    '\u001b[3;1H',
    '\u001b[5C',
    '\u001b7',
    '\u001bM',
    '\u001b[20G',
    '\u001b]0;title\u001b\\',
  ])(
    'is masked right behind what moves the cursor, and is not one with what stands before: %j',
    (move) => {
      for (const [text, secret] of secrets) {
        const masked = stream(text);
        for (const size of [1, 7, 1_000]) {
          const out = stream(`x${move}${text}${move}x`, [size]);
          expect(out).toBe(`x${move}${masked}${move}x`);
          expect(out).not.toContain(secret);
        }
      }
      const known = stream('AKIAIOSFODNN7EXAMPLE');
      expect(stream(`x${move}AKIAIOSFODNN7EXAMPLE\r\n`)).toBe(`x${move}${known}\r\n`);
    },
  );

  it('is masked in lines that an editor draws', () => {
    const lines = pem.split('\n').map((line, index) => `\u001b[${index + 1};1H${line}\u001b[K`);
    const out = stream(`${lines.join('')}\u001b[9;1H~`);
    expect(out).not.toContain(random);
    expect(out.startsWith('\u001b[1;1Hdrawbridge:masked:private-key:')).toBe(true);
    // All that the editor does with the cursor is done.
    expect(out.endsWith('\u001b[5;1H\u001b[K\u001b[9;1H~')).toBe(true);
  });

  it('is masked for what is still to come when its beginning was shown', () => {
    const mask = masker.text();
    const push = (text: string) => Buffer.concat(mask.push(Buffer.from(text))).toString();
    expect(push(`id ${random.slice(0, 8)}\u001b[1`)).toBe('');
    expect(Buffer.concat(mask.flush()).toString()).toBe(`id ${random.slice(0, 8)}\u001b[1`);
    const end = `${push(`m${random.slice(8)}\u001b[m\n`)}${Buffer.concat(mask.end()).toString()}`;
    expect(end).toMatch(/^drawbridge:masked:token:\S+\n$/u);
    expect(end.endsWith('m\u001b[m\n')).toBe(true);
    expect(end).not.toContain(random.slice(8));
  });
});

describe('a text with escapes', () => {
  it.each([
    '\u001b[32mINFO\u001b[0m \u001b[1mhandled\u001b[0m path=\u001b[4m/api/v1/pods\u001b[24m dur=12ms\n',
    '\u001b[01;34mcheckout-7d4b9c5f6d-x2x9k\u001b[0m  \u001b[01;32mrun.sh\u001b[0m\n',
    '\u001b]0;root@host: ~\u0007\u001b[?2004hroot@host:~# \u001b[Kls\r\n',
    '\u001b[2J\u001b[1;1H~\u001b[2;1H~\u001b[3;1H"file" 3L, 12B\u001b[5;10H',
    'ends with one \u001b[',
    'or \u001b',
    '\u001b\u001b[m\u001b[\u001b(\u001b(B\u000f\u000e.',
  ])('%j stays as it is, however it is split', (text) => {
    for (const size of [1, 2, 3, 5, 8, 13, 1_000]) expect(stream(text, [size])).toBe(text);
  });

  it('comes out the same however it is split', () => {
    const anyText = fc
      .array(
        fc.oneof(
          fc.constantFrom(...secrets.map(([text]) => text), ...escapes),
          fc.constantFrom(
            '\u001b',
            '[',
            '0;3',
            'm',
            '\n',
            ' ',
            '"',
            'password=',
            '4111 ',
            '\u000f',
          ),
          fc.string({ maxLength: 12 }),
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(anyText, anySizes, (text, sizes) => {
        expect(stream(text, sizes)).toBe(stream(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['\u001b[m', true],
    ['\u001b', true],
    ['\u001b[', true],
    ['\u001b[0;', true],
    ['\u001b(', true],
    ['\u001b[m\u000f', true],
    ['a\u001b[m', true],
    ['4\u001b[38;2;255;0;100m', true],
    ['password="\u001b[m', false],
    [`${random}\u001b[m`, false],
    ['-----BEGIN PRIVATE KEY-----\u001b[K', false],
  ])('T24 that is hostile is not held for longer than the limit: %j', (part, stays) => {
    const text = part.repeat(Math.ceil(200_000 / part.length));
    for (const sizes of [[4_093], [65_536], [200_000]]) {
      expect(stream(text, sizes) === text).toBe(stays);
    }
  });
});
