/**
 * The values that a JSON pointer names, where `*` stands for each entry of an array; `undefined` when one of them is
 * not there.
 */
export function valuesAt(pointer: string, value: unknown): readonly unknown[] | undefined {
  let found: readonly unknown[] = [value];
  for (const token of pointer.split('/').slice(1)) {
    const next = found.map((one) => entriesOf(one, unescaped(token)));
    if (!next.every((entries) => entries !== undefined)) return undefined;
    found = next.flat();
  }
  return found;
}

const unescaped = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

function entriesOf(value: unknown, token: string): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (token === '*') return Array.isArray(value) ? value : undefined;
  const own = Object.getOwnPropertyDescriptor(value, token);
  return own === undefined ? undefined : [own.value];
}
