/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** A member that is `undefined` counts as absent. */
export type JsonObject = { readonly [member: string]: Json | undefined };

/** True for objects, not for lists or `null`. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for lists. */
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** What a text says; `undefined` when it is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    // JSON.parse yields nothing but JSON values.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The value at `path`, `undefined` when any step of it is absent. */
export function valueAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current = value;
  for (const step of path) {
    if (!isObject(current) || !Object.hasOwn(current, step)) return undefined;
    current = current[step];
  }
  return current;
}

/** The text at `path`, `''` when there is none. */
export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** The object at `path`; an empty one when it is absent or something else. */
export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject {
  const found = valueAt(value, ...path);
  return isObject(found) ? found : {};
}

/** A copy without some members. */
export const without = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
