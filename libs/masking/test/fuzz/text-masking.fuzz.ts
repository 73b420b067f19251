import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { MaskKeys } from '../../src/mask-keys.js';
import { Masker } from '../../src/masker.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
/** In none of the texts around it. */
const SECRET = 'Zq7Xv9Kp2Mw4Rt6By8Nc3Hd5Jf1LgQs0Vu';
const pem = `-----BEGIN PRIVATE KEY-----\n${`${SECRET}${SECRET}\n`.repeat(3)}-----END PRIVATE KEY-----`;

/** Whatever a log may hold; nothing in it begins what is planted behind it. */
const anyText = fc.oneof(
  fc.constantFrom(
    '\n',
    ' ',
    'level=info msg="started"',
    '{"time":"2026-01-01T00:00:00Z"}',
    '::',
    '@@',
  ),
  fc.constantFrom(
    '-----BEGIN CERTIFICATE-----',
    'password',
    'token:',
    'eyJ',
    'ghp_',
    'postgres://',
    '\\"',
  ),
  fc.constantFrom('0.', '7', '0.2809190813846357', '1.4111 1111 1111 1111', '378282246310005.'),
  fc.constantFrom('\u001b[31m', '\r', '\u0000', 'ü', '\xff', '"', "'", '%%', 'AKIA'),
  fc.string({ maxLength: 20 }),
);
const anySecret = fc.constantFrom(
  `password=${SECRET}`,
  `"token": "${SECRET}"`,
  `Authorization: Bearer ${SECRET}`,
  `postgres://app:${SECRET}@db:5432/app`,
  `ghp_${SECRET}${SECRET}`,
  SECRET,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${SECRET}`,
  pem,
);

function masked(bytes: Buffer, sizes: readonly number[]): string {
  const mask = masker.text();
  const out: Buffer[] = [];
  for (const chunk of cut(bytes, sizes)) {
    for (const piece of mask.push(chunk)) out.push(Buffer.from(piece));
  }
  for (const piece of mask.end()) out.push(Buffer.from(piece));
  return Buffer.concat(out).toString('latin1');
}

fuzz({
  file: import.meta.url,
  samples: fc.record({
    before: fc.array(anyText, { maxLength: 12 }),
    secret: anySecret,
    after: fc.array(anyText, { maxLength: 12 }),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
  }),
  holds: ({ before, secret, after, sizes }) => {
    // A line of its own: what stands before it is another matter, but for its state.
    const bytes = latin1([...before, '\n', secret, '\n', ...after].join(''));
    const whole = masked(bytes, []);
    expect(masked(bytes, sizes), 'however it is cut').toBe(whole);
    expect(whole).not.toContain(SECRET.slice(0, 17));
    expect(whole).not.toContain(SECRET.slice(17));
  },
});
