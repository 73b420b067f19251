import { isList, isObject, type Json, type JsonObject } from '../json.js';

/** Deep equality; the order of members does not matter. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (isList(one) && isList(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}

/**
 * What becomes of an object when what has happened to another one happens to it: members that differ between `old` and
 * `next` are as in `next`, all others stay. Lists are taken whole.
 */
export function mergeChange(old: JsonObject, next: JsonObject, current: JsonObject): JsonObject {
  const merged: Record<string, Json | undefined> = { ...current };
  for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const value = afterwards(old[name], next[name], current[name]);
    if (value === undefined) Reflect.deleteProperty(merged, name);
    else Object.defineProperty(merged, name, { value, ...plain });
  }
  return merged;
}

/** A member may be called `__proto__`, which an assignment would take for something else. */
const plain = { enumerable: true, configurable: true, writable: true };

function afterwards(
  old: Json | undefined,
  next: Json | undefined,
  current: Json | undefined,
): Json | undefined {
  if (isSame(old, next)) return current;
  return isObject(old) && isObject(next) && isObject(current)
    ? mergeChange(old, next, current)
    : next;
}
