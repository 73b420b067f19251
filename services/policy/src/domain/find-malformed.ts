import type { RequestedRule } from '@drawbridge/contracts';
import type { Denial } from './denial.js';

const ANY = '*';
const wordFields = ['verbs', 'apiGroups', 'resources', 'namespaces', 'resourceNames'] as const;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;
const API_GROUP = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/u;

/** Kubernetes reads `pods/*` and `pay*` as ordinary words that match nothing: the requester meant something else. */
export function findMalformed(rules: readonly RequestedRule[]): Denial | undefined {
  const isMalformed = (field: string, word: string) =>
    word.includes(ANY) &&
    (field === 'resourceNames' ||
      (word !== ANY && !(field === 'resources' && /^\*\/[^*/]+$/u.test(word))));
  for (const [index, rule] of rules.entries()) {
    for (const field of wordFields) {
      const word = rule[field]?.find((candidate) => isMalformed(field, candidate));
      if (word === undefined) continue;
      return {
        code: 'rules_malformed',
        message: `"${word}" in ${field} of rule ${index + 1} matches nothing in Kubernetes`,
        suggestion:
          field === 'resourceNames'
            ? 'Name each object, give a pattern in resourceNamePatterns, or leave resourceNames out to mean every object.'
            : 'Use whole words, "*" for any, or "*/scale" for a subresource of any resource.',
      };
    }
  }
  return findUnsearchable(rules);
}

/** Objects are looked up by one kind and in named namespaces: a pattern over several kinds would stand for all of them. */
export function findUnsearchable(rules: readonly RequestedRule[]): Denial | undefined {
  const index = rules.findIndex(
    (rule) => rule.resourceNamePatterns !== undefined && !isSearchable(rule),
  );
  if (index < 0) return undefined;
  return {
    code: 'rules_malformed',
    message: `rule ${index + 1} has a pattern of names, but not one API group, one kind of resource and named namespaces`,
    suggestion: 'Give a rule of its own to each kind, such as pods with pods/log.',
  };
}

function isSearchable({ apiGroups, resources, namespaces = [] }: RequestedRule): boolean {
  const kinds = new Set(resources.map((resource) => resource.split('/')[0] ?? ''));
  return (
    new Set(apiGroups).size === 1 &&
    kinds.size === 1 &&
    apiGroups.every((group) => API_GROUP.test(group)) &&
    [...kinds].every((kind) => DNS_LABEL.test(kind)) &&
    namespaces.every((namespace) => DNS_LABEL.test(namespace))
  );
}
