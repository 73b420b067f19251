import { isObject, type Json } from '../json.js';

interface ElementOrder {
  /** What `$setElementOrder/…` lists: the items the client knows, in its order. */
  readonly order: readonly Json[];
  /** The list before the patch: where the items that the client does not know belong. */
  readonly before: readonly Json[];
  readonly key: string | undefined;
}

/**
 * Puts a merged list into the order the client wants; items that only the server has keep their place
 * between the others.
 */
export function inElementOrder(
  merged: readonly Json[],
  { order, before, key }: ElementOrder,
): readonly Json[] {
  const keyOf = (item: Json): Json | undefined =>
    key !== undefined && isObject(item) ? item[key] : item;
  const wanted = order.map(keyOf);
  const previous = before.map(keyOf);
  const known = merged
    .filter((item) => wanted.includes(keyOf(item)))
    .toSorted((a, b) => wanted.indexOf(keyOf(a)) - wanted.indexOf(keyOf(b)));
  const serverOnly = merged.filter((item) => !wanted.includes(keyOf(item)));
  return interleave(known, serverOnly, (item) => previous.indexOf(keyOf(item)));
}

/** Merges two sorted lists; an item of `known` that is new (position -1) comes before a server's. */
function interleave(
  known: readonly Json[],
  serverOnly: readonly Json[],
  positionOf: (item: Json) => number,
): readonly Json[] {
  const result: Json[] = [];
  const rest = [...serverOnly];
  for (const item of known) {
    let next = rest[0];
    while (next !== undefined && positionOf(next) < positionOf(item)) {
      result.push(next);
      rest.shift();
      next = rest[0];
    }
    result.push(item);
  }
  return [...result, ...rest];
}
