import { describe, expect, it } from 'vitest';
import { DuplicateKeyError, parseStrictJson } from './parse-strict-json.js';

describe('strict JSON', () => {
  it.each([
    '{}',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"\\"a\\":1,{","b":"}"}',
    '{"a" : "a", "A" : "a"}',
    '["a","a"]',
    '"a"',
    'null',
  ])('reads %s as JSON.parse does', (text) =>
    expect(parseStrictJson(text)).toStrictEqual(JSON.parse(text)),
  );

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":{"c":[1,{"x":1,"x":2}]}}',
    '{"a":1,"\\u0061":2}',
    '{"a":{},"a"\n :2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
    '{"a\\\\":1,"a\\\\":2}',
  ])('refuses the repeated key of %s', (text) =>
    expect(() => parseStrictJson(text)).toThrow(DuplicateKeyError),
  );

  it.each(['', '{', '{"a":1,}', "{'a':1}", '{"a":1}}', 'undefined'])('refuses %j', (text) =>
    expect(() => parseStrictJson(text)).toThrow(SyntaxError),
  );
});
