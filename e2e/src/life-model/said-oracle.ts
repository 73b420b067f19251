import type { AccessEvent, AccessEventType } from '@drawbridge/contracts';
import type { PolicySet } from '@drawbridge/policy/core';
import { claim, isClosed, wantedBy, type AccessEntry, type Life } from './life.js';
import { emailOf, isLess, QuorumOracle } from './quorum-oracle.js';

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
  AccessRequestValidated: (life, event, { sets }) => {
    claim(isLess(event.data.terms, wantedBy(sets, life)), 'I4: more than was asked', event);
    claim(life.quorum === undefined, 'I8: validated twice', event);
    life.quorum = new QuorumOracle(event.data);
  },
  ApprovalRequested: (life, { data }, { localMs }) => {
    life.askedAtMs = localMs;
    life.decideByMs = Date.parse(data.decideBy);
  },
  ApprovalGiven: (life, event, { localMs, isForged }) => {
    const why = life.quorum === undefined ? 'nobody is asked' : life.quorum.whyNot(event.data);
    claim(
      isForged || why === undefined,
      `I2: an approval that must not count: ${why ?? ''}`,
      event,
    );
    claim(isForged || localMs < life.decideByMs, 'I2: too late', event);
    claim(isForged || !isClosed(life), 'I2: after the end', event);
    if (why === undefined) life.quorum?.give(event.data);
  },
  ApprovalDenied: ({ quorum }, event, { isForged }) => {
    const may = quorum?.mayDeny(event.data.approver) === true;
    claim(may || isForged, 'I2: a no of somebody without a say', event);
    quorum?.takeBack(event.data.approver);
    if (may) quorum.noes.add(emailOf(event.data.approver));
  },
  ApprovalVoided: ({ quorum }, { data }) => {
    quorum?.takeBack(data.approver);
  },
  ApprovalEscalated: ({ quorum, askedAtMs }, event, { localMs, isForged }) => {
    const { step, level } = event.data;
    const afterMs = quorum?.nextEscalation(step, level);
    claim(isForged || afterMs !== undefined, 'I2: escalated twice', event);
    const isDue = afterMs !== undefined && localMs >= askedAtMs + afterMs;
    claim(isForged || isDue, 'I2: escalated early', event);
    if (isDue) quorum?.escalate(step);
  },
  AccessRequestApproved: ({ quorum }, event, { isForged }) => {
    claim(isForged || quorum?.isComplete === true, 'I1: approved without a quorum', event);
  },
  AccessRequestWithdrawn: (life, event) => {
    claim(!isClosed(life), 'I6: withdrawn after the end', event);
    life.isWithdrawn = true;
  },
  RevocationOrdered: (life, event) => {
    claim(life.grant !== undefined && !isClosed(life), 'I6: nothing to revoke', event);
    life.isOrdered = true;
  },
};

/** Judges what was said, and keeps it. */
export function hear(life: Life, { recorded, writer }: AccessEntry, sets: readonly PolicySet[]) {
  const { event, at } = recorded;
  tell(life, event, { localMs: Date.parse(at), isForged: writer === undefined, sets });
}

function tell<Type extends AccessEventType>(
  life: Life,
  event: EventOf<Type> & { readonly type: Type },
  when: When,
): void {
  const listen: Said[Type] = said[event.type];
  listen?.(life, event, when);
}
