import { describe, expect, it } from 'vitest';
import { documents, problemsOf, valid } from '../test/configuration-of.js';

const rest = [valid.issuer(), valid.human(), valid.action(), valid.connection()];
const problems = (breakGlass: string, ...texts: readonly string[]) =>
  problemsOf(
    documents(...rest, ...texts, valid.policy(`actions: [view]\nbreakGlass: ${breakGlass}`)),
  ).map((problem) => problem.replace(/^\d+:\d+ /, ''));
const glass = (people: string, groups = '[sre]', announce = '[C0INCIDENTS]') =>
  `{people: ${people}, announce: ${announce}, reviewGroups: ${groups}}`;

describe('who may break the glass', () => {
  it('is known, and somebody else reviews it', () =>
    expect(problems(glass('[Alice@corp.test]'), valid.human('bob'))).toStrictEqual([]));

  it.each<[string, string, string]>([
    [
      'nobody knows them',
      glass('[eve@corp.test]'),
      'spec.breakGlass.people[0]: no Human document has the address "eve@corp.test"',
    ],
    [
      'nobody else could review it',
      glass('[alice@corp.test]'),
      'spec.breakGlass.people[0]: nobody else in reviewGroups could review what "alice@corp.test" does',
    ],
    [
      'it is announced nowhere',
      glass('[alice@corp.test]', '[sre]', '[]'),
      'spec.breakGlass.announce',
    ],
    [
      'it is announced to a name',
      glass('[alice@corp.test]', '[sre]', "['#incidents']"),
      'spec.breakGlass.announce[0]',
    ],
    ['nobody reviews it', glass('[alice@corp.test]', '[]'), 'spec.breakGlass.reviewGroups'],
    ['nobody is named', glass('[]'), 'spec.breakGlass.people'],
    [
      'a schedule that is not there reviews it',
      glass('[alice@corp.test]', "['on-call:nights']"),
      'spec.breakGlass.reviewGroups[0]: no Schedule document is named "nights"',
    ],
  ])('is refused when %s', (_, breakGlass, problem) => {
    expect(problems(breakGlass)[0]).toContain(problem);
  });

  it('tells no more groups than fit into the terms of a grant', () => {
    const many = (name: string, count: number) =>
      `[sre, ${Array.from({ length: count }, (_, index) => `${name}-${index}`).join(', ')}]`;
    const found = (count: number) => {
      const breakGlass = glass('[alice@corp.test]', many('review', 40));
      const approval = `{type: humans, groups: ${many('asked', count)}}`;
      const policy = valid
        .policy(`actions: [view]\nbreakGlass: ${breakGlass}`)
        .replace('approval: {type: none}', `approval: ${approval}`);
      return problemsOf(documents(...rest, valid.human('bob'), policy));
    };
    expect(found(59)).toStrictEqual([]);
    expect(found(60)[0]).toContain('101 groups would be told of it');
  });

  it('may be reviewed by whoever is on call', () =>
    expect(
      problems(glass('[alice@corp.test]', "['on-call:payments']"), valid.schedule()),
    ).toStrictEqual([]));

  it('may have a login of its own where nobody approves', () => {
    const policy = `actions: [view]\nstepUp: {amr: [hwk]}\nbreakGlass: ${glass('[alice@corp.test]')}`;
    const all = documents(...rest, valid.human('bob'), valid.policy(policy));
    expect(problemsOf(all)).toStrictEqual([]);
  });
});
