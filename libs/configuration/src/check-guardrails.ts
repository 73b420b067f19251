import type { GuardrailDocument } from '@drawbridge/contracts';
import { checkGuardrail } from '@drawbridge/guardrails';
import {
  entriesOf,
  error,
  warning,
  type Check,
  type Checked,
  type Entry,
  type Finding,
} from './entry.js';

/** Guardrails say something that can be meant, about connections and actions that exist. */
export const checkGuardrails: Check = (checked) =>
  entriesOf(checked.entries, 'Guardrail').flatMap((entry) => [
    ...checkGuardrail(entry.document).map(({ path, message }) => error(entry, path, message)),
    ...checkNames(entry, checked),
  ]);

/** Warnings only: one set of guardrails may serve several places, each with its own clusters. */
function checkNames(entry: Entry<GuardrailDocument>, { entries, kinds }: Checked): Finding[] {
  const namesOf = (kind: 'Connection' | 'Action') =>
    kinds.has(kind)
      ? new Set(entriesOf(entries, kind).map(({ document }) => document.metadata.name))
      : undefined;
  const [connections, actions] = [namesOf('Connection'), namesOf('Action')];
  return entry.document.spec.rules.flatMap(({ match }, index) => [
    ...missing(match?.connections?.names, connections).map(([name, at]) =>
      warning(
        entry,
        ['spec', 'rules', index, 'match', 'connections', 'names', at],
        `no connection is named "${name}"`,
      ),
    ),
    ...missing(match?.grants?.actions, actions).map(([name, at]) =>
      warning(
        entry,
        ['spec', 'rules', index, 'match', 'grants', 'actions', at],
        `no action is named "${name}"`,
      ),
    ),
  ]);
}

function missing(
  patterns: readonly string[] | undefined,
  known: ReadonlySet<string> | undefined,
): (readonly [string, number])[] {
  if (known === undefined || known.size === 0) return [];
  return (patterns ?? [])
    .map((pattern, index) => [pattern, index] as const)
    .filter(([pattern]) => pattern !== '' && !pattern.includes('*') && !known.has(pattern));
}
