import {
  MAX_TOLD_GROUPS,
  scheduleOfGroup,
  type HumanDocument,
  type PolicyDocument,
} from '@drawbridge/contracts';
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
    const told = toldGroups(entry.document.spec, reviewGroups).size;
    if (told > MAX_TOLD_GROUPS) {
      const message = `${told} groups would be told of it, those of "approval" included; at most ${MAX_TOLD_GROUPS} can be`;
      return [error(entry, [...path, 'reviewGroups'], message)];
    }
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

function toldGroups({ approval }: PolicyDocument['spec'], reviewGroups: readonly string[]) {
  return new Set([...reviewGroups, ...askedGroups(approval)]);
}

function askedGroups(approval: PolicyDocument['spec']['approval']): readonly string[] {
  if (approval.type === 'none') return [];
  if (approval.type === 'humans') return approval.groups;
  return approval.steps.flatMap((step) =>
    'groups' in step ? [step, ...(step.escalate ?? [])].flatMap(({ groups }) => groups) : [],
  );
}

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
