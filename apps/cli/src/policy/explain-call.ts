import {
  callOf,
  type BodyFacts,
  type DescribedCall,
  type FactName,
  type GuardDecision,
} from '@drawbridge/guardrails';
import type { PolicyDirectory } from './policy-files.js';

/** What guardrails say of a call, and what they looked at. */
export interface Explanation {
  readonly call: DescribedCall;
  readonly decision: GuardDecision;
  /** Every rule about calls of this verb and resource. */
  readonly about: readonly string[];
  /** What of the body rules had to look at; what was not given counts against the call. */
  readonly needed: readonly { readonly fact: FactName; readonly given: boolean }[];
}

/** Judges a described call. Environment and labels come from the connection's own document when there is one. */
export function explainCall(
  { guardrails, connections }: PolicyDirectory,
  described: DescribedCall,
  facts: BodyFacts,
): Explanation {
  const known = connections.find(({ metadata }) => metadata.name === described.connection?.name);
  const call = callOf({
    ...described,
    connection: {
      ...(known && { environment: known.spec.environment, labels: known.metadata.labels }),
      ...described.connection,
    },
  });
  const judgement = guardrails.judge(call);
  const about = guardrails.about(call.request);
  if (judgement.kind === 'decided') {
    return { call: described, decision: judgement.decision, about, needed: [] };
  }
  const needed = [...judgement.facts].map((fact) => ({ fact, given: facts[fact] !== undefined }));
  return { call: described, decision: judgement.decide(facts), about, needed };
}
