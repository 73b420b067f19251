import type { HoldView } from '@drawbridge/contracts';
import { callWords, missingApprovals } from '@drawbridge/holds';
import type { HoldDecision, HoldStory } from '../domain/hold-story.js';

/** A hold as the API shows it. */
export function holdView(story: HoldStory): HoldView {
  const { effect } = story.held;
  return { ...holdSummary(story), effect };
}

/** The same for lists: without what would make them long. */
export function holdSummary(story: HoldStory): HoldView {
  const { id, status, revision, heldAt, held } = story;
  return {
    id,
    status,
    revision,
    heldAt,
    agent: held.agent,
    accessRequestId: held.accessRequestId,
    purpose: held.purpose,
    environment: held.environment,
    call: held.call,
    digest: held.digest,
    plainWords: callWords(held.call),
    reason: held.reason,
    ...(held.suggestion === undefined ? {} : { suggestion: held.suggestion }),
    approvers: held.approvers,
    ...(story.endorsements.length === 0
      ? {}
      : { endorsements: story.endorsements.map(decisionOf) }),
    ...(status === 'open' ? { missing: missingOf(story) } : {}),
    decideBy: held.decideBy,
    ...outcomeOf(story),
  };
}

function outcomeOf(story: HoldStory): Partial<HoldView> {
  const { validUntil, endedAt, cancelReason, releasedCommandId } = story;
  const decision = story.denial ?? story.approval;
  return {
    ...(decision === undefined ? {} : { decision: decisionOf(decision) }),
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(cancelReason === undefined ? {} : { cancelReason }),
    ...(releasedCommandId === undefined ? {} : { releasedCommandId }),
  };
}

const decisionOf = ({ by, via, at, remark }: HoldDecision): NonNullable<HoldView['decision']> => ({
  by: by.email ?? by.subject,
  via,
  at,
  ...(remark === undefined ? {} : { remark }),
});

/** How many different humans have to say yes still. */
const missingOf = ({ held, endorsements }: HoldStory): number =>
  missingApprovals(
    held,
    endorsements.map(({ by }) => by),
  );
