import { scheduleOfGroup, type HumanDocument } from '@drawbridge/contracts';
import { entriesOf, error, type Check, type Finding } from './entry.js';

type HumanSpec = HumanDocument['spec'];

/** Whoever may break the glass is known, and somebody else can say afterwards whether it was justified. */
export const checkBreakGlass: Check = ({ entries, kinds }) => {
  if (!kinds.has('Human')) return [];
  const humans = entriesOf(entries, 'Human').map(({ document }) => document.spec);
  return entriesOf(entries, 'Policy').flatMap((entry) => {
    const { breakGlass } = entry.document.spec;
    if (breakGlass === undefined) return [];
    const path = ['spec', 'breakGlass'];
    const { people, reviewGroups } = breakGlass;
    return people.flatMap((person, index): readonly Finding[] => {
      const at = [...path, 'people', index];
      if (!humans.some((human) => isAt(human, person))) {
        return [error(entry, at, `no Human document has the address "${person}"`)];
      }
      if (isReviewed(person, reviewGroups, humans)) return [];
      const message = `nobody else in reviewGroups could review what "${person}" does`;
      return [error(entry, at, message)];
    });
  });
};

/** Whoever is on call at that time is not known now. */
const isReviewed = (
  person: string,
  groups: readonly string[],
  humans: readonly HumanSpec[],
): boolean =>
  groups.some((group) => scheduleOfGroup(group) !== undefined) ||
  humans.some(
    (human) => !isAt(human, person) && human.groups.some((group) => groups.includes(group)),
  );

const isAt = ({ email }: HumanSpec, address: string): boolean =>
  email.toLowerCase() === address.toLowerCase();
