import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResourceAttributes, Rule } from '@drawbridge/contracts';
import { allows } from './allows.js';
import { anyCall, anyRules } from '../test/arbitraries.js';

const call = (text: string): ResourceAttributes => {
  const [verb = '', path = '', namespace = '', name = ''] = text
    .split(' ')
    .map((word) => word.replace(/^-$/, ''));
  const [group = '', resource = '', subresource = ''] = path
    .split(':')
    .flatMap((part, index) => (index === 0 ? [part] : part.split('/')));
  return { verb, apiGroup: group, resource, subresource, namespace, name };
};
const rule = (more: Partial<Rule> = {}): Rule => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: ['pods'],
  namespaces: ['payments'],
  ...more,
});

describe('a rule allows a call as Kubernetes RBAC does', () => {
  // verb group:resource[/subresource] namespace name; "-" is empty
  it.each<[string, Partial<Rule>, boolean]>([
    ['get :pods payments p', {}, true],
    ['list :pods payments -', {}, false],
    ['GET :pods payments p', {}, false],
    ['get apps:pods payments p', {}, false],
    ['get :pods/log payments p', {}, false],
    ['get :pods other p', {}, false],
    ['get :pods - -', {}, false],
    ['delete :pods payments p', { verbs: ['*'] }, true],
    ['- :pods payments p', { verbs: ['*'] }, false],
    ['get : payments p', { resources: ['*'] }, false],
    ['get apps:pods payments p', { apiGroups: ['*'] }, true],
    ['get apps:pods payments p', { apiGroups: ['', 'apps'] }, true],
    ['get :secrets payments p', { resources: ['*'] }, true],
    ['get :pods/exec payments p', { resources: ['*'] }, true],
    ['get :pods/log payments p', { resources: ['pods/log'] }, true],
    ['get :pods payments p', { resources: ['pods/log'] }, false],
    ['get :pods/log payments p', { resources: ['pods/*'] }, false],
    ['get :pods payments p', { resources: ['pods/*'] }, false],
    ['get :pods/log payments p', { resources: ['*/log'] }, true],
    ['get :pods/log payments p', { resources: ['*/*'] }, false],
    ['get :pods payments p', { resources: ['*/log'] }, false],
    ['get :pods payments p', { resources: ['po*'] }, false],
    ['get :pods pay p', { namespaces: ['pay*'] }, false],
    ['get :pods other p', { namespaces: ['*'] }, true],
    ['list :pods - -', { verbs: ['list'], namespaces: ['*'] }, true],
    ['list :nodes - -', { verbs: ['list'], resources: ['nodes'], namespaces: ['*'] }, true],
    ['get :pods payments p', { resourceNames: ['p'] }, true],
    ['get :pods payments q', { resourceNames: ['p'] }, false],
    ['get :pods payments p', { resourceNames: ['*'] }, false],
    ['list :pods payments -', { verbs: ['list'], resourceNames: ['p'] }, false],
    ['watch :pods payments -', { verbs: ['watch'], resourceNames: ['p'] }, false],
    ['create :pods payments -', { verbs: ['create'], resourceNames: ['p'] }, false],
    ['deletecollection :pods payments -', { verbs: ['*'], resourceNames: ['p'] }, false],
    ['list :pods payments p', { verbs: ['list'], resourceNames: ['p'] }, true],
    ['get :namespaces payments payments', { resources: ['namespaces'] }, true],
    ['delete :namespaces payments payments', { resources: ['namespaces'] }, false],
    ['create :namespaces - -', { verbs: ['create'], resources: ['namespaces'] }, false],
  ])('%s under %j: %s', (text, more, allowed) => {
    expect(allows([rule(more)], call(text))).toBe(allowed);
  });

  it('allows nothing without rules', () => {
    expect(allows([], call('get :pods payments p'))).toBe(false);
  });

  it('never adds rules up', () => {
    const rules = [rule(), rule({ verbs: ['delete'], namespaces: ['other'] })];
    expect(allows(rules, call('delete :pods payments p'))).toBe(false);
    expect(allows(rules, call('delete :pods other p'))).toBe(true);
  });

  it('agrees with a plain reading of the Kubernetes sources', () => {
    fc.assert(
      fc.property(anyRules, anyCall, (rules, attributes) => {
        expect(allows(rules, attributes)).toBe(referenceAllows(rules, attributes));
      }),
      { numRuns: 5_000 },
    );
  });
});

/** `RuleAllows` and evaluation_helpers.go of Kubernetes; the namespace stands for that of the binding. */
function referenceAllows(rules: readonly Rule[], call: ResourceAttributes): boolean {
  const isAny = (word: string) => word === '*';
  const combined = call.subresource === '' ? call.resource : `${call.resource}/${call.subresource}`;
  const isSuffix = (word: string) =>
    word.length === call.subresource.length + 2 &&
    word.startsWith('*/') &&
    word.endsWith(call.subresource);
  const matchers: ((rule: Rule) => boolean)[] = [
    ({ verbs }) => verbs.some((verb) => isAny(verb) || verb === call.verb),
    ({ apiGroups }) => apiGroups.some((group) => isAny(group) || group === call.apiGroup),
    ({ resources }) =>
      resources.some((word) => isAny(word) || word === combined) ||
      (call.subresource !== '' && resources.some(isSuffix)),
    ({ resourceNames = [] }) => resourceNames.length === 0 || resourceNames.includes(call.name),
    ({ namespaces }) => namespaces.some((word) => isAny(word) || word === call.namespace),
  ];
  return rules.some((rule) => matchers.every((matches) => matches(rule)));
}
