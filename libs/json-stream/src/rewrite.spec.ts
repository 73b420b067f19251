import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scan, scanText } from '../test/scan.js';
import type { Json } from '../test/transformed.js';
import { JsonScanner } from './json-scanner.js';
import { MAX_VALUE_BYTES, textOf, type Rewrite, type Scalar } from './rewrite.js';
import type { Rule } from './rule.js';
import { ruleTree } from './rule-tree.js';

const chunkings = [[1], [2], [3], [7], [1_000_000]];
const anyChunking = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const textIn = (value: Scalar) => textOf(value.raw) ?? '?';
const nameIn = (value: Scalar) => (value.name === undefined ? '' : (textOf(value.name) ?? '?'));
const upper: Rewrite = {
  scalar: (value) => (value.isString ? json(textIn(value).toUpperCase()) : undefined),
};
const hidden: Rewrite = { ...upper, container: () => collected() };

/** Says what it was given. */
function collected() {
  const parts: Buffer[] = [];
  return {
    update: (bytes: Uint8Array) => void parts.push(Buffer.from(bytes)),
    finish: () => json({ raw: Buffer.concat(parts).toString() }),
  };
}

const anyText = fc.oneof(
  fc.constantFrom('x', 'a"b', '\\', 'ß', '😀'),
  fc.string({ maxLength: 20 }),
);
const anyKey = fc.constantFrom('a', 'A', 'data', 'env', 'name', 'value', 'k"y');
const { document: anyDocument } = fc.letrec<{ document: Json }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(anyText, fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(anyKey, tie('document'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

/** The plain meaning of a rewrite of everything, or of what a member of one name holds. */
function changed(value: Json, isHere: (key: string) => boolean, here = false): Json {
  if (typeof value === 'string') return here ? value.toUpperCase() : value;
  if (Array.isArray(value)) return value.map((each) => changed(each, isHere, false));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, changed(inner, isHere, isHere(key))]),
  );
}

