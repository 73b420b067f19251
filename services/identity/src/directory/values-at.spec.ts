import { describe, expect, it } from 'vitest';
import { valuesAt } from './values-at.js';

describe('a pointer with stars', () => {
  it.each<[string, unknown, readonly unknown[] | undefined]>([
    ['/groups', { groups: ['a', 'b'] }, [['a', 'b']]],
    ['/*/profile/name', [{ profile: { name: 'a' } }, { profile: { name: 'b' } }], ['a', 'b']],
    ['/*/profile/name', [], []],
    ['/*', ['a', 'b'], ['a', 'b']],
    ['/a~1b/~0c', { 'a/b': { '~c': 1 } }, [1]],
    ['/*/name', [{ name: 'a' }, {}], undefined],
    ['/*', { a: 1 }, undefined],
    ['/groups', ['a'], undefined],
    ['/groups', null, undefined],
    ['/groups', 'groups', undefined],
    ['/__proto__', {}, undefined],
    ['/constructor/name', {}, undefined],
    ['/length', [1], [1]],
  ])('%s of %j is %j', (pointer, value, found) =>
    expect(valuesAt(pointer, value)).toStrictEqual(found),
  );
});
