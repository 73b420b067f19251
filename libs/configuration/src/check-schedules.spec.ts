import { describe, expect, it } from 'vitest';
import { configurationOf, documents, problemsOf, valid } from '../test/configuration-of.js';

const policy = (groups: string, subjects = '[agents]') =>
  valid
    .policy()
    .replace('{type: none}', `{type: humans, groups: ${groups}}`)
    .replace('{groups: [agents]}', `{groups: ${subjects}}`);
const rest = [valid.issuer(), valid.action(), valid.connection()];
const problems = (...texts: readonly string[]) =>
  problemsOf(documents(...rest, valid.human(), ...texts)).map((problem) =>
    problem.replace(/^\d+:\d+ /, ''),
  );

describe('schedules', () => {
  it('are read with their defaults, and named by policies as groups', () => {
    const texts = [valid.human(), valid.schedule(), policy("['on-call:payments']")];
    const { schedules, warnings } = configurationOf({ f: documents(...rest, ...texts) });
    expect(schedules[0]?.spec.overrides).toStrictEqual([]);
    expect(warnings).toStrictEqual([]);
  });

  it('have people who are in a Human document', () => {
    expect(problems(valid.schedule('[alice@corp.test, bob@corp.test]'))).toStrictEqual([
      'spec.rotation.people[1]: no Human document has the address "bob@corp.test"',
    ]);
    const override =
      "overrides: [{from: '2026-12-24T09:00', until: '2026-12-26T09:00', person: b@x.test}]";
    expect(problems(valid.schedule('[ALICE@corp.test]', override))).toStrictEqual([
      'spec.overrides[0].person: no Human document has the address "b@x.test"',
    ]);
  });

  it.each([
    ['a time zone there is', 'timeZone: Europe/Berlin', 'timeZone: Europe/Atlantis'],
    ['a date there is', '2026-11-02T09:00', '2026-11-32T09:00'],
    ['a local time', '2026-11-02T09:00', '2026-11-02T09:00Z'],
    ['turns of an hour at least', '604800', '600'],
  ])('need %s', (_what, was, is) =>
    expect(problems(valid.schedule().replace(was, is))).toHaveLength(1),
  );

  it('are there when a policy names one', () =>
    expect(problems(valid.schedule(), policy("[sre, 'on-call:nights']"))).toStrictEqual([
      'spec.approval.groups[1]: no Schedule document is named "nights"',
    ]));

  it('make nobody a requester', () =>
    expect(problems(valid.schedule(), policy('[sre]', "['on-call:payments']"))).toStrictEqual([
      'spec.subjects.groups[0]: whoever is on call approves only',
    ]));

  it('alone say who is on call: no Human document may', () =>
    expect(problems(valid.human('bob').replace('[sre]', "['On-Call:payments']"))).toStrictEqual([
      'spec.groups[0]: is reserved: who is on call stands in a Schedule document (got "On-Call:payments")',
    ]));

  it('are warned of where a policy wants more humans than it names', () => {
    const text = documents(
      ...rest,
      valid.human(),
      policy('[sre]').replace('groups: [sre]', 'count: 2, groups: [sre]'),
    );
    expect(configurationOf({ f: text }).warnings.map(({ message }) => message)).toStrictEqual([
      '2 humans are wanted, and 1 are in these groups',
    ]);
  });
});
