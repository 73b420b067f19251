import { expect } from 'vitest';
import fc from 'fast-check';
import { fuzz, latin1 } from '@drawbridge/fuzzing';
import { knownTokens } from '../../src/known-tokens.js';
import { SiftedScan } from '../../src/sifted-scan.js';
import { TextScan } from '../../src/text-scan.js';

const signs = Array.from(' \t\n\0=:@."\'\\-/,;_+x1Aey');
const words = [
  ...knownTokens.map(({ prefix, min }) => `${prefix}${'A'.repeat(min)}`),
  ...knownTokens.map(({ prefix }) => prefix),
  ...['password', 'Token', 'apiKey', 'b64', 'pass-word1', 'dsn', 'tokens', '://', 'eyJ', 'null'],
  ...['0.', '0.2809190813846357', '99.4111 1111 1111 1111'],
  ...['4111 1111 1111 1111', '378282246310005', '4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1', '2026-11-22 '],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN CERTIFICATE-----',
    '-----END',
    'drawbridge:masked:',
  ],
  ...['q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc', 'LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t', 'a'.repeat(99)],
];
const anyPiece = fc.oneof(
  fc.constantFrom(...signs),
  fc.constantFrom(...words),
  fc.string({ maxLength: 8 }),
  fc.string({ maxLength: 40, unit: fc.constantFrom(...signs, 'a', 'Z', '0', '9') }),
);
const [all, sifted] = [new TextScan(), new SiftedScan()];

// The sieve may say too much, never too little: then a secret would be shown.
fuzz({
  file: import.meta.url,
  samples: fc.record({
    pieces: fc.array(anyPiece, { maxLength: 40 }),
    times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
    before: fc.string({ maxLength: 5 }),
    behind: fc.string({ maxLength: 5 }),
    isLast: fc.boolean(),
  }),
  holds: ({ pieces, times, before, behind, isLast }) => {
    const text = latin1(pieces.join('').repeat(times));
    const bytes = Buffer.concat([latin1(before), text, latin1(behind)]);
    const start = latin1(before).length;
    const slice = { bytes, start, end: start + text.length };
    const decided = all.scan(slice, isLast);
    expect(sifted.scan(slice, isLast), 'decided').toBe(decided);
    expect(JSON.stringify(sifted.found)).toBe(JSON.stringify(all.found));
  },
});
