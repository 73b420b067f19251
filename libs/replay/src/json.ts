/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** A member that is `undefined` counts as absent. */
export type JsonObject = { readonly [member: string]: Json | undefined };

/** True for objects, not for lists or `null`. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for lists. */
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Deeper than any object of Kubernetes: whoever goes through something deeper may run out of stack. */
const MAX_DEPTH = 256;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** Whether lists and objects stand in each other deeper than anything that is looked at here. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInText && code === BACKSLASH) at += 1;
    else if (code === QUOTE) isInText = !isInText;
    else if (!isInText && opening.has(code)) depth += 1;
    else if (!isInText && closing.has(code)) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** What a text says; `undefined` when it is no JSON, or deeper than 256 lists and objects in each other. */
export function parseJson(text: string): Json | undefined {
  if (isTooDeep(text)) return undefined;
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
