import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scan, scanText } from '../test/scan.js';
import { transformed, verdictsOn, type Json } from '../test/transformed.js';
import { JsonScanner } from './json-scanner.js';
import type { Rule } from './rule.js';
import { ruleTree } from './rule-tree.js';

const MASK = '"***"';
const kept = (...names: string[]) => ({
  path: ['metadata', 'name'],
  judge: (text: string | undefined) =>
    text !== undefined && names.includes(text) ? ('keep' as const) : ('drop' as const),
});
const chunkings = [[1], [2], [3], [7], [1_000_000]];
const anyChunking = fc.oneof(
  fc.constantFrom(...chunkings),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
);

// A small world of names, so that rules and documents meet often.
const anyKey = fc.constantFrom(
  'a',
  'A',
  'items',
  'metadata',
  'name',
  'Name',
  'data',
  'é',
  '',
  'k"y',
);
const anyText = fc.oneof(
  fc.constantFrom('x', 'y', 'z\\"', '\u2028', '😀'),
  fc.string({ unit: 'binary' }),
);
const { document: anyDocument } = fc.letrec<{ document: Json }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      anyText,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(anyKey, tie('document'), { maxKeys: 5 }),
  ),
}));
const anySegment = fc.constantFrom('a', 'items', 'metadata', 'name', 'data', '*', '[]');
const anyPath = fc.array(anySegment, { minLength: 1, maxLength: 4 });
const anyRule: fc.Arbitrary<Rule> = fc.oneof(
  anyPath.map((path) => ({ path, mask: MASK })),
  anyPath.map((path) => ({ path: [...path, 'a'], drop: true as const })),
  fc.record({ path: anyPath, keepOnly: fc.subarray(['a', 'items', 'name']) }),
);

