import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResourceAttributes, Rule } from '@drawbridge/contracts';
import { allows } from './allows.js';
import { anyCall, anyRules } from './arbitraries.spec-data.js';

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

/** evaluation_helpers.go of Kubernetes, line by line; namespaces stand for the binding's namespace. */
function referenceAllows(rules: readonly Rule[], attributes: ResourceAttributes): boolean {
  const { verb, apiGroup, resource, subresource, namespace, name } = attributes;
  const combined = subresource.length > 0 ? `${resource}/${subresource}` : resource;
  for (const { verbs, apiGroups, resources, namespaces, resourceNames = [] } of rules) {
    let isVerb = false;
    for (const v of verbs) if (v === '*' || v === verb) isVerb = true;
    let isGroup = false;
    for (const g of apiGroups) if (g === '*' || g === apiGroup) isGroup = true;
    let isResource = false;
    for (const r of resources) {
      if (r === '*' || r === combined) isResource = true;
      if (subresource.length === 0) continue;
      if (r.length === subresource.length + 2 && r.startsWith('*/') && r.endsWith(subresource))
        isResource = true;
    }
    let isName = resourceNames.length === 0;
    for (const n of resourceNames) if (n === name) isName = true;
    let isNamespace = false;
    for (const n of namespaces)
      if (n === '*' || (namespace !== '' && n === namespace)) isNamespace = true;
    if (isVerb && isGroup && isResource && isName && isNamespace) return true;
  }
  return false;
}
