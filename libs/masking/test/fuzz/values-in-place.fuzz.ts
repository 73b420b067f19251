import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz } from '@drawbridge/fuzzing';
import { JsonScanner, ruleTree } from '@drawbridge/json-stream';
import { knownTokens } from '../../src/known-tokens.js';
import { MaskKeys } from '../../src/mask-keys.js';
import { maskRules } from '../../src/mask-rules.js';
import { TextDetectors } from '../../src/text-detectors.js';
import { shortValues, ValueMasks } from '../../src/value-masks.js';

const masks = new ValueMasks(new MaskKeys(Buffer.alloc(32, 7)).current, new TextDetectors());
const target = { apiGroup: '', resource: 'pods', subresource: '' };
const rules = ruleTree(
  maskRules(target, masks, (value) => masks.whole('document', value)),
  shortValues,
);

const words = [
  ...knownTokens.map(({ prefix, min }) => `${prefix}${'A'.repeat(min)}`),
  ...knownTokens.map(({ prefix }) => prefix),
  ...['password', 'Token=', 'apiKey: x', 'b64', 'dsn', '://', '://u:p@h', 'eyJ', '@', '=', ':'],
  ...['4111 1111 1111 1111', '378282246310005', '0.', '4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1'],
  ...['q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc', 'LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t', 'x'.repeat(70)],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '{',
    '[',
    ' ',
    '  {"a":1}',
    '/',
    '-',
    '_',
    'drawbridge:masked:',
  ],
];
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...words),
      fc.string({ maxLength: 24 }),
      fc.string({ maxLength: 40, unit: fc.constantFrom(...Array.from(' =:@.-/_+x1Aey8sGhv')) }),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));
const anyName = fc.constantFrom('name', 'value', 'message', 'password', 'a', 'tokens', 'key2');
const anyMember = fc.tuple(anyName, fc.oneof(anyText, fc.integer(), fc.array(anyText)));
const anyObject = fc.array(anyMember, { maxLength: 4 });
const members = (all: readonly (readonly [string, unknown])[]): string =>
  all.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join();

/** Without `skim` every value is told, and looked at by itself. */
function masked(text: string, sizes: readonly number[], skim: boolean): string {
  const scanner = new JsonScanner({ rules, maxHeldBytes: 0, skim });
  const out: Buffer[] = [];
  for (const chunk of cut(Buffer.from(text), sizes)) {
    for (const piece of scanner.push(chunk)) out.push(Buffer.from(piece));
  }
  scanner.end();
  return Buffer.concat(out).toString();
}

// What is looked through where it stands is what is looked through when it is told.
fuzz({
  file: import.meta.url,
  samples: fc.record({
    items: fc.array(anyObject, { maxLength: 3 }),
    spec: anyObject,
    sizes: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
  }),
  holds: ({ items, spec, sizes }) => {
    const text = `{"items":[${items.map((each) => `{${members(each)}}`).join()}],"spec":{"env":[{${members(spec)}}]}}`;
    for (const each of [[], sizes]) {
      // A label that changes ends a document: both ways.
      const [whole, skimmed] = [false, true].map((skim) => {
        try {
          return masked(text, each, skim);
        } catch (error) {
          return String(error);
        }
      });
      expect(skimmed).toBe(whole);
    }
  },
});
