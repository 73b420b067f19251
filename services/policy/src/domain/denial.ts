import type { StepUp } from '@drawbridge/contracts';
import type { StepUpShortfall } from '@drawbridge/scope';

/**
 * Why a request is denied, from "you are nobody" to "almost". The code is what a program branches on; each
 * stands in `docs/errors.md`.
 */
export type DenialCode =
  | 'requester_not_covered'
  | 'requester_left'
  | 'connection_unknown'
  | 'connection_not_allowed'
  | 'action_unknown'
  | 'action_not_allowed'
  | 'parameter_missing'
  | 'parameter_unknown'
  | 'parameter_invalid'
  | 'rules_not_allowed'
  | 'rules_malformed'
  | 'selector_empty'
  | 'selector_too_wide'
  | 'selector_unresolvable'
  | 'namespace_not_allowed'
  | 'scope_too_wide'
  | 'duration_too_long'
  | 'start_too_late'
  | 'window_passed'
  | 'behalf_not_allowed'
  | 'reason_too_short'
  | 'reason_not_accepted'
  | 'ticket_missing'
  | 'ticket_not_accepted'
  | 'owner_unknown'
  | 'no_eligible_approver'
  | 'break_glass_not_allowed'
  | StepUpShortfall
  | 'limit_required'
  | 'extension_not_allowed'
  | 'extension_too_long'
  | 'grant_used_up'
  | 'approval_incomplete'
  | 'approval_unavailable'
  | 'judged_too_late'
  | 'policy_changed'
  | 'bridges_raised'
  | 'agent_disabled';

/** A no, with what to ask for instead. Shown to the requester: it tells of policies that cover them only. */
export interface Denial {
  readonly code: DenialCode;
  readonly message: string;
  readonly suggestion?: string;
  /** The login that it takes. */
  readonly stepUp?: StepUp;
}

export function isDenial(value: object): value is Denial {
  return 'code' in value;
}

/** `a`, `a or b`, `a, b or c`; each in quotes. */
export function quoteAny(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    words.map((word) => `"${word}"`),
  );
}

/** The suggestion to ask for one of several things; nothing where there are none. */
export function suggestOneOf(what: string, words: readonly string[]): { suggestion?: string } {
  const sorted = [...new Set(words)].toSorted();
  return sorted.length === 0 ? {} : { suggestion: `Ask for ${what} ${quoteAny(sorted)}.` };
}
