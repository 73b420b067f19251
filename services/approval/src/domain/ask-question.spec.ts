import { describe, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  accessRequested,
  agent,
  alice,
  approvalRequested,
  approvedBy,
  at,
  bob,
  carol,
  dana,
  deniedBy,
  erin,
  lapsed,
  stepsOf,
  validated,
} from '../../test/sample-events.js';
import { accessApproval } from './access-approval.js';

const { given } = specify(accessApproval);
const questionId = (index: number) => `018f0000-0000-7000-8000-${String(index).padStart(12, '0')}`;
const text = 'is payments down?';
const ask = {
  type: 'AskQuestion',
  questionId: questionId(1),
  by: alice,
  via: 'http',
  text,
  at,
} as const;
const asked = (index: number): AccessEvent => ({
  type: 'QuestionAsked',
  data: { questionId: questionId(index), by: alice, via: 'http', text },
});
const steps = stepsOf();
const pending = [accessRequested, validated(steps), approvalRequested(steps)];

describe('a question about a request', () => {
  it('is recorded, of whoever may decide any step', () => {
    given(...pending)
      .when(ask)
      .then(asked(1));
    given(...pending)
      .when({ ...ask, by: carol })
      .then({
        type: 'QuestionAsked',
        data: { questionId: questionId(1), by: carol, via: 'http', text },
      });
  });

  it('may come from who has decided already', () => {
    given(...pending, approvedBy(bob))
      .when({ ...ask, by: bob })
      .then({
        type: 'QuestionAsked',
        data: { questionId: questionId(1), by: bob, via: 'http', text },
      });
    const two = stepsOf({ denyThreshold: 2 });
    given(accessRequested, validated(two), approvalRequested(two), deniedBy(alice))
      .when(ask)
      .then(asked(1));
  });

  it('is one when it comes again', () =>
    given(...pending, asked(1))
      .when(ask)
      .thenNothing());

  it.each<[string, Principal]>([
    ['approver_not_in_group', erin],
    ['approver_not_human', { ...agent, groups: ['sre-oncall'] }],
    ['owner_approval', dana],
  ])('is refused with %s', (code, by) =>
    given(...pending)
      .when({ ...ask, by })
      .thenRefused(code),
  );

  it('is refused where nothing is to be decided', () => {
    given().when(ask).thenRefused('approval_unknown');
    given(...pending.slice(0, 2))
      .when(ask)
      .thenRefused('request_not_pending');
    given(...pending, lapsed)
      .when(ask)
      .thenRefused('request_not_pending');
  });

  it('is refused after twenty', () => {
    const twenty = Array.from({ length: 20 }, (_, index) => asked(index + 2));
    given(...pending, ...twenty.slice(1))
      .when(ask)
      .then(asked(1));
    given(...pending, ...twenty)
      .when(ask)
      .thenRefused('too_many_questions');
  });
});
