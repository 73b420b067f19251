import type { AuditCommand, RecordedRule } from '@drawbridge/contracts';
import type { PolicySide } from './policy-side.js';

/** Conditions of rules, as text, and whether a call met them when it was judged: with its body, and all that it looked at. */
export type MetThen = ReadonlyMap<string, boolean>;

const nothing: MetThen = new Map();
/** As many as a record holds. */
const MAX_RECORDED = 64;
/** It is the sum over all rules that was too much, of which others may be fewer. */
const COSTLY = 'expression_too_costly';

/**
 * What the record tells of conditions, where the guardrails are known that judged the call. The same condition in
 * another rule, of another action, was met or not as well; but in doubt a rule that allows is not met, unlike all others.
 */
export function metThen(command: AuditCommand, sides: readonly PolicySide[]): MetThen {
  const { policyVersion, matched = [] } = command;
  const inForce = sides.find(({ guardrails }) => guardrails.version === policyVersion);
  if (inForce === undefined) return nothing;
  const isComplete = tellsOfAll(matched);
  const met = new Map<string, boolean>();
  for (const [rule, { action, condition }] of inForce.rules) {
    const found = matched.find((one) => one.rule === rule);
    if (action === 'allow' || found?.doubt === COSTLY) continue;
    if (found !== undefined) met.set(condition, true);
    else if (isComplete && !met.has(condition)) met.set(condition, false);
  }
  return met;
}

/** When attributes deny, no rule is asked that needs the body; and a record has room for so many. */
const tellsOfAll = (matched: readonly RecordedRule[]): boolean =>
  matched.length < MAX_RECORDED && matched.every(({ action }) => action !== 'deny');
