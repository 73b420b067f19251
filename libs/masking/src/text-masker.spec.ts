import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskKeys } from './mask-keys.js';
import { PLACEHOLDER_SHAPE } from './placeholder.js';
import { TextDetectors } from './text-detectors.js';
import { maskBytes, TextMasker } from './text-masker.js';
import { emailPattern } from './text-pattern.js';
import { MAX_HELD_BYTES } from './text-window.js';

const key = new MaskKeys(Buffer.alloc(32, 7)).current;
const detectors = new TextDetectors();
const pem = (title: string) =>
  `-----BEGIN ${title}-----\nMIIEowIBAAKCAQEA\nq2Lz=\n-----END ${title}-----`;
const b64 = (text: string) => Buffer.from(text).toString('base64');
const jwt =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const random = 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc';

/** Each text, what of it must be gone, and what stands in its place. */
const secrets: readonly (readonly [text: string, secret: string, kind: string])[] = [
  ['id AKIAIOSFODNN7EXAMPLE.', 'AKIAIOSFODNN7EXAMPLE', 'aws-access-key-id'],
  [
    'x wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'token',
  ],
  [`AIza${'Sy0-_aB'.repeat(5)}`, `AIza${'Sy0-_aB'.repeat(5)}`, 'gcp-api-key'],
  [`ya29.${'a0AfH6SMB-x_'.repeat(4)} `, `ya29.${'a0AfH6SMB-x_'.repeat(4)}`, 'gcp-oauth-token'],
  [`export T=ghp_${'a1B2'.repeat(9)}`, `ghp_${'a1B2'.repeat(9)}`, 'github-token'],
  ['xoxb-123456789012-abcDEF', 'xoxb-123456789012-abcDEF', 'slack-token'],
  ['(sk_live_4eC39HqLyjWDarjtT1zdp7dc)', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'stripe-key'],
  ['AccountName=x;AccountKey=abc+/12==;End', 'abc+/12==', 'labelled'],
  [`got ${jwt}, ok`, jwt, 'jwt'],
  [`a\n${pem('RSA PRIVATE KEY')}\nb`, pem('RSA PRIVATE KEY'), 'private-key'],
  [`{"k":"${pem('PRIVATE KEY').replaceAll('\n', '\\n')}"}`, 'MIIEowIBAAKCAQEA', 'private-key'],
  [
    `2026-01-01T00:00:00Z -----BEGIN PRIVATE KEY-----\n2026-01-01T00:00:00Z MIIE\n2026-01-01T00:00:00Z -----END PRIVATE KEY-----`,
    'MIIE',
    'private-key',
  ],
  [`client-key-data: ${b64(pem('EC PRIVATE KEY'))}`, b64(pem('EC PRIVATE KEY')), 'private-key'],
  ['postgres://app:hunter2@db:5432/x', 'hunter2', 'url-password'],
  ['redis://:hunter2@cache', 'hunter2', 'url-password'],
  ['password=hunter2', 'hunter2', 'labelled'],
  ['DB_PASSWORD: hunter2\n', 'hunter2', 'labelled'],
  ['{"apiKey" : "hunter2"}', 'hunter2', 'labelled'],
  ['{\\"token\\":\\"hunter2\\"}', 'hunter2', 'labelled'],
  ['"secret":"hun\\"ter2"', 'ter2', 'labelled'],
  ['Authorization: Bearer hunter2', 'hunter2', 'labelled'],
  ['authorization: Basic aHVudGVyMg==', 'aHVudGVyMg==', 'labelled'],
  ['card 4111 1111 1111 1111 ok', '4111 1111 1111 1111', 'card-number'],
  ['378282246310005', '378282246310005', 'card-number'],
  ['pan=5555-5555-5555-4444', '5555-5555-5555-4444', 'card-number'],
  ['It is 378282246310005.', '378282246310005', 'card-number'],
  ['card.378282246310005', '378282246310005', 'card-number'],
  ['1.4111 1111 1111 1111', '4111 1111 1111 1111', 'card-number'],
  [`id ${random}`, random, 'token'],
  [`/services/T0000/B0000/${random}`, random, 'token'],
];
/** What operators need to read, and looks like it at first sight. */
const harmless: readonly string[] = [
  '2026-11-22T07:37:27.123456789Z level=info msg="handled" path=/api/v1/namespaces/x/pods dur=12ms',
  'pod checkout-7d4b9c5f6d-x2x9k uid=0d2b6c1e-6ddc-4b5a-9f0e-5b0c9c3c3d1a',
  'image registry.k8s.io/pause@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  pem('CERTIFICATE').replace('q2Lz=', random),
  'password: ${DB_PASSWORD} secret=null token= passwd="" pwd=$(cat)',
  'secretName: db-credentials-ref tokenExpirationSeconds=3600 passwordPolicy=strict',
  'MutatingWebhookConfiguration admissionregistration.k8s.io/v1beta1 HorizontalPodAutoscalerList',
  'card 4111 1111 1111 1112, epoch 1763797047123 and 1763797047123456789, 10.0.0.1:8080',
  'load 0.2809190813846357 and -12.378282246310005, 99.4111111111111111% of {"score":0.4111111111111111}',
  'see https://example.com:8443/a/b?x=1 and user@host:/srv',
  'drawbridge:masked:secret:580bf63d:Mm609ng-UZ8ZjDKSm9KOZs',
  'commit 2932b4c6f1e0d9a8b7c6d5e4f3a2b1c0d9e8f7a6',
  '{"level":"info","ts":1763797047.12,"logger":"controller-runtime.metrics","msg":"Serving"}',
];

