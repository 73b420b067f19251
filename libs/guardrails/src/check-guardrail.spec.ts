import { describe, expect, it } from 'vitest';
import { documentOf } from '../test/guarded-call.js';
import { checkGuardrail } from './check-guardrail.js';
import { compileGuardrails } from './guardrails.js';

const problemsOf = (...rules: readonly object[]) =>
  checkGuardrail(documentOf(...rules)).map(({ path, message }) => `${path.join('.')} ${message}`);

describe('what cannot be meant', () => {
  it.each<[object, RegExp]>([
    [{}, /^spec.rules.0 is about nothing/],
    [{ when: 'request.nmae == ""' }, /^spec.rules.0.when No such key: nmae \(at 1:/],
    [{ match: { verbs: ['get*'] } }, /match.verbs.0 expected a word or "\*"/],
    [{ match: { verbs: [''] } }, /match.verbs.0 must not be empty/],
    [{ match: { resources: ['pods/*'] } }, /match.resources.0 expected a resource/],
    [{ match: { resources: ['pod*'] } }, /match.resources.0 expected a resource/],
    [{ match: { resources: ['pods/log'], subresources: [''] } }, /names a subresource/],
    [{ match: { paths: ['/x'], namespaces: ['a'] } }, /match.paths is about calls on no resource/],
    [
      { match: { times: [{ timeZone: 'Mars/Base', days: ['mon'] }] } },
      /0.timeZone expected an IANA/,
    ],
    [{ match: { times: [{}] } }, /times.0 is always/],
    [{ match: { times: [{ hours: '09:00-09:00' }] } }, /0.hours expected hours/],
    [{ match: { times: [{ hours: '09:00-24:30' }] } }, /0.hours expected hours/],
    [{ match: { contentTypes: ['application/json; x'] } }, /contentTypes.0 expected lower case/],
    [{ match: { exec: { commands: ['('] } } }, /exec.commands.0 expected a regular expression/],
    [{ match: {}, except: [{}] }, /^spec.rules.0.except.0 is about nothing/],
    [{ match: {}, except: [{ when: '1' }] }, /^spec.rules.0.except.0.when is of type int/],
  ])('%j', (rule, problem) => {
    expect(problemsOf(rule)).toEqual([expect.stringMatching(problem)]);
    expect(() => compileGuardrails([documentOf(rule)])).toThrow(/guardrails cannot be used/);
  });

  it('is two rules of one name', () => {
    const rule = { name: 'same', match: {} };
    expect(problemsOf(rule, rule)).toEqual(['spec.rules.1.name rule "same" is there twice']);
  });

  it('is nothing else', () => {
    const match = {
      ...{
        verbs: ['*'],
        resources: ['*/scale', 'pods/log', '*'],
        namespaces: [''],
        names: ['*-x*'],
      },
      times: [{ hours: '22:00-24:00' }, { days: ['sat'] }, { hours: '22:00-06:00' }],
    };
    expect(problemsOf({ match })).toEqual([]);
  });
});
