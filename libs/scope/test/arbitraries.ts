import fc from 'fast-check';
import type { ResourceAttributes, Rule } from '@drawbridge/contracts';

// A small world, so that rules and calls meet often. `other` is in no rule: only `*` allows it.
const verbs = ['get', 'patch', 'other'];
const apiGroups = ['', 'apps', 'other'];
const resources = ['pods', 'scale', 'other'];
const subresources = ['', 'log', 'scale', '*', 'other'];
const namespaces = ['', 'a', 'b', 'other'];
const names = ['', 'x', 'y', '*', 'other'];

const some = <Word extends string>(words: readonly Word[]) =>
  fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 });
const ruleResources = [
  '*',
  '*/log',
  '*/scale',
  'pods',
  'pods/log',
  'scale/scale',
  'pods/*',
] as const;

export const anyRule: fc.Arbitrary<Rule> = fc
  .record({
    verbs: some(['*', 'get', 'patch']),
    apiGroups: some(['*', '', 'apps']),
    resources: some(ruleResources),
    namespaces: some(['*', 'a', 'b']),
    resourceNames: fc.option(some(['x', 'y', '*']), { nil: undefined }),
  })
  .map(({ resourceNames, ...rule }) => ({ ...rule, ...(resourceNames && { resourceNames }) }));

export const anyRules = fc.array(anyRule, { maxLength: 4 });

/** Every call of the small world. */
export const allCalls: readonly ResourceAttributes[] = verbs.flatMap((verb) =>
  apiGroups.flatMap((apiGroup) =>
    resources.flatMap((resource) =>
      subresources.flatMap((subresource) =>
        namespaces.flatMap((namespace) =>
          names.map((name) => ({ verb, apiGroup, resource, subresource, namespace, name })),
        ),
      ),
    ),
  ),
);

export const anyCall = fc.constantFrom(...allCalls);