/** The same value in other bytes: with spaces everywhere, and letters of names and texts escaped. */
function otherwise(value: Json, form: { pretty: boolean; escape: boolean }): string {
  const gap = form.pretty ? '\n\t ' : '';
  const text = (plain: string) => {
    const quoted = JSON.stringify(plain);
    return form.escape && /^[a-zA-Z]+$/.test(plain)
      ? quoted.replaceAll(/[aAnst]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
      : quoted;
  };
  const joined = (parts: string[]) => `${gap}${parts.join(`${gap},${gap}`)}${gap}`;
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return `[${joined(value.map((each) => otherwise(each, form)))}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, inner]) => `${text(key)}${gap}:${gap}${otherwise(inner, form)}`,
  );
  return `{${joined(members)}}`;
}
const anyForm = fc.record({ pretty: fc.boolean(), escape: fc.boolean() });

describe('a document without rules', () => {
  it('comes out as it went in, byte for byte, however it is cut', () => {
    fc.assert(
      fc.property(anyDocument, anyForm, anyChunking, (document, form, sizes) => {
        const text = otherwise(document, form);
        expect(scanText(text, { sizes })).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('masks, drops and what is kept only', () => {
  it('do what the same rules do to the parsed document', () => {
    const rules = fc.array(anyRule, { maxLength: 4 });
    fc.assert(
      fc.property(anyDocument, rules, fc.tuple(anyForm, anyChunking), (document, some, how) => {
        const [form, sizes] = how;
        const out = scanText(otherwise(document, form), { rules: some, sizes });
        expect(JSON.parse(out)).toStrictEqual(transformed(document, some));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(chunkings)('leave correct commas in chunks of %i', (size) => {
    const rules: Rule[] = [{ path: ['b'], drop: true }];
    const sizes = [size];
    expect(scanText('{"b":1,"a":2,"c":3}', { rules, sizes })).toBe('{"a":2,"c":3}');
    expect(scanText('{ "a" : 2 , "b" : [{},"]"] , "c":3 }', { rules, sizes })).toBe(
      '{ "a" : 2  , "c":3 }',
    );
    expect(scanText('{"a":2,"b":1}', { rules, sizes })).toBe('{"a":2}');
    expect(scanText('{"b":1}', { rules, sizes })).toBe('{}');
  });

  it.each([
    '{"data":{"pw":"hunter2"}}',
    '{"Data":{"pw":"hunter2"}}',
    '{"\\u0064ata":{"pw":"hunter2"}}',
    '{"dat\\u0041":{"pw":"hunter2"}}',
    '{"data":{"pw":"hunter2"},"data":{"pw":"hunter2"}}',
    '{ "data" : { "pw" :\n"hunter2" , "n": 5, "o": {"hunter2":["hunter2"]} } }',
    '{"data":"hunter2"}',
    '{"data":["hunter2"]}',
  ])('T13 hide %s in every chunking', (text) => {
    const rules: Rule[] = [
      { path: ['data'], mask: MASK },
      { path: ['a', '[]', '*'], mask: MASK },
    ];
    for (const sizes of chunkings) {
      const out = scanText(text, { rules, sizes });
      expect(out).not.toContain('hunter2');
      JSON.parse(out);
    }
  });

  it.each([
    ['secretK', '{"secret\u212a":1}'],
    ['secretk', '{"SECRET\\u212A":1}'],
    ['secrets', '{"\u017fecret\u017f":1}'],
    ['secrets', '{"\\u017Fecrets":1}'],
  ])('fold names as Go does: %s is %s', (name, text) => {
    expect(scanText(text, { rules: [{ path: [name], mask: MASK }] })).toContain(MASK);
  });

  it('leave null as it is, and other names too', () => {
    const rules: Rule[] = [{ path: ['data'], mask: MASK }];
    expect(scanText('{"data":null,"dat":1,"dataa":2,"d\xe4ta":3}', { rules })).toBe(
      '{"data":null,"dat":1,"dataa":2,"d\xe4ta":3}',
    );
  });
});

describe('elements that are kept by a field', () => {
  const anyElement = fc.record(
    {
      spec: anyDocument,
      metadata: fc.record(
        { labels: anyDocument, name: fc.oneof(fc.constantFrom('x', 'y', 'secret'), anyDocument) },
        { requiredKeys: [], noNullPrototype: true },
      ),
      data: anyDocument,
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const guard = { path: ['items', '[]'], keepBy: [kept('x', 'y')] };
  const rules: Rule[] = [
    { path: [], keepOnly: ['kind', 'items'] },
    guard,
    { path: ['items', '[]', 'data', '*'], mask: MASK },
  ];

  it('are those that are kept of the parsed document', () => {
    const items = fc.array(fc.oneof(anyElement, anyDocument), { maxLength: 6 });
    const list = fc.record({ continue: anyText, items, kind: anyText, extra: anyDocument });
    fc.assert(
      fc.property(list, anyForm, anyChunking, (document, form, sizes) => {
        // `name` and `Name`, one shown and one hidden: that ends it, see below.
        const verdicts = document.items.map((item) => verdictsOn(item, guard));
        fc.pre(!verdicts.some((all) => all.includes('keep') && all.includes('drop')));
        const out = scanText(otherwise(document, form), { rules, sizes });
        expect(JSON.parse(out)).toStrictEqual(transformed(document, rules));
      }),
      { numRuns: 500 },
    );
  });

  it.each(chunkings)('are judged by a name that comes last, in chunks of %i', (size) => {
    const item = (name: string) => `{"spec":[1,{"a":"}"}],"metadata":{"uid":"u","name":"${name}"}}`;
    const text = `{"items":[${['a', 'x', 'b', 'y', 'c'].map(item).join(',')}]}`;
    const expected = `{"items":[${['x', 'y'].map(item).join(',')}]}`;
    expect(scanText(text, { rules, sizes: [size] })).toBe(expected);
  });

  it.each([
    ['no object at all', '{"items":[1,"x",null,[{"metadata":{"name":"x"}}]]}', '{"items":[]}'],
    ['without a name', '{"items":[{"metadata":{}},{}]}', '{"items":[]}'],
    [
      'with a name that is no text',
      '{"items":[{"metadata":{"name":{"name":"x"}}}]}',
      '{"items":[]}',
    ],
    [
      'with a name elsewhere',
      '{"items":[{"spec":{"metadata":{"name":"x"}},"name":"x"}]}',
      '{"items":[]}',
    ],
    [
      'with an escaped name',
      '{"items":[{"metadata":{"name":"\\u0078"}}]}',
      '{"items":[{"metadata":{"name":"\\u0078"}}]}',
    ],
    ['no array but null', '{"items":null}', '{"items":null}'],
    ['an empty array', '{"items":[ ]}', '{"items":[ ]}'],
    [
      'first hidden, then shown',
      '{"items":[{"metadata":{"name":"b","name":"x"}}]}',
      '{"items":[]}',
    ],
  ])('are left out or kept: %s', (_, text, expected) => {
    for (const sizes of chunkings) expect(scanText(text, { rules, sizes })).toBe(expected);
  });

  it.each([
    ['unexpected', '{"items":{"a":{"metadata":{"name":"b"}}}}'],
    ['unexpected', '{"items":"b"}'],
    ['unexpected', '{"ITEMS":7}'],
    ['ambiguous', '{"items":[{"metadata":{"name":"x"},"metadata":{"name":"b"}}]}'],
    ['ambiguous', '{"items":[{"metadata":{"name":"x","Name":"b"}}]}'],
    ['ambiguous', '{"items":[{"metadata":{"name":"x","name":5}}]}'],
  ])('end everything when they are %s: %s', (fault, text) => {
    for (const sizes of chunkings) {
      expect(() => scan(text, { rules, sizes })).toThrow(expect.objectContaining({ fault }));
    }
  });

  it('are held up to the limit, and not a byte of them goes out', () => {
    const scanner = new JsonScanner({ rules: ruleTree(rules), maxHeldBytes: 100 });
    const head = scanner.push(Buffer.from('{"items":[{"spec":"'));
    expect(Buffer.concat(head).toString()).toBe('{"items":[');
    expect(scanner.push(Buffer.alloc(80, 'a'))).toStrictEqual([]);
    expect(() => scanner.push(Buffer.alloc(80, 'a'))).toThrow(
      expect.objectContaining({ fault: 'too_large' }),
    );
    expect(() => scanner.push(Buffer.from('"}]}'))).toThrow('larger than 100 bytes');
  });

  it('flow as soon as they are judged, however large they are', () => {
    const spec = 'a'.repeat(1_000);
    const shown = `{"items":[{"metadata":{"name":"x"},"spec":"${spec}"}]}`;
    const hidden = `{"items":[{"metadata":{"name":"b"},"spec":"${spec}"}]}`;
    const options = { rules, sizes: [64], maxHeldBytes: 100 };
    expect(scanText(shown, options)).toBe(shown);
    expect(scanText(hidden, options)).toBe('{"items":[]}');
  });
});

describe('a stream of documents', () => {
  const type = (text: string | undefined) => (text === 'BOOKMARK' ? ('keep' as const) : undefined);
  const field = kept('x');
  const rules: Rule[] = [
    {
      path: [],
      keepBy: [
        { path: ['type'], judge: type },
        { path: ['object', ...field.path], judge: field.judge },
      ],
    },
  ];
  const frame = (name: string, kind = 'ADDED') =>
    `{"type":"${kind}","object":{"metadata":{"name":"${name}"},"a":1}}\n`;

  it.each(chunkings)('lets whole documents through, or none of them, in chunks of %i', (size) => {
    const bookmark = '{"type":"BOOKMARK","object":{"metadata":{}}}\n';
    const text = [frame('b'), frame('x'), bookmark, frame('c'), frame('x'), frame('d')].join('');
    const out = scanText(text, { rules, stream: true, sizes: [size] });
    expect(out).toBe([frame('x'), bookmark, frame('x')].join(''));
  });

  it('gives a document out as soon as it is there, its line end too', () => {
    const scanner = new JsonScanner({ rules: ruleTree(rules), stream: true, maxHeldBytes: 1_000 });
    const push = (text: string) => Buffer.concat(scanner.push(Buffer.from(text))).toString();
    expect(push(frame('x'))).toBe(frame('x'));
    expect(push(frame('b'))).toBe('');
    expect(push(frame('x').slice(0, -1))).toBe(frame('x').slice(0, -1));
    expect(push('\n')).toBe('\n');
    expect(push('{"type":"ADDED",')).toBe('');
    expect(() => scanner.end()).toThrow('too early');
  });

  it('may be empty', () => {
    expect(scanText('', { stream: true })).toBe('');
    expect(scanText(' \n', { stream: true })).toBe(' \n');
  });
});

describe('T24 what is no JSON', () => {
  it.each([
    ...[
      '',
      ' ',
      '{',
      '[',
      '"',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,',
      '[1',
      '[1,',
      '"a',
      'tru',
      '-',
    ],
    ...['}', ']', ',', ':', '{]', '[}', '{"a":1]', '[1}', '{1:2}', '{a:1}', "{'a':1}", '{"a" 1}'],
    ...['{"a":1,}', '[1,]', '[,1]', '{,}', '[1 2]', '[1:2]', '{"a","b"}', '{"a":1 "b":2}', '1 2'],
    ...[
      '01',
      '1.',
      '.5',
      '1e',
      '+1',
      '0x1',
      'NaN',
      'nul',
      'nulll',
      'True',
      '--1',
      '1-',
      'truefalse',
    ],
    ...['{}{}', '[] []', '/**/{}', '{}//', '\uFEFF{}', '\0', '[1\x0b]', '{"a":undefined}'],
  ])('%j ends it, in every chunking', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    for (const sizes of chunkings) {
      expect(() => scan(text, { sizes })).toThrow(expect.objectContaining({ fault: 'malformed' }));
    }
  });

  it('never comes out as something that parses', () => {
    const anyRules = fc.array(anyRule, { maxLength: 2 });
    const anyBytes = fc
      .tuple(
        anyDocument,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Array.from('{}[]",:\\ 01tn\0'))), {
          maxLength: 3,
        }),
      )
      .map(([document, edits]) => {
        const characters = Array.from(JSON.stringify(document));
        for (const [at, character] of edits) characters[at % (characters.length + 1)] = character;
        return characters.join('');
      });
    fc.assert(
      fc.property(anyBytes, anyRules, anyChunking, (text, rules, sizes) => {
        const document = parsed(text);
        if (document !== undefined || text === 'null') return;
        let out: string;
        try {
          out = scanText(text, { sizes });
        } catch {
          return;
        }
        expect(parsed(out)).toBeUndefined();
        // With rules it may have been a string that was wrong, and that is gone.
        try {
          scanText(text, { rules, sizes });
        } catch {
          return;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is any text deeper than 256 levels', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);
    expect(scanText(nested(256))).toBe(nested(256));
    expect(() => scan(nested(258))).toThrow(expect.objectContaining({ fault: 'too_deep' }));
    expect(() => scan('['.repeat(100_000))).toThrow(expect.objectContaining({ fault: 'too_deep' }));
  });

  it('and bytes that are no UTF-8 outside of strings end it; inside they pass', () => {
    expect(() => scan(Buffer.from([0x5b, 0xff, 0x5d]))).toThrow('no valid JSON');
    const inside = Buffer.from([
      0x7b, 0x22, 0xff, 0xc3, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d,
    ]);
    expect(scan(inside, { rules: [{ path: ['a'], mask: MASK }], sizes: [1] })).toStrictEqual(
      inside,
    );
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
