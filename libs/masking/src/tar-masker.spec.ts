import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskKeys } from './mask-keys.js';
import { Masker } from './masker.js';
import { PLACEHOLDER_SHAPE } from './placeholder.js';

const patterns = [{ kind: 'customer-number', pattern: 'KD-[0-9]{8}', literal: 'KD-' }];
const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)), patterns });
const RANDOM = 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc';
const BASE64_KEY = Buffer.from('-----BEGIN EC PRIVATE KEY-----\nMIIE').toString('base64');
/** What is secret, by what stands around it. */
const canaries: Readonly<Record<string, readonly [before: string, secret: string]>> = {
  known: ['id ', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'],
  jwt: ['', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'],
  pem: ['x ', '-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----'],
  encoded: ['key-data: ', BASE64_KEY],
  labelled: ['password=', 'hunter2'],
  quoted: ['"apiKey": "', 'hunter22'],
  url: ['postgres://app:', 'hunter2@'],
  card: ['card ', '4111 1111 1111 1111'],
  own: ['customer ', 'KD-12345678'],
  random: ['id ', RANDOM],
};
const typed = Object.entries(canaries).filter(([kind]) => kind !== 'random');
/** What stands in names: nothing with a line end or a slash. */
const named = typed.filter(([, [, secret]]) => !/[\n/]/.test(secret));

interface Entry {
  readonly name?: string;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly fields?: Readonly<Record<number, string>>;
  /** Instead of the length of the content. */
  readonly size?: number;
}

const octal = (number: number, digits: number) => `${number.toString(8).padStart(digits, '0')}\0`;
const sumOf = (block: Buffer) =>
  block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

function entry({ name = 'file', type = '0', content = '', fields = {}, size }: Entry): Buffer {
  const bytes = Buffer.from(content);
  const block = Buffer.alloc(512);
  const all = {
    0: name,
    100: octal(0o644, 7),
    108: octal(0, 7),
    116: octal(0, 7),
    124: octal(size ?? bytes.length, 11),
    136: octal(1_763_797_047, 11),
    156: type,
    257: 'ustar\u000000',
    265: 'root',
    ...fields,
  };
  for (const [at, text] of Object.entries(all)) block.write(text, Number(at), 'latin1');
  block.write(`${octal(sumOf(block), 6)} `, 148);
  return Buffer.concat([block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const length = [1, 2, 3, 4]
    .map((digits) => rest + digits)
    .find((all) => `${all}`.length + rest === all);
  return `${length ?? 0} ${key}=${value}\n`;
}
const END = Buffer.alloc(1_024);
const archive = (...entries: readonly Entry[]) => Buffer.concat([...entries.map(entry), END]);

function mask(bytes: Buffer, sizes: readonly number[] = [bytes.length]) {
  const archiveMasker = masker.archive();
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    out.push(...archiveMasker.push(chunk).map((piece) => Buffer.from(piece)));
    chunk.fill(0x21);
    at += size;
  }
  out.push(...archiveMasker.end().map((piece) => Buffer.from(piece)));
  return { out: Buffer.concat(out), masked: archiveMasker.masked };
}

/** Reads an archive as any reader does; names are those of the header. */
function read(bytes: Buffer): { name: string; type: string; content: Buffer }[] {
  const entries = [];
  for (let at = 0; bytes.readUInt8(at) !== 0;) {
    const block = bytes.subarray(at, at + 512);
    const text = (start: number, end: number) =>
      block.subarray(start, end).toString('latin1').replace(/\0.*/s, '');
    expect(Number.parseInt(text(148, 156), 8)).toBe(sumOf(block));
    const size = Number.parseInt(text(124, 136), 8);
    const content = bytes.subarray(at + 512, at + 512 + size);
    entries.push({ name: text(0, 100), type: text(156, 157), content });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}

describe('T13 an archive', () => {
  it.each(Object.entries(canaries))(
    'shows nothing of %s in a content',
    (_kind, [before, secret]) => {
      const content = `a\n${before}${secret}"\nz`;
      const bytes = archive({ name: 'one', content }, { name: 'two', content: 'untouched' });
      const { out, masked } = mask(bytes);
      expect(out).toHaveLength(bytes.length);
      expect(out.toString('latin1')).not.toContain(secret);
      expect(masked).toBeGreaterThan(0);
      const [one, two] = read(out);
      expect(one?.content.toString()).toMatch(/^a\n[^]*"\nz$/);
      expect(two).toMatchObject({ name: 'two', content: Buffer.from('untouched') });
    },
  );

  it('has whole placeholders where there is room', () => {
    const [, secret] = canaries['jwt'] ?? ['', ''];
    const { out } = mask(archive({ content: `${secret} and password=hunter2\n` }));
    const content = read(out)[0]?.content.toString() ?? '';
    expect(PLACEHOLDER_SHAPE.exec(content)?.[1]).toBe('jwt');
    expect(content).toMatch(/ and password=\*{7}\n$/);
  });

  it.each(named)('shows nothing of %s in names, links, users', (_kind, [before, secret]) => {
    const text = `${before}${secret}`.slice(0, 99);
    const held = text.slice(before.length);
    const fields = { 157: text, 345: text, ...(text.length < 32 ? { 265: text, 297: text } : {}) };
    const bytes = archive({ name: text, type: '2', fields }, { name: 'next', content: 'x' });
    const { out } = mask(bytes);
    expect(out).toHaveLength(bytes.length);
    expect(out.toString('latin1')).not.toContain(held);
    expect(read(out).map(({ type }) => type)).toStrictEqual(['2', '0']);
    expect(read(out)[1]?.name).toBe('next');
  });

  it.each(named)('shows nothing of %s in long names and attributes', (_kind, [before, secret]) => {
    const long = `${'d/'.repeat(40)}${before}${secret}`;
    const pax = record('path', long) + record('comment', `${before}${secret}`);
    const bytes = archive(
      { name: `PaxHeaders/${long}`.slice(0, 99), type: 'x', content: pax },
      { name: long.slice(0, 99), content: 'one' },
      { name: '././@LongLink', type: 'L', content: `${long}\0` },
      { name: long.slice(0, 99), content: 'two' },
      { name: 'last', content: 'three' },
    );
    const { out } = mask(bytes);
    expect(out).toHaveLength(bytes.length);
    expect(out.toString('latin1')).not.toContain(secret.slice(0, 8));
    const entries = read(out);
    expect(entries.map(({ type }) => type)).toStrictEqual(['x', '0', 'L', '0', '0']);
    expect(entries.at(-1)).toMatchObject({ name: 'last', content: Buffer.from('three') });
    const lengths = (text: string) => text.match(/^\d+ \S+=/gm);
    expect(lengths(entries[0]?.content.toString() ?? '')).toStrictEqual(lengths(pax));
  });

  it('shows no secret that stands in both fields of a name', () => {
    const bytes = archive({ name: 'hunter2', content: 'x', fields: { 345: 'https://app:pass' } });
    expect(mask(bytes).out).toStrictEqual(bytes);
    const split = archive({ name: '@host', content: 'x', fields: { 345: 'a password=hunter2' } });
    expect(mask(split).out.toString('latin1')).not.toContain('hunter2');
    const both = archive({ name: 'ter2', fields: { 345: 'a password=hun' } });
    expect(mask(both).out.toString('latin1')).not.toMatch(/hun|ter2/);
  });

  it('keeps names that only look drawn by chance, also in attributes', () => {
    const pax = record('path', `tmp/${RANDOM}/file`);
    const bytes = archive(
      { type: 'x', content: pax },
      { name: `tmp/${RANDOM}/file`, content: 'a' },
    );
    expect(mask(bytes)).toStrictEqual({ out: bytes, masked: 0 });
    const comment = archive({ type: 'g', content: record('comment', RANDOM) });
    expect(mask(comment).out.toString('latin1')).not.toContain(RANDOM);
  });

  it('takes the size of a content from its attributes', () => {
    const content = 'password=hunter2 '.repeat(40);
    const pax = { type: 'x', content: record('size', String(content.length)) };
    const bytes = archive(pax, { name: 'big', content, size: 0 }, { name: 'next', content: 'x' });
    const { out } = mask(bytes);
    expect(out).toHaveLength(bytes.length);
    expect(out.toString('latin1')).not.toContain('hunter2');
    expect(out.subarray(-2_048)).toStrictEqual(bytes.subarray(-2_048));
  });

  it('passes nothing on between two entries', () => {
    const bytes = archive({ content: 'x' });
    bytes.write('swordfish', 600);
    expect(mask(bytes).out).toStrictEqual(archive({ content: 'x' }));
  });
});

describe('T13 what is no archive', () => {
  const secret = 'token=swordfish';
  it.each([
    ['text', Buffer.from(`${secret} `.repeat(100))],
    ['short text', Buffer.from(secret)],
    ['text behind an archive', Buffer.concat([archive({ content: 'x' }), Buffer.from(secret)])],
    ['an archive that ends early', archive({ content: secret }).subarray(0, 512 + 15)],
    ['a header that ends early', entry({ name: secret }).subarray(0, 300)],
    ['notes without end', entry({ type: 'x', content: secret, size: 1 << 20 })],
    ['notes that end early', entry({ type: 'L', content: secret, size: 4_000 })],
    ['notes that are none', archive({ type: 'x', content: `17 path=${secret}` })],
    [
      'a size that is none',
      archive({ type: 'x', content: record('size', '-1') }, { name: secret }),
    ],
    ['a number that is none', archive({ fields: { 108: secret.slice(6) }, content: secret })],
    ['a sum that is wrong', Buffer.concat([entry({ name: secret }).fill('7', 100, 101), END])],
  ])('is masked all the same: %s', (_what, bytes) => {
    for (const sizes of [[bytes.length], [1], [511], [513]]) {
      const { out, masked } = mask(bytes, sizes);
      expect(out.toString('latin1')).not.toContain('swordfish');
      expect(masked).toBeGreaterThan(0);
    }
  });

  it('is shown when it is silent, an archive only when it is decided', () => {
    const text = masker.archive();
    text.push(Buffer.from(`${'x\n'.repeat(256)}Password: `));
    expect(text.heldBytes).toBeGreaterThan(0);
    expect(Buffer.concat(text.flush()).toString()).toBe('Password: ');
    const inside = masker.archive();
    inside.push(entry({ content: 'password=hunter2' }).subarray(0, 512 + 12));
    expect(inside.heldBytes).toBe(0);
    expect(inside.flush()).toStrictEqual([]);
  });
});

const anyContent = fc.oneof(
  fc.constantFrom(...Object.values(canaries).map(([before, secret]) => `${before}${secret} `)),
  fc.constantFrom('plain text\n', 'password', '=', '"', '\0', 'a'.repeat(600)),
  fc.string({ maxLength: 20 }),
);
const anyEntry: fc.Arbitrary<Entry> = fc
  .tuple(
    fc.constantFrom('0', '5', 'x', 'L', 'g', '7'),
    fc.array(anyContent, { maxLength: 6 }).map((parts) => parts.join('')),
    fc.constantFrom('a', ...named.map(([, [before, secret]]) => `${before}${secret}`.slice(0, 99))),
  )
  .map(([type, text, name]) => {
    const content =
      type === '5' ? '' : type === 'x' || type === 'g' ? record('comment', text) : text;
    return { type, name, content };
  });

describe('an archive in parts', () => {
  it('comes out the same however it is split, as long as it was', () => {
    const anySizes = fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 5 }), anySizes, (entries, sizes) => {
        const bytes = archive(...entries);
        const whole = mask(bytes);
        expect(whole.out).toHaveLength(bytes.length);
        expect(read(whole.out)).toHaveLength(entries.length);
        expect(mask(bytes, sizes)).toStrictEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});
