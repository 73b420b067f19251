import { describe, expect, it } from 'vitest';
import { parseStrictJson, StrictJsonError } from './parse-strict-json.js';

describe('strict JSON', () => {
  it.each([
    '{}',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"\\"a\\":1,{","b":"}"}',
    '{"a" : "a", "A" : "a"}',
    '["a","a"]',
    '"a"',
    'null',
    '{"a":"__proto__","constructor":1}',
  ])('reads %s as JSON.parse does', (text) =>
    expect(parseStrictJson(text)).toStrictEqual(JSON.parse(text)),
  );

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":{"c":[1,{"x":1,"x":2}]}}',
    '{"a":1,"\\u0061":2}',
    '{"a":{},"a"\n :2}',
    '{"__proto__":1}',
    '{"a":[{"__pro\\u0074o__":{}}]}',
    '{"":1,"":2}',
    '{"a\\\\":1,"a\\\\":2}',
  ])('refuses a key of %s', (text) => expect(() => parseStrictJson(text)).toThrow(StrictJsonError));

  it.each(['', '{', '{"a":1,}', "{'a':1}", '{"a":1}}', 'undefined'])('refuses %j', (text) =>
    expect(() => parseStrictJson(text)).toThrow(SyntaxError),
  );
});
