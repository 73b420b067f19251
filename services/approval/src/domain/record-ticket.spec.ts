import { describe, it } from 'vitest';
import type { AccessEventData, StepsRequirement } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import {
  accessRequested,
  alice,
  approvalRequested,
  at,
  bob,
  closedBy,
  decideBy,
  givenBy,
  humansOf,
  stepsOf,
  terms,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { accessApproval } from './access-approval.js';
import type { RecordTicket } from './record-ticket.js';

const { given } = specify(accessApproval);
const onCall = { type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] } as const;
const steps: StepsRequirement['steps'] = [
  { ...onCall, groups: [...onCall.groups] },
  { type: 'ticket', name: 'change', webhook: 'jira' },
];
const past = (more: Partial<StepsRequirement> = {}) => {
  const approval = stepsOf({ order: 'parallel', steps, ...more });
  return [accessRequested, validated(approval), approvalRequested(approval)];
};
const said = { webhook: 'jira', ticket: 'INC-4211', callbackId: 'msg_1', seen: 0 } as const;
const say = (
  decision: RecordTicket['decision'] = 'approved',
  more: Partial<RecordTicket> = {},
): RecordTicket => ({ type: 'RecordTicket', ...said, decision, at, ...more });
const decided = (
  decision: RecordTicket['decision'] = 'approved',
  more: Partial<AccessEventData<'TicketDecided'>> = {},
) => ({ type: 'TicketDecided' as const, data: { step: 'change', ...said, decision, ...more } });
const complete = { type: 'CompleteApproval' } as const;
const reject = { type: 'RejectRequest' } as const;
const ticketWords = 'ticket INC-4211 was denied in jira by Carol';

describe('a word of a ticket system', () => {
  it('is recorded, with who said it there', () =>
    given(...past())
      .when(say('approved', { decidedBy: 'Carol' }))
      .then(decided('approved', { by: 'Carol' })));

  it('is a step beside the humans', () => {
    given(...past(), decided())
      .when(complete)
      .thenNothing();
    given(...past(), givenBy(alice))
      .when(complete)
      .thenNothing();
    given(...past(), decided(), givenBy(alice))
      .when(complete)
      .then(closedBy(alice));
  });

  it('that is a no ends the request, whatever the threshold and however many said yes', () => {
    const history = [
      ...past({ denyThreshold: 3 }),
      givenBy(alice),
      decided('denied', { by: 'Carol' }),
    ];
    given(...history)
      .when(reject)
      .then({ type: 'AccessRequestRejected', data: { reason: ticketWords } });
    given(...history)
      .when(complete)
      .thenNothing();
    given(...history)
      .when({ type: 'GiveApproval', approver: bob, via: 'slack', at })
      .thenRefused('request_not_pending');
  });

  it('that is a no counts also out of turn, and of terms that are not the newest', () => {
    given(...past({ order: 'sequential' }))
      .when(say('denied', { seen: 4 }))
      .then(decided('denied', { seen: 4 }));
  });

  it('that is a yes waits for its turn, and for the terms that were told', () => {
    const sequence = past({ order: 'sequential' });
    given(...sequence)
      .when(say())
      .thenRefused('step_not_open');
    const narrowed = [
      ...sequence,
      givenBy(alice, { step: 'on-call', narrow: { durationSeconds: 60 } }),
    ];
    given(...narrowed)
      .when(say())
      .thenRefused('terms_changed');
    given(...narrowed)
      .when(say('approved', { seen: 1 }))
      .then(decided('approved', { seen: 1 }));
  });
});

describe('a callback that is repeated', () => {
  it('is no news, whatever has become of the request', () => {
    given(...past(), decided())
      .when(say())
      .thenNothing();
    const closed = [...past(), givenBy(alice), decided(), closedBy(alice)];
    given(...closed)
      .when(say())
      .thenNothing();
    given(...past(), decided(), withdrawn)
      .when(say())
      .thenNothing();
    const rejected = { type: 'AccessRequestRejected' as const, data: { reason: 'no' } };
    given(...past(), decided('denied'), rejected)
      .when(say('denied'))
      .thenNothing();
  });

  it('is no news either when it is another yes', () => {
    const again = say('approved', { callbackId: 'msg_2' });
    given(...past(), decided())
      .when(again)
      .thenNothing();
    given(...past(), givenBy(alice), decided(), closedBy(alice))
      .when(again)
      .thenNothing();
  });

  it('is news when it is a no behind a yes', () =>
    given(...past(), decided())
      .when(say('denied', { callbackId: 'msg_2' }))
      .then(decided('denied', { callbackId: 'msg_2' })));
});

describe('a callback of another', () => {
  it.each([
    {
      what: 'a webhook that is not asked',
      command: say('denied', { webhook: 'snow' }),
      past: past(),
    },
    {
      what: 'a request that asks no ticket',
      command: say('denied'),
      past: past({ steps: [steps[0]!] }),
    },
    {
      what: 'a request in the old form',
      command: say(),
      past: [accessRequested, validated(humansOf(1)), approvalRequested(humansOf(1))],
    },
    { what: 'a request that nobody knows', command: say(), past: [] },
    { what: 'a request that is not judged', command: say(), past: [accessRequested] },
  ])('is as if there were no request: $what', ({ command, past: history }) =>
    given(...history)
      .when(command)
      .thenRefused('approval_unknown'),
  );

  it.each(['approved', 'denied'] as const)('ticket is refused, %s or not', (decision) => {
    given(...past())
      .when(say(decision, { ticket: 'INC-1' }))
      .thenRefused('ticket_wrong');
    const approval = stepsOf({ order: 'parallel', steps });
    const { connection, environment, rules, durationSeconds, reason } = terms;
    const none = { connection, environment, rules, durationSeconds, reason };
    const event = validated(approval);
    if (event.type !== 'AccessRequestValidated') throw new Error('another event');
    const without = { ...event, data: { ...event.data, terms: none } };
    given(accessRequested, without, approvalRequested(approval))
      .when(say(decision))
      .thenRefused('ticket_wrong');
  });

  it('is too late when the time is over, and when somebody else has ended it', () => {
    given(...past())
      .when(say('approved', { at: decideBy }))
      .thenRefused('approval_too_late');
    given(...past(), withdrawn)
      .when(say())
      .thenRefused('request_not_pending');
    given(...past(), givenBy(alice), decided(), closedBy(alice))
      .when(say('denied', { callbackId: 'msg_2' }))
      .thenRefused('request_not_pending');
    given(...past().slice(0, 2))
      .when(say())
      .thenRefused('request_not_pending');
  });

  it('never fills the seat of a human', () => {
    const two: StepsRequirement['steps'] = [
      { ...steps[0]!, count: 2 } as (typeof steps)[0],
      steps[1]!,
    ];
    given(
      ...past({ steps: two }),
      givenBy(alice),
      decided(),
      decided('approved', { callbackId: 'x' }),
    )
      .when(complete)
      .thenNothing();
  });
});
