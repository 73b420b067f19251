import type { ActionDocument } from '@drawbridge/contracts';
import { placeholdersOf } from '@drawbridge/scope';
import { checkWildcards } from './check-wildcards.js';
import { entriesOf, error, type Check, type Entry, type Finding } from './entry.js';

/** Parameters of actions are declared once and used, and every `*` means what it seems to. */
export const checkActions: Check = ({ entries }) =>
  entriesOf(entries, 'Action').flatMap((entry) => [
    ...checkParameters(entry),
    ...checkWildcards(entry, { rules: entry.document.spec.rules, path: ['spec', 'rules'] }),
  ]);

function checkParameters(entry: Entry<ActionDocument>): Finding[] {
  const { parameters, rules } = entry.document.spec;
  const names = parameters.map(({ name }) => name);
  const used = placeholdersOf(rules);
  const path = ['spec', 'parameters'];
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const unused = names.filter((name) => !used.has(name));
  const undeclared = [...used.keys()].filter((name) => !names.includes(name));
  return [
    ...checkAccepts(entry),
    ...repeated.map((name) => error(entry, path, `parameter "${name}" is declared twice`)),
    ...unused.map((name) => error(entry, path, `parameter "${name}" is used in no rule`)),
    ...undeclared.map((name) =>
      error(entry, ['spec', 'rules'], `"{${name}}" is no declared parameter`),
    ),
  ];
}

/** Labels are of whole namespaces, and a pattern is of one kind: anywhere else they would mean more than they say. */
function checkAccepts(entry: Entry<ActionDocument>): Finding[] {
  const { parameters, rules } = entry.document.spec;
  return parameters.flatMap(({ name, accepts = 'name' }, index) => {
    const path = ['spec', 'parameters', index, 'accepts'];
    const using = rules.filter((rule) => placeholdersOf([rule]).has(name));
    if (accepts === 'namespaceLabels' && !using.every((rule) => isWholeNamespace(rule, name))) {
      return [
        error(
          entry,
          path,
          `"{${name}}" must stand in namespaces only, and nothing beside it there`,
        ),
      ];
    }
    if (accepts === 'namePattern' && !using.every((rule) => isNameOfOneKind(rule, name))) {
      const where = 'in resourceNames only, in rules of one API group and one kind of resource';
      return [error(entry, path, `"{${name}}" must stand ${where}`)];
    }
    return [];
  });
}

type ActionRule = ActionDocument['spec']['rules'][number];

const usesOf = (rule: ActionRule, name: string): ReadonlySet<string> =>
  placeholdersOf([rule]).get(name) ?? new Set();

const isWholeNamespace = (rule: ActionRule, name: string): boolean =>
  rule.namespaces.length === 1 && !usesOf(rule, name).has('resourceName');

function isNameOfOneKind(rule: ActionRule, name: string): boolean {
  const kinds = new Set(rule.resources.map((resource) => resource.split('/')[0]));
  const words = [...rule.apiGroups, ...rule.resources, ...rule.namespaces];
  return (
    !usesOf(rule, name).has('namespace') &&
    rule.apiGroups.length === 1 &&
    kinds.size === 1 &&
    words.every((word) => !word.includes('*'))
  );
}
