import type { GuardDecision, MatchedRule } from '@drawbridge/guardrails';
import type { RecordedRule } from '@drawbridge/contracts';
import type { CallFacts } from '../chain/exchange.js';
import { warningsOf } from './warned-answer.js';

const MAX_MATCHED = 64;

/** What the records of all calls say about which the same was decided. */
const decisions = new WeakMap<GuardDecision, string>();

type GuardFacts = Pick<CallFacts, 'guard' | 'dryRun' | 'notice'>;

/** What start and refusal of a call say of guardrails, as JSON members; nothing when they were not asked. */
export function guardMembers({ guard, dryRun, notice }: GuardFacts): string {
  if (guard === undefined) return '';
  const tried = dryRun === undefined ? '' : `,"dryRun":${dryRun}`;
  if (notice !== undefined) return `${tried}${membersOf(guard, [notice])}`;
  let text = decisions.get(guard);
  if (text === undefined) {
    text = membersOf(guard);
    decisions.set(guard, text);
  }
  return `${tried}${text}`;
}

/** All of it comes from documents of the operator. */
function membersOf(guard: GuardDecision, notices: readonly string[] = []): string {
  const { policyVersion, decidedBy, matched } = guard;
  const version = `,"policyVersion":${JSON.stringify(policyVersion)}`;
  const warnings = [...notices, ...warningsOf(guard)];
  const warned = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`;
  if (decidedBy === undefined) return `${version}${warned}`;
  const rules = JSON.stringify(matched.slice(0, MAX_MATCHED).map(recordedRule));
  return `${version},"rule":${JSON.stringify(decidedBy.rule)},"matched":${rules}${warned}`;
}

/** What a record says of a rule that was met. */
export const recordedRule = ({ rule, action, doubt }: MatchedRule): RecordedRule => ({
  rule,
  action,
  ...(doubt !== undefined && { doubt }),
});
