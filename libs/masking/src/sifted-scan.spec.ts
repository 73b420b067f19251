import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownTokens } from './known-tokens.js';
import { MAX_PLACES, MAX_SIEVED_BYTES } from './sieve-memory.js';
import { SiftedScan } from './sifted-scan.js';
import { TextScan } from './text-scan.js';
import { TextSieve } from './text-sieve.js';

/** In the middle of other bytes that would mean something. */
function placed(text: string | Buffer, before = 'a=:1x-Ej', behind = '=9j-"x.:') {
  const inside = typeof text === 'string' ? Buffer.from(text) : text;
  const bytes = Buffer.concat([Buffer.from(before), inside, Buffer.from(behind)]);
  return { bytes, start: before.length, end: before.length + inside.length };
}

/** What is found in a text and up to where it is decided: by looking at all of it closely, and with the sieve. */
function both(slice: ReturnType<typeof placed>, isLast: boolean, unknown = true) {
  const [all, sifted] = [new TextScan(unknown), new SiftedScan(unknown)];
  return [
    { decided: all.scan(slice, isLast), found: all.found },
    { decided: sifted.scan(slice, isLast), found: sifted.found },
  ] as const;
}

const digits = '4111 1111 1111 1111';
const tokens = knownTokens.map(({ prefix, min }) => `${prefix}${'A'.repeat(min)}`);
const random = 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc';
const secrets = [
  ...tokens,
  digits,
  digits.replaceAll(' ', '-'),
  '378282246310005',
  '4222222222222',
  '6011111111111117',
  '2223003122003222',
  'token\\" =x',
  'pwd   :x',
  '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
  random,
  // Of half of the letters each: the sieve tells them apart by halves.
  'Mz4Kq7Bx2Gv9Jp5Dy8Ew3Fs6Cu1Ht0Ar',
  'Mc4Kh7Bb2Gk9Jd5Df8Le3Fg6Ca1Hi0Am',
  // What is longer than anything held is cut there, and the rest begins anew.
  `${'x'.repeat(16_384)}AKIA${'A'.repeat(16)}`,
  'eyJa..',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.dozj',
  'password=x',
  'DB_PASSWORD_2 = x',
  'tokenb64:x',
  'pass-word1:x',
  'apiKey64="x"',
  '\\"token\\": \\"x y\\"',
  'Cookie : x',
  'https://u:p@h',
  '://:p@h://:q@',
  '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
  '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----',
  'LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t',
];
const anyPiece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...secrets) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...Array.from(' \t\n\0=:@."\'\\-/,;x1A'),
      '://',
      '-----',
      '   ',
      'null',
      'Bearer ',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'password',
      'token',
      'eyJ',
      'xoxb-',
      'hvs.',
      'AKIA',
      '4111',
      '1111 ',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'drawbridge:masked:token:580bf63d:Mm609ng-UZ8ZjDKSm9KOZs',
      '2026-11-22T07:37:27.123456789Z level=info path=/api/v1/namespaces/x status=200',
      '10.1.7.9 - - [22/Nov/2026:11:12:08 +0000] "GET /x?y=1 HTTP/1.1" 200 5123',
      '\tat com.example.shop.OrderService.handle(OrderService.java:123)',
      '{"level":"info","traceId":"0d2b6c1e-6ddc-4b5a-9f0e-5b0c9c3c3d1a","n":1763797047123}',
    ),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 9 }) },
  { weight: 1, arbitrary: fc.constantFrom('é', '\u001b[31m', 'a'.repeat(70), '1'.repeat(30)) },
);
const anyText = fc.array(anyPiece, { maxLength: 24 }).map((pieces) => pieces.join(''));

describe('a text that is sieved first', () => {
  it('T13 shows what looking at all of it closely shows', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), fc.boolean(), (text, isLast, unknown) => {
        const [all, sifted] = both(placed(text), isLast, unknown);
        // Quicker than to compare objects.
        expect(JSON.stringify(sifted)).toBe(JSON.stringify(all));
      }),
      { numRuns: 1_000 },
    );
  });

  it('T13 is clean when nothing is found in it, and only then', () => {
    const [all, sifted] = [new TextScan(), new SiftedScan()];
    fc.assert(
      fc.property(anyText, (text) => {
        const slice = placed(text);
        all.scan(slice, true);
        expect(sifted.isClean(slice)).toBe(all.found.length === 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(secrets)('T13 %j has a place, wherever it begins and ends', (secret) => {
    const sieve = new TextSieve();
    const found = new TextScan();
    for (let shift = 0; shift < 40; shift += 1) {
      const slice = placed(`${'- '.repeat(shift)}${shift % 2 === 0 ? '' : '"'}${secret}`, '', '');
      found.scan(slice, true);
      const begin = found.found[0]?.start;
      if (begin === undefined) continue;
      expect(sieve.suspects(slice)?.some((place) => place <= begin + secret.length)).toBe(true);
    }
  });

  it('has few places when it is an ordinary log', () => {
    const line =
      '2026-11-22T07:37:27.123456789Z I1122 checkout-7d4b9c5f6d level=info path=/api/v1/x dur=12ms\n';
    expect(new TextSieve().suspects(placed(line.repeat(100)))).toStrictEqual([]);
  });

  it.each([
    ['is longer than there is room for', `${'x y '.repeat(MAX_SIEVED_BYTES / 4)}password=x`],
    ['has more places than there is room for', 'pwd=x '.repeat(MAX_PLACES + 1)],
  ])('is looked at closely when it %s', (_, text) => {
    expect(new TextSieve().suspects(placed(text))).toBeUndefined();
    const [all, sifted] = both(placed(text), true);
    expect(sifted).toStrictEqual(all);
    expect(all.found.length).toBeGreaterThan(0);
  });

  it('leaves nothing for the next one', () => {
    const sieve = new TextSieve();
    sieve.suspects(placed(`password=${random}`.repeat(9), '', ''));
    expect(sieve.suspects(placed('://', '', ''))).toStrictEqual([]);
    expect(sieve.suspects(placed('=', '', ''))).toStrictEqual([]);
  });
});

/** How many bytes of a text are read, one by one or as a part of it, but for those that are made to text. */
function reads(text: string): number {
  let count = 0;
  const counting = (bytes: Uint8Array): Uint8Array =>
    new Proxy(bytes, {
      get(target, name): unknown {
        if (name === 'subarray') {
          return (start: number, end: number) => counting(target.subarray(start, end));
        }
        if (name === Symbol.iterator) {
          count += target.length;
          return () => target.values();
        }
        const value: unknown = Reflect.get(target, name, target);
        if (typeof name === 'string' && /^\d/.test(name)) count += 1;
        return value;
      },
    });
  const bytes = new Uint8Array(Buffer.from(text));
  new SiftedScan().scan({ bytes: counting(bytes), start: 0, end: bytes.length }, true);
  return count;
}

describe('T24 the work for a text', () => {
  it.each([
    'a',
    '1',
    '=',
    '://',
    '@',
    'eyJ-',
    'eyJa.',
    'AKIA-',
    'xoxb-',
    'password="',
    '"token":',
    'token=\\',
    '://a@',
    '@ ://',
    '4444 ',
    '4444-',
    '/LS0tLS1CRUdJTi/',
    'A1b/',
    'drawbridge:masked:',
    '   ',
    '"""',
  ])('is that of its length, whatever stands in it: %j', (part) => {
    const [once, twice] = [20_000, 40_000].map((size) =>
      reads(part.repeat(Math.ceil(size / part.length))),
    );
    expect(twice).toBeLessThan((once ?? 0) * 2.2 + 1_000);
  });
});
