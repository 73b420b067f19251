import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { JsonScanner } from '../../src/json-scanner.js';
import { JsonStreamError } from '../../src/json-stream-error.js';
import type { Rewrite } from '../../src/rewrite.js';
import type { Rule } from '../../src/rule.js';
import { ruleTree } from '../../src/rule-tree.js';
import type { Slice } from '../../src/text-buffer.js';

const SECRET = 'hunter2';
const rules: readonly Rule[] = [{ path: ['**', 'data'], mask: '"***"' }];
const seen: string[] = [];
/** Tells what it is asked about, with its name. */
const listener = (mark: string): Rewrite => ({
  scalar: ({ isString, raw, name }) => {
    const kind = `${mark}${isString ? '"' : '#'}`;
    seen.push(`${kind}${latin1Of(raw)} of ${name === undefined ? '?' : latin1Of(name)}`);
    return undefined;
  },
  named: 'member',
});
const listen = listener('');
const label = listener('label ');
const listening = (stays: Rewrite['stays']): readonly Rule[] => [
  { path: ['**'], rewrite: { ...listen, stays } },
  { path: ['**', 'x'], leave: true },
  { path: ['**', '[]', 'a'], rewrite: { ...label, named: 'label', stays } },
  { path: ['**', '[]', 'data'], label: true },
];
const trees = {
  none: ruleTree([]),
  mask: ruleTree(rules),
  listen: ruleTree(listening(undefined)),
  /** Is not asked about all that stays. */
  select: ruleTree(listening('short-unless-named'), {
    maxBytes: 3,
    without: '=:@\\[{',
    names: Uint8Array.from({ length: 65_536 }, (_, pair) => ((pair & 255) === 0x61 ? 1 : 0)),
    labels: 'bB',
  }),
  judge: ruleTree([
    {
      path: ['a', '[]'],
      keepBy: [{ path: ['data'], judge: (data) => (data === SECRET ? 'drop' : 'keep') }],
    },
    { path: ['**', 'x'], drop: true },
  ]),
};
const latin1Of = ({ bytes, start, end }: Slice): string =>
  Buffer.from(bytes.subarray(start, end)).toString('latin1');

interface How {
  readonly sizes?: readonly number[];
  readonly skim?: boolean;
}

interface Outcome {
  readonly out: string;
  readonly isWhole: boolean;
}

function scanned(bytes: Buffer, rule: keyof typeof trees, how: How): Outcome {
  const { sizes = [], skim = true } = how;
  const scanner = new JsonScanner({ rules: trees[rule], maxHeldBytes: 65_536, skim });
  const out: Buffer[] = [];
  try {
    for (const chunk of cut(bytes, sizes)) {
      for (const piece of scanner.push(chunk)) out.push(Buffer.from(piece));
    }
    scanner.end();
  } catch (error) {
    if (!(error instanceof JsonStreamError)) throw error;
    return { out: Buffer.concat(out).toString('latin1'), isWhole: false };
  }
  return { out: Buffer.concat(out).toString('latin1'), isWhole: true };
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '"a"',
  '"data"',
  '"\\u0064ata"',
  '"DATA"',
  '"b"',
  '[{"data":"b","a":',
  '[{"data":"c","a":',
  '[{"data":"a","b":[{"data":"b","a":1}],"a":',
  `"${SECRET}"`,
];
const others = [
  '1',
  '-0.5e+3',
  '01',
  'true',
  'nul',
  'null',
  ' ',
  '\n',
  '\u0000',
  '\xff',
  '{"data":',
  '"x":1',
];
const anyBytes = fc.oneof(
  fc.array(fc.constantFrom(...pieces, ...others), { maxLength: 14 }).map((all) => all.join('')),
  fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text).toString('latin1')),
);
/** A document with a fault in it. */
const broken = fc
  .tuple(anyBytes, fc.nat(60), fc.constantFrom(...pieces, ...others, ''))
  .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1));

/** Of the text that JSON knows, without what stands in strings: the scanner leaves that to others. */
const withoutStrings = (text: string): string =>
  text.replaceAll(/"(?:\\.|[^"\\])*"/gs, (each) => (isJson(each) ? each : '""'));

fuzz({
  file: import.meta.url,
  samples: fc.record({
    text: fc.oneof(anyBytes, broken),
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  }),
  holds: ({ text, sizes }) => {
    const bytes = latin1(text);
    // What it was asked about in vain depends on where chunks end; what it had to be asked about does not.
    const isNeeded = (each: string) =>
      !/^(?:#.{1,3} of |"[^=:@\\[{]{0,3} of (?!.+a$))/is.test(each) &&
      !/^label (?:#.{1,3}|"[^=:@\\[{]{0,3}) of [^b?=:@\\[{]{0,3}$/is.test(each);
    const asked = scanned(bytes, 'listen', { sizes });
    const needed = seen.splice(0).filter(isNeeded);
    expect(scanned(bytes, 'select', { sizes })).toStrictEqual(asked);
    expect(seen.splice(0).filter(isNeeded)).toStrictEqual(needed);
    for (const rule of ['none', 'mask', 'listen', 'judge'] as const) {
      seen.length = 0;
      const whole = scanned(bytes, rule, {});
      const told = seen.splice(0);
      const inParts = scanned(bytes, rule, { sizes });
      expect(inParts.isWhole, 'the verdict does not depend on chunks').toBe(whole.isWhole);
      if (whole.isWhole) {
        expect(inParts.out).toBe(whole.out);
        expect(seen).toStrictEqual(told);
      }
      seen.length = 0;
      for (const how of [{}, { sizes }]) {
        const one = scanned(bytes, rule, { ...how, skim: false });
        const other = seen.splice(0);
        expect(scanned(bytes, rule, how), 'what is skimmed is what is read').toStrictEqual(one);
        expect(seen.splice(0)).toStrictEqual(other);
      }
    }
    const passed = scanned(bytes, 'none', {});
    if (passed.isWhole) {
      expect(passed.out).toBe(text);
      expect(isJson(withoutStrings(text)), 'nothing passes that is no JSON').toBe(true);
    }
    if (!isJson(text)) return;
    const masked = scanned(bytes, 'mask', { sizes });
    expect(masked.isWhole, 'JSON is taken').toBe(true);
    expect(JSON.stringify(dataIn(JSON.parse(masked.out)))).not.toContain(SECRET);
  },
});

/** Everything behind a name that a Go client takes for `data`. */
function dataIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    name.toLowerCase() === 'data' ? [inner] : dataIn(inner),
  );
}
