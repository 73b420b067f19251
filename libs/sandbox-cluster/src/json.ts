/** A JSON value. Values are never changed in place: the store, its history and every reader share them. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object; a member that is `undefined` counts as absent. */
export type JsonObject = { readonly [member: string]: Json | undefined };

/** True for objects, not for lists or `null`. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for lists. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value at `path`, or `undefined` when any step of it is absent. */
function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current = value;
  for (const step of path) {
    if (!isObject(current) || !Object.hasOwn(current, step)) return undefined;
    current = current[step];
  }
  return current;
}

/** The object at `path`; an empty one when it is absent or something else. */
export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** The list at `path`; an empty one when it is absent or something else. */
export function listAt(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return isList(found) ? found : [];
}

/** The objects in the list at `path`. */
export function objectsAt(
  value: Json | undefined,
  ...path: readonly string[]
): readonly JsonObject[] {
  return listAt(value, ...path).filter(isObject);
}

/** The string at `path`, if it is one. */
export function stringAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The strings in the list at `path`. */
export function stringListAt(
  value: Json | undefined,
  ...path: readonly string[]
): readonly string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** The number at `path`, if it is one. */
export function numberAt(value: Json | undefined, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** The members of the object at `path` whose values are strings: labels, annotations, selectors. */
export function stringsAt(
  value: Json | undefined,
  ...path: readonly string[]
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectAt(value, ...path)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** A copy of `object` with `value` at `path`; `undefined` removes the member. */
export function withAt(
  object: JsonObject,
  path: readonly string[],
  value: Json | undefined,
): JsonObject {
  const [step, ...rest] = path;
  if (step === undefined) return object;
  const next = rest.length === 0 ? value : withAt(objectAt(object, step), rest, value);
  if (next === undefined) return without(object, step);
  return { ...object, [step]: next };
}

/** A copy of `object` without some members. */
export function without(object: JsonObject, ...members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !members.includes(name)));
}

/** A copy of `object` in which absent members are taken from `defaults`. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  const missing = Object.entries(defaults).filter(
    ([name, value]) => value !== undefined && object[name] === undefined,
  );
  return missing.length === 0 ? object : { ...object, ...Object.fromEntries(missing) };
}

/** Deep equality; the order of members does not matter, `undefined` members do not count. */
export function equal(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => equal(left[name], right[name]));
}

/** Deep equality that also takes absent, `null`, `{}` and `[]` for the same, as Kubernetes compares. */
export function semanticallyEqual(left: Json | undefined, right: Json | undefined): boolean {
  return equal(withoutEmpty(left), withoutEmpty(right));
}

function withoutEmpty(value: Json | undefined): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (isList(value)) {
    return value.length === 0 ? undefined : value.map((item) => withoutEmpty(item) ?? null);
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value)
    .map(([name, member]) => [name, withoutEmpty(member)] as const)
    .filter(([, member]) => member !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
