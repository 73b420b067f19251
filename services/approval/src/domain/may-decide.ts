import type { Principal } from '@drawbridge/contracts';
import { whyNotCounted } from '@drawbridge/scope';
import { isStepUp } from './approval-refused.js';
import type { RequestStory } from './request-story.js';
import { openStepOf } from './steps-of.js';

/** Whether an approval of theirs would count now, as far as that is a question of who they are. */
export function mayDecide({ standing }: RequestStory, human: Principal): boolean {
  if (standing === undefined) return false;
  const step = openStepOf(standing);
  const { termsVersion: seen, asked } = standing;
  const refusal = whyNotCounted(standing, {
    type: 'given',
    approver: human,
    at: asked.at,
    seen,
    ...(step === undefined ? {} : { step }),
  });
  // Whoever only has to log in again may.
  return refusal === undefined || isStepUp(refusal);
}
