import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../json.js';
import { isSame, mergeChange } from './merge-change.js';

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
const object = fc.dictionary(fc.string(), json) as fc.Arbitrary<JsonObject>;

describe('what others have done', () => {
  it('makes of the same object the next one', () => {
    fc.assert(
      fc.property(object, object, (old, next) => {
        expect(isSame(mergeChange(old, next, old), next)).toBe(true);
      }),
    );
  });

  it('is nothing where nothing has changed, whatever the session did', () => {
    fc.assert(
      fc.property(object, object, (old, current) => {
        expect(isSame(mergeChange(old, old, current), current)).toBe(true);
      }),
    );
  });

  it('leaves alone what the session did elsewhere', () => {
    const old = { spec: { replicas: 2 }, status: { ready: 1 } };
    const next = { spec: { replicas: 2 }, status: { ready: 2 } };
    const current = { spec: { replicas: 9 }, status: { ready: 1 }, more: true };
    expect(mergeChange(old, next, current)).toStrictEqual({
      ...{ spec: { replicas: 9 }, status: { ready: 2 }, more: true },
    });
  });

  it('takes away what is gone, and lists whole', () => {
    const [old, next] = [{ a: 1, list: [1, 2] }, { list: [3] }];
    expect(mergeChange(old, next, { a: 1, b: 2, list: [1] })).toStrictEqual({ b: 2, list: [3] });
  });

  it('takes a member called __proto__ for a member', () => {
    const next = JSON.parse('{"__proto__":{"polluted":1}}') as JsonObject;
    const merged = mergeChange({}, next, {});
    expect(isObject(merged) && Object.hasOwn(merged, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
