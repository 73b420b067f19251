import type { GuardDecision, MatchedRule } from '@drawbridge/guardrails';
import { CallRefused } from '../domain/call-refused.js';

/** What the agent is told of a call that a rule denies: which rule, why, and what to do instead. */
export function denial({ decidedBy }: GuardDecision): CallRefused {
  return new CallRefused(
    'guardrail_denied',
    decidedBy === undefined ? 'a guardrail denies this call' : denialWords(decidedBy),
  );
}

const doubts: Readonly<Record<NonNullable<MatchedRule['doubt']>, string>> = {
  not_known: 'what the rule is about is not known of this call',
  facts_missing: 'the object could not be looked at',
  object_too_large: 'the object is too large to be judged',
  expression_failed: 'the rule could not be evaluated',
  expression_too_costly: 'the rule took too long to evaluate',
};

/** The same of one rule. */
export function denialWords({ rule, reason, suggestion, doubt }: MatchedRule): string {
  const instead = suggestion === undefined ? '' : ` Instead: ${sentence(suggestion)}`;
  const unsure = doubt === undefined ? '' : ` It counts as met because ${doubts[doubt]}.`;
  return `guardrail ${rule} denies this: ${sentence(reason)}${instead}${unsure}`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
