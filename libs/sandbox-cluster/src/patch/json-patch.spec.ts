import { describe, expect, it } from 'vitest';
import type { Json } from '../json.js';
import { jsonPatch } from './json-patch.js';
import { mergePatch } from './merge-patch.js';

describe('a JSON patch', () => {
  it('adds, replaces, moves, copies, tests and removes', () => {
    const target = { data: { a: '1', b: '2' }, list: ['x', 'z'] };
    const patched = jsonPatch(target, [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'replace', path: '/data/a', value: '9' },
      { op: 'move', from: '/data/b', path: '/data/c' },
      { op: 'copy', from: '/data/a', path: '/data/d~1e' },
      { op: 'add', path: '/list/1', value: 'y' },
      { op: 'remove', path: '/list/0' },
    ]);
    expect(patched).toStrictEqual({ data: { a: '9', c: '2', 'd/e': '9' }, list: ['y', 'z'] });
    expect(target).toStrictEqual({ data: { a: '1', b: '2' }, list: ['x', 'z'] });
  });

  it.each<{ what: string; patch: Json; code: number }>([
    { what: 'a failed test', patch: [{ op: 'test', path: '/a', value: '2' }], code: 422 },
    { what: 'an absent path', patch: [{ op: 'remove', path: '/nope' }], code: 422 },
    { what: 'an unknown operation', patch: [{ op: 'frob', path: '/a' }], code: 422 },
    { what: 'an operation without a path', patch: [{ op: 'add' }], code: 422 },
    { what: 'a prototype', patch: [{ op: 'add', path: '/__proto__/x', value: 1 }], code: 422 },
    {
      what: 'a document that is replaced by text',
      patch: [{ op: 'replace', path: '', value: 'x' }],
      code: 422,
    },
    { what: 'something that is no list', patch: { op: 'add' }, code: 400 },
    {
      what: 'too many operations',
      patch: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: '1' })),
      code: 413,
    },
  ])('is refused for $what', ({ patch, code }) => {
    expect(() => jsonPatch({ a: '1' }, patch)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a merge patch', () => {
  it('merges objects, replaces everything else and removes by null', () => {
    const target = { a: { b: 1, c: 2 }, list: [1, 2], text: 'x' };
    expect(
      mergePatch(target, { a: { b: null, d: { e: null, f: 3 } }, list: [3], text: { now: 'map' } }),
    ).toStrictEqual({ a: { c: 2, d: { f: 3 } }, list: [3], text: { now: 'map' } });
  });
});
