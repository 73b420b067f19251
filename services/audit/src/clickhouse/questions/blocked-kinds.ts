/**
 * How a call was blocked, as `(kind, rule, reason)`: several ways at once are possible. What a grant does not allow is
 * `refused`, what a guardrail forbids is `denied`; a held call that was refused is only held. An answer that is masked
 * by no rule of a guardrail is masked by what a connection says of its data.
 */
export const BLOCKED_WAYS = `arrayConcat(
  if(effect = 'deny' AND hold_id IS NULL, [(if(rule = '', 'refused', 'denied'), toString(rule), toString(reason))], []),
  if(hold_id IS NOT NULL, [('held', toString(rule), toString(reason))], []),
  if(ifNull(masked, 0) = 0, [],
    if(arrayExists(met -> met.2 = 'mask', matched),
      arrayMap(met -> ('masked', met.1, 'mask'), arrayFilter(met -> met.2 = 'mask', matched)),
      [('masked', '', 'mask')])),
  if(outcome = 'cut', [('cut', toString(outcome_rule), toString(outcome_reason))], []))`;

/** Those that have any of them. */
export const IS_BLOCKED =
  "effect = 'deny' OR hold_id IS NOT NULL OR ifNull(masked, 0) > 0 OR outcome = 'cut'";
