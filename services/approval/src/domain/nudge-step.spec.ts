import { describe, expect, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import type { AccessEvent } from '@drawbridge/contracts';
import {
  accessRequested,
  alice,
  approvalRequested,
  at,
  bob,
  carol,
  decideBy,
  deniedBy,
  givenBy,
  lapsed,
  stepsOf,
  validated,
} from '../../test/sample-events.js';
import { accessApproval } from './access-approval.js';
import type { NudgeStep } from './nudge-step.js';

const onCall = {
  type: 'humans' as const,
  name: 'on-call',
  count: 1,
  groups: ['sre-oncall'],
  remindAfterSeconds: 300,
  escalate: [{ afterSeconds: 600, groups: ['sre-leads'] }],
};
const approval = stepsOf({
  steps: [onCall, { type: 'humans', name: 'lead', count: 1, groups: ['sre-leads'] }],
});
const asked = [accessRequested, validated(approval), approvalRequested(approval)];
/** All of it was recorded at 9:00. */
const { given } = specify(accessApproval, at);
const minute = (count: number) => new Date(Date.parse(at) + count * 60_000).toISOString();
const remind = (when: string): NudgeStep => ({ type: 'Remind', step: 'on-call', at: when });
const escalate = (when: string): NudgeStep => ({ type: 'Escalate', step: 'on-call', at: when });
const reminded = (count: number): AccessEvent => ({
  type: 'ApprovalReminded',
  data: { step: 'on-call', count },
});
const escalated: AccessEvent = { type: 'ApprovalEscalated', data: { step: 'on-call', level: 0 } };

describe('a reminder', () => {
  it('comes when its time has come, and not before', () => {
    given(...asked)
      .when(remind(minute(4)))
      .thenNothing();
    given(...asked)
      .when(remind(minute(5)))
      .then(reminded(1));
  });

  it('comes once for all that were missed', () => {
    given(...asked)
      .when(remind(minute(17)))
      .then(reminded(3));
  });

  it.each<{ why: string; past: AccessEvent[]; when?: string }>([
    { why: 'the step is done', past: [...asked, givenBy(alice, { step: 'on-call' })] },
    { why: 'the request is denied', past: [...asked, deniedBy(bob)] },
    { why: 'the request has lapsed', past: [...asked, lapsed] },
    { why: 'the request should lapse instead', past: asked, when: decideBy },
    { why: 'nobody was asked', past: asked.slice(0, 2) },
    { why: 'the time of the history cannot be read', past: [], when: 'soon' },
  ])('does not come when $why', ({ past, when = minute(20) }) =>
    given(...past)
      .when(remind(when))
      .thenNothing(),
  );
});

describe('an escalation', () => {
  it('comes when its time has come, and once', () => {
    given(...asked)
      .when(escalate(minute(9)))
      .thenNothing();
    given(...asked)
      .when(escalate(minute(10)))
      .then(escalated);
    const state = [...asked, escalated].reduce(
      (folded, event, index) => accessApproval.evolve(folded, event, minute(index < 3 ? 0 : 10)),
      accessApproval.initial,
    );
    expect(accessApproval.decide(escalate(minute(11)), state)).toBeUndefined();
  });

  it('lets the further groups decide, and those of before still', () => {
    const state = [...asked, escalated].reduce(
      (folded, event, index) => accessApproval.evolve(folded, event, minute(index < 3 ? 0 : 10)),
      accessApproval.initial,
    );
    for (const approver of [alice, carol]) {
      const give = { type: 'GiveApproval', approver, via: 'http', at: minute(11) } as const;
      expect(accessApproval.decide(give, state)?.type).toBe('ApprovalGiven');
    }
  });
});
