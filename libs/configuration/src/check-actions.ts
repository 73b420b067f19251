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
    ...repeated.map((name) => error(entry, path, `parameter "${name}" is declared twice`)),
    ...unused.map((name) => error(entry, path, `parameter "${name}" is used in no rule`)),
    ...undeclared.map((name) =>
      error(entry, ['spec', 'rules'], `"{${name}}" is no declared parameter`),
    ),
  ];
}
