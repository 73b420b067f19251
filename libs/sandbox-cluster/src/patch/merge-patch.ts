import { isObject, type Json, type JsonObject } from '../json.js';

/** JSON merge patch (RFC 7386). */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json | undefined>(Object.entries(target));
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) merged.delete(name);
    else if (isObject(change)) {
      const current = merged.get(name);
      merged.set(name, mergePatch(isObject(current) ? current : {}, change));
    } else merged.set(name, change);
  }
  return Object.fromEntries(merged);
}
