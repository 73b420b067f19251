import type { Rule } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { blastRadius } from './blast-radius.js';

const rule = (changed: Partial<Rule>): Rule => ({
  verbs: ['get'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  namespaces: ['payments'],
  ...changed,
});
const words = (...rules: Rule[]) => blastRadius(rules).join('; ');
const named = { resourceNames: ['checkout'] };
const pods = { apiGroups: [''], resources: ['pods'] };

describe('how far rules reach', () => {
  it.each<{ readonly rules: readonly Rule[]; readonly says: string }>([
    {
      rules: [rule({ verbs: ['get', 'patch'], ...named })],
      says: '1 deployment in 1 namespace; changes; does not read secrets',
    },
    {
      rules: [rule({ resourceNames: ['a', 'b'], namespaces: ['one', 'two'] })],
      says: '4 deployments in 2 namespaces; only reads; does not read secrets',
    },
    {
      rules: [rule(named), rule({ ...named, verbs: ['patch'] })],
      says: '1 deployment in 1 namespace; changes; does not read secrets',
    },
    {
      rules: [rule(named), rule({ ...pods, verbs: ['delete', 'create'] })],
      says: '1 deployment and every pod in 1 namespace; deletes and creates; does not read secrets',
    },
    {
      rules: [rule(named), rule({})],
      says: 'every deployment in 1 namespace; only reads; does not read secrets',
    },
    {
      rules: [rule({ ...pods, resources: ['pods/log'], ...named })],
      says: '1 pod in 1 namespace; only reads; does not read secrets',
    },
    {
      rules: [rule({ ...pods, resources: ['pods/exec'], verbs: ['create'], ...named })],
      says: '1 pod in 1 namespace; opens a way into pods; does not read secrets',
    },
    {
      rules: [rule({ ...pods, resources: ['pods/*'], verbs: ['get'] })],
      says: 'every pod in 1 namespace; opens a way into pods; does not read secrets',
    },
    {
      rules: [rule({ apiGroups: [''], resources: ['secrets'], verbs: ['list'] })],
      says: 'every secret in 1 namespace; only reads; READS SECRETS',
    },
    {
      rules: [rule({ apiGroups: ['', 'apps'], resources: ['*'], verbs: ['watch'] })],
      says: 'every object of every kind in 1 namespace; opens a way into pods; READS SECRETS',
    },
    {
      rules: [rule({ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] })],
      says: 'every object of every kind in EVERY namespace and cluster-wide; opens a way into pods; may do anything; READS SECRETS',
    },
    {
      rules: [rule({ resources: ['deployments', 'a', 'b', 'c'], ...named })],
      says: '4 objects of 4 kinds in 1 namespace; only reads; does not read secrets',
    },
    {
      rules: [rule({ resources: ['a', 'b', 'c', 'd'] })],
      says: 'every object of 4 kinds in 1 namespace; only reads; does not read secrets',
    },
    {
      rules: [rule({ resources: ['*'], ...named })],
      says: 'every kind of object of 1 name in 1 namespace; only reads; does not read secrets',
    },
    {
      rules: [rule({ resources: ['roles'], verbs: ['escalate', 'get'] })],
      says: 'every role in 1 namespace; uses verbs of its own; does not read secrets',
    },
  ])('is $says', ({ rules, says }) => expect(words(...rules)).toBe(says));

  it('is told at once of the largest rules there can be', () => {
    const many = Array.from({ length: 100 }, (_, index) => `w${index}`);
    const largest = rule({ resources: many, namespaces: many, resourceNames: many });
    const [first] = blastRadius(Array.from({ length: 50 }, () => largest));
    expect(first).toBe('more than 200 objects of 100 kinds in 100 namespaces');
  });

  it('counts secrets of another API group as none of Kubernetes', () =>
    expect(words(rule({ apiGroups: ['corp.test'], resources: ['secrets'] }))).toContain(
      'does not read secrets',
    ));
});
