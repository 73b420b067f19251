/**
 * How many seats can be taken when each person takes at most one, and each seat at most one person that fits:
 * a maximum matching by augmenting paths. Whoever came first may have to move, so the order of people never
 * matters for the number.
 *
 * @param fits - whether person `person` may take seat `seat`; both from 0
 * @returns for each seat the person on it, or `undefined`
 */
export function seatPeople(
  { people, seats }: { readonly people: number; readonly seats: number },
  fits: (person: number, seat: number) => boolean,
): readonly (number | undefined)[] {
  const taken: (number | undefined)[] = Array.from({ length: seats }, () => undefined);
  const place = (person: number, tried: Set<number>): boolean => {
    for (let seat = 0; seat < seats; seat += 1) {
      if (tried.has(seat) || !fits(person, seat)) continue;
      tried.add(seat);
      const sitting = taken[seat];
      if (sitting === undefined || place(sitting, tried)) {
        taken[seat] = person;
        return true;
      }
    }
    return false;
  };
  for (let person = 0; person < people; person += 1) place(person, new Set());
  return taken;
}
