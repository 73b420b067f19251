import type { AccessEvent, AccessEventType } from '@drawbridge/contracts';
import type { PolicySet } from '@drawbridge/policy/core';
import { review } from './glass-oracle.js';
import { askedOf, claim, isClosed, wantedBy, type AccessEntry, type Life } from './life.js';
import { policyOf } from './places-oracle.js';
import { emailOf, isLess, QuorumOracle } from './quorum-oracle.js';
import { asksWhom } from './requirement-oracle.js';
import { extend } from './rounds-oracle.js';

type EventOf<Type> = Extract<AccessEvent, { type: Type }>;
interface When {
  /** By the clock of whoever said so. */
  readonly localMs: number;
  readonly isForged: boolean;
  readonly sets: readonly PolicySet[];
}
type Said = {
  readonly [Type in AccessEventType]?: (life: Life, event: EventOf<Type>, when: When) => void;
};

/** I2, I4: what humans said, and what they were shown. Of what was forged only what may count does. */
const said: Said = {
  AccessRequestValidated: (life, event, { sets, localMs }) => {
    claim(isLess(event.data.terms, wantedBy(sets, life)), 'I4: more than was asked', event);
    claim(life.quorum === undefined, 'I8: validated twice', event);
    const { autoApproved: rule, approval, policy } = event.data;
    if (rule !== undefined) life.auto = { rule, atMs: localMs };
    const isAsked = asksWhom(approval, policyOf(sets, policy));
    const isUnasked = rule !== undefined || event.data.terms.breakGlass !== undefined;
    claim(isUnasked ? approval.type === 'none' : isAsked, 'I1: asks others', event);
    life.quorum = new QuorumOracle(event.data);
  },
  ApprovalRequested: (life, { data }, { localMs }) => {
    const asked = askedOf(life, data.round);
    claim(asked !== undefined, 'I10: asked about nothing', data);
    asked.askedAtMs = localMs;
    asked.decideByMs = Date.parse(data.decideBy);
    const endsAtMs = data.round === undefined ? Infinity : (life.grant?.endsAtMs ?? 0);
    claim(asked.decideByMs <= endsAtMs, 'I10: waits for longer than the grant', data);
  },
  ApprovalGiven: (life, event, { localMs, isForged }) => {
    const { quorum, decideByMs = 0 } = askedOf(life, event.data.round) ?? {};
    const why = quorum?.whyNot(event.data, localMs) ?? whyNobody(life, event.data);
    if (!isForged) {
      claim(why === undefined, `I2: an approval that must not count: ${why ?? ''}`, event);
      claim(localMs < decideByMs, 'I2: too late', event);
      claim(!isClosed(life), 'I2: after the end', event);
    }
    if (why === undefined) quorum?.give(event.data, localMs);
  },
  ApprovalDenied: (life, event, { isForged }) => {
    const quorum = askedOf(life, event.data.round)?.quorum;
    const may = quorum?.mayDeny(event.data.approver) === true;
    claim(may || isForged, 'I2: a no of somebody without a say', event);
    quorum?.takeBack(event.data.approver);
    if (may) quorum.noes.add(emailOf(event.data.approver));
  },
  ApprovalVoided: (life, { data }) => {
    askedOf(life, data.round)?.quorum?.takeBack(data.approver);
  },
  ApprovalEscalated: (life, event, { localMs, isForged }) => {
    const { step, level, round } = event.data;
    const { quorum, askedAtMs = Infinity } = askedOf(life, round) ?? {};
    const afterMs = quorum?.nextEscalation(step, level);
    claim(isForged || afterMs !== undefined, 'I2: escalated twice', event);
    const isAsked = askedAtMs > 0;
    const isDue = isAsked && afterMs !== undefined && localMs >= askedAtMs + afterMs;
    claim(isForged || isDue, 'I2: escalated early', event);
    if (isDue) quorum?.escalate(step);
  },
  AccessRequestApproved: (life, event, { isForged }) => {
    const isComplete = life.quorum?.isComplete === true;
    claim(isForged || isComplete, 'I1: approved without a quorum', event);
    life.isDecided = true;
  },
  QuestionAsked: (life, event) => {
    const { questionId, by } = event.data;
    const isWaiting = life.askedAtMs > 0 && !life.isDecided && !isClosed(life);
    claim(isWaiting, 'I9: asked though nothing is to be decided', event);
    const may = life.quorum?.mayDeny(by) === true || life.quorum?.noes.has(emailOf(by)) === true;
    claim(may && !life.questions.has(questionId), 'I9: asked by nobody who may', event);
    life.questions.set(questionId, 'open');
  },
  QuestionAnswered: (life, event) => {
    const { questionId, by } = event.data;
    claim(by.subject === life.requested.requester.subject, 'I9: answered by another', event);
    claim(life.questions.get(questionId) === 'open', 'I9: answered twice', event);
    claim(!isClosed(life), 'I9: answered after the end', event);
    life.questions.set(questionId, 'answered');
  },
  AccessRequestWithdrawn: (life, event) => {
    claim(!isClosed(life), 'I6: withdrawn after the end', event);
    const { requester, request } = life.requested;
    const { by, runId = request.runId } = event.data;
    claim(by.subject === requester.subject, 'I6: withdrawn by another', event);
    claim(runId === request.runId, 'I6: of another run', event);
    life.isWithdrawn = true;
  },
  RevocationOrdered: (life, event) => {
    claim(life.grant !== undefined && !isClosed(life), 'I6: nothing to revoke', event);
    life.isOrdered = true;
  },
};

/** Why nobody is asked now: nothing was validated, or the round is over. */
function whyNobody(life: Life, { round }: { round?: number | undefined }): string | undefined {
  if (askedOf(life, round)?.quorum === undefined) return 'nobody is asked';
  return round === life.openRound || round === undefined ? undefined : 'another round';
}

/** Judges what was said, and keeps it. */
export function hear(life: Life, { recorded, writer }: AccessEntry, sets: readonly PolicySet[]) {
  const { event, at } = recorded;
  const when = { localMs: Date.parse(at), isForged: writer === undefined, sets };
  tell(life, event, when);
  review(life, event, when);
  extend(life, event, when);
}

function tell<Type extends AccessEventType>(
  life: Life,
  event: EventOf<Type> & { readonly type: Type },
  when: When,
): void {
  const listen: Said[Type] = said[event.type];
  listen?.(life, event, when);
}
