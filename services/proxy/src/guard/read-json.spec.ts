import { describe, expect, it } from 'vitest';
import { readJson } from './read-json.js';

const read = (text: string) => readJson(Buffer.from(text));

describe('readJson', () => {
  it('reads what everybody reads alike', () => {
    const text = '{"a":[{"a":1},{"a":"a\\"b:{"}],"b":{"a":{}},"c":"\\\\"}';
    expect(read(text)).toStrictEqual(JSON.parse(text));
  });

  it.each([
    ['a member that is there twice', '{"spec":{"a":1},"spec":{}}'],
    ['one deep inside', '{"x":[{"y":{"a":1, "b":2,\n"a" :3}}]}'],
    ['one behind an object of the same level', '{"a":{"b":1},"a":2}'],
    ['one that is escaped', String.raw`{"privileged":true,"\u0070rivileged":false}`],
    ['no JSON', '{"a":1}}'],
    ['YAML', 'a: 1'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
  ])('does not guess at %s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('does not guess at bytes that are no UTF-8', () => {
    expect(readJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
  });

  it('takes the same name in different objects for what it is', () => {
    expect(read('[{"a":1},{"a":1}]')).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });
});
