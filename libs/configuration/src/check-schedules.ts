import { scheduleOfGroup } from '@drawbridge/contracts';
import { askedGroups } from './asked-groups.js';
import { entriesOf, error, type Check, type Entry, type Finding } from './entry.js';
import type { FieldPath } from './parse-documents.js';

/** Schedules name people that there are, and groups of who is on call name schedules that there are. */
export const checkSchedules: Check = (checked) => [
  ...checkTurns(checked),
  ...checkSubjects(checked),
  ...checkGroups(checked),
];

/** Nobody else could be told to be on call: an e-mail address alone is not an identity. */
const checkTurns: Check = ({ entries, kinds }) => {
  if (!kinds.has('Human')) return [];
  const known = new Set(
    entriesOf(entries, 'Human').map(({ document }) => document.spec.email.toLowerCase()),
  );
  return entriesOf(entries, 'Schedule').flatMap((entry) => {
    const { rotation, overrides } = entry.document.spec;
    const turns: readonly (readonly [FieldPath, string])[] = [
      ...rotation.people.map((person, index) => [['rotation', 'people', index], person] as const),
      ...overrides.map(({ person }, index) => [['overrides', index, 'person'], person] as const),
    ];
    return turns
      .filter(([, person]) => !known.has(person.toLowerCase()))
      .map(([path, person]) =>
        error(entry, ['spec', ...path], `no Human document has the address "${person}"`),
      );
  });
};

/** A token never names who is on call, so a grant by such a group would be refused at the gateway. */
const checkSubjects: Check = ({ entries }) =>
  entriesOf(entries, 'Policy').flatMap((entry) =>
    entry.document.spec.subjects.groups.flatMap((group, index) =>
      scheduleOfGroup(group) === undefined
        ? []
        : [error(entry, ['spec', 'subjects', 'groups', index], 'whoever is on call approves only')],
    ),
  );

const checkGroups: Check = ({ entries, kinds }) => {
  if (!kinds.has('Schedule')) return [];
  const known = new Set(
    entriesOf(entries, 'Schedule').map(({ document }) => document.metadata.name),
  );
  const check = (entry: Entry, path: FieldPath, groups: readonly string[]): Finding[] =>
    groups.flatMap((group, index) => {
      const name = scheduleOfGroup(group);
      if (name === undefined || known.has(name)) return [];
      return [error(entry, [...path, index], `no Schedule document is named "${name}"`)];
    });
  return [
    ...entriesOf(entries, 'Policy').flatMap((entry) => [
      ...askedGroups(entry.document.spec).flatMap(({ path, groups }) =>
        check(entry, ['spec', 'approval', ...path], groups),
      ),
      ...check(
        entry,
        ['spec', 'breakGlass', 'reviewGroups'],
        entry.document.spec.breakGlass?.reviewGroups ?? [],
      ),
    ]),
    ...entriesOf(entries, 'Guardrail').flatMap((entry) =>
      entry.document.spec.rules.flatMap(({ approvers }, index) =>
        check(entry, ['spec', 'rules', index, 'approvers', 'groups'], approvers?.groups ?? []),
      ),
    ),
  ];
};
