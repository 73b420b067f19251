/** Whether a condition holds; `unknown` when what it speaks of is not known. */
export type Match = 'yes' | 'no' | 'unknown';

export const matchOf = (holds: boolean): Match => (holds ? 'yes' : 'no');

/** `no` beats `unknown`, which beats `yes`. */
export function both(one: Match, other: () => Match): Match {
  if (one === 'no') return 'no';
  const second = other();
  return second === 'yes' ? one : second;
}

/** `yes` beats `unknown`, which beats `no`. */
export function oneOf<Item>(items: Iterable<Item>, test: (item: Item) => Match): Match {
  let result: Match = 'no';
  for (const item of items) {
    const match = test(item);
    if (match === 'yes') return 'yes';
    if (match === 'unknown') result = 'unknown';
  }
  return result;
}
