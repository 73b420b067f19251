/** A JSON value as CEL sees it: maps are `Map`s, whole numbers are `bigint`s (`int`), others `number`s (`double`). */
export type CelValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | Date
  | readonly CelValue[]
  | ReadonlyMap<string, CelValue>;

/** What an object may be at most for expressions to look at it. */
const MAX_DEPTH = 200;
const MAX_VALUES = 200_000;

/** An object is too deep or too large to be judged. */
export class ValueTooLarge extends Error {}

/**
 * Makes a CEL value of decoded JSON. Maps become `Map`s so that no key, whatever its name, is anything but a key.
 *
 * @throws {@link ValueTooLarge}
 */
export function toCelValue(json: unknown): CelValue {
  let left = MAX_VALUES;
  const convert = (value: unknown, depth: number): CelValue => {
    left -= 1;
    if (left < 0 || depth > MAX_DEPTH) throw new ValueTooLarge();
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof value !== 'object' || value === null) return scalar(value);
    if (value instanceof Date) return value;
    if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1));
    return new Map(Object.entries(value).map(([key, item]) => [key, convert(item, depth + 1)]));
  };
  return convert(json, 0);
}

function scalar(value: unknown): CelValue {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint'
    ? value
    : null;
}
