import type { GuardrailAction } from '@drawbridge/contracts';
import { factsLookedAt, type Guardrails, type LookedAt } from '@drawbridge/guardrails';
import type { PolicyDirectory } from '../policy/policy-files.js';

/** What is known of a rule from its document. */
export interface RuleFacts {
  readonly action: GuardrailAction;
  readonly looksAt: ReadonlySet<LookedAt>;
  /** All of it, as text: rules of the same text say the same of a call. */
  readonly definition: string;
  /** When it is met, as text: rules of the same text are met by the same calls, unless they allow. */
  readonly condition: string;
}

/** One of the policies that are compared. */
export interface PolicySide {
  readonly guardrails: Guardrails;
  readonly connections: PolicyDirectory['connections'];
  /** By `<document>/<rule>`. */
  readonly rules: ReadonlyMap<string, RuleFacts>;
}

/** @param others - connections for a directory that holds none */
export function policySide(
  { guardrails, connections, documents }: PolicyDirectory,
  others: PolicyDirectory['connections'] = [],
): PolicySide {
  const rules = documents.flatMap(({ metadata, spec }) =>
    spec.rules.map((rule): [string, RuleFacts] => [
      `${metadata.name}/${rule.name}`,
      {
        action: rule.action,
        looksAt: factsLookedAt(rule),
        definition: JSON.stringify(rule),
        condition: JSON.stringify([rule.match, rule.when, rule.except]),
      },
    ]),
  );
  return {
    guardrails,
    connections: connections.length === 0 ? others : connections,
    rules: new Map(rules),
  };
}

/** Whether any rule looks at this at all. */
export const looksAt = ({ rules }: PolicySide, fact: LookedAt): boolean =>
  [...rules.values()].some((rule) => rule.looksAt.has(fact));
