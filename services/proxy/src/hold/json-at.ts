/** What stands at a place of decoded JSON; `undefined` when there is no such place. */
export function jsonAt(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = isRecord(at) ? at[key] : undefined;
  return at;
}

export const textAt = (value: unknown, ...path: readonly string[]): string => {
  const text = jsonAt(value, ...path);
  return typeof text === 'string' ? text : '';
};

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const list: unknown = jsonAt(value, ...path);
  return Array.isArray(list) ? list : [];
};

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