const mask = (text: string) => Buffer.from(maskBytes(Buffer.from(text), detectors, key)).toString();

/** Everything that comes out of a text that goes in in parts, which are spoiled afterwards. */
function stream(text: string | Uint8Array, sizes: readonly number[], found = detectors): string {
  const masker = new TextMasker(found, key);
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    out.push(...masker.push(chunk).map((piece) => Buffer.from(piece)));
    expect(masker.heldBytes).toBeLessThanOrEqual(MAX_HELD_BYTES + size);
    chunk.fill(0x21);
    at += size;
  }
  out.push(...masker.end().map((piece) => Buffer.from(piece)));
  return Buffer.concat(out).toString();
}

describe('a text', () => {
  it.each(secrets)('T13 %j does not show what is secret in it', (text, secret, kind) => {
    const out = mask(text);
    expect(out).not.toContain(secret);
    expect(PLACEHOLDER_SHAPE.exec(out)?.[1]).toBe(kind);
  });

  it.each(harmless)('%j stays as it is', (text) => {
    expect(mask(text)).toBe(text);
  });

  it('shows that two secrets are the same, and which are not', () => {
    const [same, other] = ['password=hunter2', 'password=hunter3'];
    expect(mask(same).slice(-22)).toBe(mask('postgres://u:hunter2@x').slice(-24, -2));
    expect(mask(same)).not.toBe(mask(other));
  });

  it('that is masked already stays', () => {
    for (const [text] of secrets) expect(mask(mask(text))).toBe(mask(text));
  });
});

const anySnippet = fc.oneof(
  fc.constantFrom(...secrets.map(([text]) => text), ...harmless),
  fc.constantFrom(
    'password',
    '=',
    ':',
    ' ',
    '"',
    '\n',
    '://',
    'u:p@',
    '-----',
    '4111 1111 ',
    'eyJ',
    '.',
    'token: ',
    '\\',
  ),
  fc.string({ maxLength: 12 }),
);
const anyText = fc.array(anySnippet, { maxLength: 12 }).map((parts) => parts.join(''));
const anySizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });

describe('a text in parts', () => {
  it('comes out the same however it is split', () => {
    fc.assert(
      fc.property(anyText, anySizes, (text, sizes) => {
        expect(stream(text, sizes)).toBe(mask(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('also with patterns of its own', () => {
    const own = new TextDetectors([emailPattern, { kind: 'ticket', pattern: 'TKT-(\\d+)' }]);
    const line = 'mail jane.doe@corp.test about TKT-12345';
    const out = Buffer.from(maskBytes(Buffer.from(line), own, key)).toString();
    expect(out).toMatch(
      /^mail drawbridge:masked:email:\S+ about TKT-drawbridge:masked:ticket:\S+$/,
    );
    fc.assert(
      fc.property(anyText, anySizes, (text, sizes) => {
        const whole = `${text} ${line}\n${text}`;
        const expected = Buffer.from(maskBytes(Buffer.from(whole), own, key)).toString();
        expect(stream(whole, sizes, own)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['letters', 'a'],
    ['base64', random],
    ['of a label', `password="${'x y'.repeat(9_000)}"`],
    ['of a URL', `https://${'!'.repeat(40_000)}`],
    ['of a key', '-----BEGIN PRIVATE KEY-----\nabc'],
    ['digits', '4 '],
  ])('is not held for longer than the limit: %s', (_, part) => {
    const text = part.repeat(Math.ceil(60_000 / part.length));
    for (const sizes of [[1_000], [4_093], [60_000]]) expect(stream(text, sizes)).toBe(mask(text));
  });

  it('is passed on as far as it is harmless, with what is not over', () => {
    const masker = new TextMasker(detectors, key);
    const push = (text: string) => Buffer.concat(masker.push(Buffer.from(text))).toString();
    expect(push('user@host:~$ ')).toBe('user@host:~$ ');
    expect(push('kube')).toBe('');
    expect(Buffer.concat(masker.flush()).toString()).toBe('kube');
    expect(masker.flush()).toStrictEqual([]);
    expect(push('ctl get ')).toBe('ctl get ');
    expect(push('Password: ')).toBe('');
    expect(Buffer.concat(masker.flush()).toString()).toBe('Password: ');
    expect(push('hunter2\n')).toMatch(/^drawbridge:masked:labelled:\S+\n$/);
    expect(masker.masked).toBe(1);
  });

  it('masks the rest of what was passed on too early', () => {
    const masker = new TextMasker(detectors, key);
    masker.push(Buffer.from(random.slice(0, 8)));
    expect(Buffer.concat(masker.flush()).toString()).toBe(random.slice(0, 8));
    const rest = Buffer.concat([...masker.push(Buffer.from(random.slice(8))), ...masker.end()]);
    expect(rest.toString()).toMatch(/^drawbridge:masked:token:/);
  });
});

// How much is read is counted in sifted-scan.spec.ts.
describe('T24 a text that is hostile', () => {
  it.each([
    'eyJ-',
    'eyJa.',
    '-----BEGIN\0',
    '-----BEGIN PRIVATE KEY-----',
    'AKIA-',
    'xoxb-',
    'password="',
    '"token":',
    '://a@',
    '4444 ',
    '4444-',
    '/LS0tLS1CRUdJTi/',
    'A1b/',
    'drawbridge:masked:',
  ])('is masked, and does not take for ever: %j', (part) => {
    const text = part.repeat(Math.ceil(300_000 / part.length));
    expect(stream(text, [65_536])).toBe(mask(text));
  });
});

describe('a private key behind other signs', () => {
  const lines = pem('PRIVATE KEY').split('\n');
  it.each([
    ['as a diff adds it', lines.map((line) => `+${line}\n`).join('')],
    ['as a diff takes it out', lines.map((line) => `-${line}\n`).join('')],
    ['behind a path', `key/0x${pem('EC PRIVATE KEY')}.`],
    ['behind a token', `ghp_${'a1B2'.repeat(9)}/${pem('PRIVATE KEY')}`],
  ])('is masked however it is split: %s', (_, text) => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const masker = new TextMasker(detectors, key);
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap((part) =>
        masker.push(part).map((piece) => Buffer.from(piece)),
      );
      const masked = Buffer.concat([...pieces, ...masker.end()]).toString();
      expect(masked).toContain('drawbridge:masked:private-key:');
      expect(masked).not.toContain('MIIEowIBAAKCAQEA');
      expect(masked).not.toContain('q2Lz=');
    }
  });

  it.each(['CERTIFICATE', 'PRIVATE KEY'])(
    'does not hide a secret that stands before it without a line end: %s',
    (title) => {
      const secret = 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc';
      const bytes = Buffer.from(`${secret}${pem(title)}\n`);
      const all = mask(bytes.toString());
      expect(all).toContain('drawbridge:masked:token:');
      expect(all).not.toContain(secret);
      expect(all.includes('MIIEowIBAAKCAQEA')).toBe(title === 'CERTIFICATE');
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const masker = new TextMasker(detectors, key);
        const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap((part) =>
          masker.push(part).map((piece) => Buffer.from(piece)),
        );
        expect(Buffer.concat([...pieces, ...masker.end()]).toString()).toBe(all);
      }
    },
  );
});