describe('a rewrite', () => {
  it.each(chunkings)('does not touch what came out before, in chunks of %i', (size = 1) => {
    const rules: Rule[] = [{ path: ['**', 'data'], rewrite: upper }];
    const bytes = json(['first', 'second', 'third'].map((data) => ({ data })));
    const scanner = new JsonScanner({ rules: ruleTree(rules), maxHeldBytes: 0 });
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      pieces.push(...scanner.push(bytes.subarray(at, at + size)));
    }
    expect(Buffer.concat(pieces).toString()).toBe(
      '[{"data":"FIRST"},{"data":"SECOND"},{"data":"THIRD"}]',
    );
  });

  it('at any depth does what the same function does to the parsed document', () => {
    const rules: Rule[] = [{ path: ['**', 'data'], rewrite: upper }];
    fc.assert(
      fc.property(anyDocument, anyChunking, fc.boolean(), (document, sizes, pretty) => {
        const text = JSON.stringify(document, undefined, pretty ? 1 : undefined);
        const out: unknown = JSON.parse(scanText(text, { rules, sizes }));
        expect(out).toStrictEqual(changed(document, (key) => key.toLowerCase() === 'data'));
      }),
      { numRuns: 1_000 },
    );
  });

  it('that changes nothing leaves the document byte for byte', () => {
    const rules: Rule[] = [{ path: ['**'], rewrite: { scalar: () => undefined, named: 'member' } }];
    fc.assert(
      fc.property(anyDocument, anyChunking, (document, sizes) => {
        const text = JSON.stringify(document, undefined, 1);
        expect(scanText(text, { rules, sizes })).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('beside members that are left out and elements that are judged', () => {
    const judge = (name: string | undefined) =>
      name === 'x' ? ('keep' as const) : ('drop' as const);
    const rules: Rule[] = [
      { path: ['**'], rewrite: upper },
      { path: ['items', '[]'], keepBy: [{ path: ['name'], judge }] },
      { path: ['items', '[]', 'gone'], drop: true },
    ];
    const text = '{"items":[{"a":"b","name":"y"},{"gone":"z","a":"c","name":"x","b":["d",1]}]}';
    const expected = '{"items":[{"a":"C","name":"X","b":["D",1]}]}';
    for (const sizes of chunkings) expect(scanText(text, { rules, sizes })).toBe(expected);
  });

  it('takes objects and arrays whole when it is to', () => {
    const rules: Rule[] = [{ path: ['data', '*'], rewrite: hidden }];
    const text = '{"data":{"a":{"x":["s"]},"b":[1, 2],"c":"s","d":null,"e":5},"z":{"x":"s"}}';
    for (const sizes of chunkings) {
      expect(JSON.parse(scanText(text, { rules, sizes }))).toStrictEqual({
        data: { a: { raw: '{"x":["s"]}' }, b: { raw: '[1, 2]' }, c: 'S', d: null, e: 5 },
        z: { x: 's' },
      });
    }
  });

  it('takes what is too large in parts, or ends', () => {
    const large = 'a'.repeat(MAX_VALUE_BYTES);
    const text = `{"a":"${large}","b":"x"}`;
    const rules = (rewrite: Rewrite): Rule[] => [{ path: ['*'], rewrite }];
    for (const sizes of [[65_536], [10_000_000]]) {
      const out: unknown = JSON.parse(
        scanText(text, { rules: rules({ ...upper, large: collected }), sizes }),
      );
      expect(out).toStrictEqual({ a: { raw: `"${large}"` }, b: 'X' });
      expect(() => scan(text, { rules: rules(upper), sizes })).toThrow(
        expect.objectContaining({ fault: 'too_large' }),
      );
    }
  });

  it.each([
    [
      'the more exact path',
      [{ path: ['a', 'b'], rewrite: hidden }],
      '{"a":{"b":{"raw":"{\\"c\\":\\"d\\"}"}}}',
    ],
    ['a mask', [{ path: ['a', 'b'], mask: '0' }], '{"a":{"b":0}}'],
    ['what is to stay', [{ path: ['a'], leave: true as const }], '{"a":{"b":{"c":"d"}}}'],
  ])('gives way to %s', (_, more, expected) => {
    const rules: Rule[] = [{ path: ['**'], rewrite: upper }, ...more];
    for (const sizes of chunkings) {
      expect(scanText('{"a":{"b":{"c":"d"}}}', { rules, sizes })).toBe(expected);
    }
  });
});

describe('what a rewrite is told of a value', () => {
  const told: Rewrite['scalar'] = (value) => json(`${nameIn(value)}=${textIn(value)}`);

  it('is the name of its member', () => {
    const rules: Rule[] = [{ path: ['**'], rewrite: { scalar: told, named: 'member' } }];
    const text = '{"a\\u0062":1,"c":{"d":["e"],"f":"g"},"h":true}';
    const expected = { ab: 'ab=1', c: { d: ['=e'], f: 'f=g' }, h: 'h=true' };
    for (const sizes of chunkings) {
      expect(JSON.parse(scanText(text, { rules, sizes }))).toStrictEqual(expected);
    }
  });

  const labelled: Rule[] = [
    { path: ['**', 'env', '[]', 'name'], label: true },
    { path: ['**', 'env', '[]', 'value'], rewrite: { scalar: told, named: 'label' } },
  ];
  it('is the label beside it, and never that of another element', () => {
    const text =
      '{"env":[{"name":"A","value":"1"},{"value":"2"},{"from":{"name":"X"},"value":"3"},{"value":"4","name":"D"}]}';
    for (const sizes of chunkings) {
      const out = scanText(text, { rules: labelled, sizes });
      expect(Array.from(out.matchAll(/"value":"(.*?)"/g), ([, value]) => value)).toStrictEqual([
        'A=1',
        '=2',
        '=3',
        '=4',
      ]);
    }
  });

  it.each([true, false])('is the label beside it, also behind others further in: %j', (skim) => {
    const rules: Rule[] = [
      { path: ['**', '[]', 'name'], label: true },
      { path: ['**', 'args', '[]'], rewrite: { scalar: () => undefined, named: 'previous' } },
      { path: ['**', '[]', 'value'], rewrite: { scalar: told, named: 'label' } },
    ];
    const inner = '{"name":"B","value":"1"}';
    const text = `[{"name":"A","in":[${inner},${inner}],"args":["x"],"value":"2"},{"value":"3"}]`;
    for (const sizes of chunkings) {
      const out = scanText(text, { rules, sizes, skim });
      expect(Array.from(out.matchAll(/"value":"(.*?)"/g), ([, value]) => value)).toStrictEqual([
        'B=1',
        'B=1',
        'A=2',
        '=3',
      ]);
    }
  });

  it('ends everything when the label changes after a value stayed for it', () => {
    const rules: Rule[] = [
      { path: ['[]', 'name'], label: true },
      { path: ['[]', 'value'], rewrite: { scalar: () => undefined, named: 'label' } },
    ];
    for (const sizes of chunkings) {
      expect(() => scan('[{"name":"A","value":"1","name":"B"}]', { rules, sizes })).toThrow(
        expect.objectContaining({ fault: 'ambiguous' }),
      );
    }
  });

  it('is the last string before it in the array', () => {
    const rules: Rule[] = [{ path: ['[]'], rewrite: { scalar: told, named: 'previous' } }];
    for (const sizes of chunkings) {
      expect(scanText('["a","b",1,["x"],"c"]', { rules, sizes })).toBe(
        '["=a","a=b","b=1",["x"],"b=c"]',
      );
    }
  });
});

describe('rules', () => {
  it('with ** in them are a finite tree', () => {
    const paths = [['**', 'a', '**', 'b'], ['**', '[]', 'a'], ['**'], ['a', '**', '*', '**', 'c']];
    const tree = ruleTree(paths.map((path) => ({ path, mask: '1' })));
    expect(tree.anyMember).toBeDefined();
  });
});
