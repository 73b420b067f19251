import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { Masker, MaskKeys } from '@drawbridge/masking';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
/** In none of the texts around it. */
const SECRET = 'Zq7Xv9Kp2Mw4Rt6By8Nc3Hd5Jf1LgQs0Vu';
const BLOCK = 512;

interface Entry {
  readonly name: string;
  readonly content: string;
}

const octal = (number: number, digits: number) => `${number.toString(8).padStart(digits, '0')}\0`;

/** As ustar has it: a header with its checksum, and contents in whole blocks. */
function entryOf({ name, content }: Entry): Buffer {
  const bytes = latin1(content);
  const head = Buffer.alloc(BLOCK);
  const fields = { 0: name, 100: octal(0o644, 7), 124: octal(bytes.length, 11), 156: '0' };
  for (const [at, text] of Object.entries(fields)) head.write(text, Number(at), 'latin1');
  head.write('ustar\u000000', 257, 'latin1');
  head.fill(' ', 148, 156);
  head.write(
    `${octal(
      head.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
    'latin1',
  );
  return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))]);
}

const archiveOf = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([...entries.map(entryOf), Buffer.alloc(2 * BLOCK)]);

/** Names and lengths of what is in an archive. */
function tableOf(archive: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const head = archive.subarray(at, at + BLOCK);
    const size = parseInt(head.toString('latin1', 124, 135), 8);
    const sum = parseInt(head.toString('latin1', 148, 154), 8);
    const summed = Buffer.from(head).fill(' ', 148, 156);
    expect(summed.reduce((all, byte) => all + byte, 0)).toBe(sum);
    found.push(`${head.toString('latin1', 0, head.indexOf(0))} ${size}`);
    at += BLOCK + size + (-size & (BLOCK - 1));
  }
  return found;
}

function masked(archive: Buffer, sizes: readonly number[]): Buffer {
  const mask = masker.archive();
  const out: Buffer[] = [];
  for (const chunk of cut(archive, sizes)) {
    out.push(...mask.push(chunk).map((piece) => Buffer.from(piece)));
  }
  out.push(...mask.end().map((piece) => Buffer.from(piece)));
  return Buffer.concat(out);
}

const anyText = fc.oneof(
  fc.constantFrom('\n', ' ', 'password', '\u0000', '\xff', '-----BEGIN PRIVATE KEY-----\n', 'eyJ'),
  fc.string({ maxLength: 40 }),
  fc.nat(1_100).map((length) => 'a b\n'.repeat(length / 4)),
);
const planted = fc.constantFrom(
  `\npassword=${SECRET}\n`,
  `\npostgres://app:${SECRET}@db/app\n`,
  `\nghp_${SECRET}${SECRET}\n`,
  `\n${SECRET}\n`,
  '',
);
const names = fc.stringMatching(/^[a-z]{1,12}\.[a-z]{1,3}$/);

/** Every file of an archive arrives under its name, in its length, without the secret; however it is cut. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    entries: fc.array(
      fc.record({
        name: names,
        before: fc.array(anyText, { maxLength: 4 }),
        secret: planted,
        after: fc.array(anyText, { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    sizes: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
    flips: fc.array(fc.tuple(fc.nat(5_000), fc.nat(255)), { maxLength: 2 }),
    end: fc.nat(6_000),
  }),
  holds: ({ entries, sizes, flips, end }) => {
    const archive = archiveOf(
      entries.map(({ name, before, secret, after }) => ({
        name,
        content: [...before, secret, ...after].join(''),
      })),
    );
    const whole = masked(archive, []);
    expect(masked(archive, sizes).equals(whole)).toBe(true);
    expect(whole.length).toBe(archive.length);
    expect(tableOf(whole)).toStrictEqual(tableOf(archive));
    expect(whole.includes(SECRET.slice(0, 17))).toBe(false);
    expect(whole.includes(SECRET.slice(17))).toBe(false);
    // Of what is broken, or broken off, no more is shown.
    const broken = Buffer.from(archive.subarray(0, end));
    for (const [at, value] of flips) if (at < broken.length) broken[at] = value;
    const rest = masked(broken, []);
    expect(masked(broken, sizes).equals(rest)).toBe(true);
    if (broken.includes(SECRET)) expect(rest.includes(SECRET)).toBe(false);
  },
});
