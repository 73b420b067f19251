import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { MaskKeys } from '../../src/mask-keys.js';
import { Masker } from '../../src/masker.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const CANARY = 'cAnary-hunter2';
const b64 = (text: string) => Buffer.from(text).toString('base64');
const LAST = 'kubectl.kubernetes.io/last-applied-configuration';

/** What is no secret, of names that the rules look at. */
const { plain: anyJson } = fc.letrec<{ plain: Json }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('plain'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('kind', 'name', 'value', 'items', 'object', 'spec', 'metadata', 'x"\\y'),
      tie('plain'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

const secret = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Secret'),
  data: fc.constantFrom<Json[]>(
    { pw: b64(CANARY) },
    { a: '', pw: b64(CANARY), b: null },
    [b64(CANARY)],
    { pw: { deep: [b64(CANARY)] } },
  ),
  stringData: fc.constantFrom<Json[]>({ t: CANARY }, CANARY, [CANARY]),
  more: anyJson,
});
const applied = secret.map((inner) => ({
  kind: 'Secret',
  metadata: { annotations: { [LAST]: JSON.stringify(inner) } },
}));
const wrapped: fc.Arbitrary<Json> = fc
  .tuple(fc.oneof(secret, applied), fc.array(fc.nat(4), { maxLength: 4 }), anyJson)
  .map(([inner, layers, beside]) =>
    layers.reduce<Json>((all, kind) => wrap(kind, all, beside), inner),
  );

function wrap(kind: number, inner: Json, beside: Json): Json {
  const ways: readonly Json[] = [
    { kind: 'SecretList', items: [beside, inner] },
    { type: 'ADDED', object: inner },
    { kind: 'Table', rows: [{ cells: ['x'], object: inner }] },
    { items: [inner], metadata: beside },
    [inner, beside],
  ];
  return ways[kind] ?? inner;
}

/** The same document in other bytes: spaces, escapes of letters, other cases of the names that count. */
interface Form {
  readonly pretty: boolean;
  readonly escape: number;
  readonly upper: boolean;
}

function written(document: Json, { pretty, escape, upper }: Form): string {
  const text = JSON.stringify(document, undefined, pretty ? 1 : undefined);
  const named = upper
    ? text.replaceAll(/"(data|stringData)"/g, (name) => name.toUpperCase())
    : text;
  let turn = 0;
  // Only what JSON itself does not say: no letter behind a backslash.
  return named.replaceAll(/\\.|[a-zA-Z]/g, (each) => {
    const isInside = each.length === 1 && escape > 0 && (turn += 1) % escape === 0;
    return isInside ? `\\u00${each.charCodeAt(0).toString(16)}` : each;
  });
}

/** Letters outside of strings may not be escaped: words are put back. */
const valid = (text: string): string | undefined => {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
};

function masked(text: string, sizes: readonly number[]): string {
  const mask = masker.body(
    { apiGroup: '', resource: 'secrets', subresource: '' },
    { contentType: 'application/json', contentEncoding: '', isStream: false },
  );
  const out: Buffer[] = [];
  for (const chunk of cut(Buffer.from(text), sizes)) {
    for (const piece of mask.push(chunk)) out.push(Buffer.from(piece));
  }
  for (const piece of mask.end()) out.push(Buffer.from(piece));
  return Buffer.concat(out).toString();
}

fuzz({
  file: import.meta.url,
  samples: fc.record({
    document: wrapped,
    form: fc.record({ pretty: fc.boolean(), escape: fc.nat(6), upper: fc.boolean() }),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
  }),
  holds: ({ document, form, sizes }) => {
    const text = valid(written(document, form)) ?? written(document, { ...form, escape: 0 });
    const whole = masked(text, []);
    expect(masked(text, sizes), 'however it is cut').toBe(whole);
    const seen = JSON.stringify(JSON.parse(whole));
    for (const spelling of spellings) expect(seen).not.toContain(spelling);
  },
});

const spellings = [CANARY, b64(CANARY), latin1(CANARY).toString('hex')];
