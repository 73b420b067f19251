import { describe, expect, it } from 'vitest';
import type { AccessEvent, StepsRequirement, StepUp } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import {
  accessRequested,
  agent,
  alice,
  approvalRequested,
  bob,
  closedBy,
  dana,
  erin,
  frank,
  givenBy,
  grantExpired,
  grantId,
  grantIssued,
  grantRevoked,
  humansOf,
  recordedAll,
  stepsOf,
  terms,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { accessApproval } from './access-approval.js';
import type { GiveApproval } from './decide-by-human.js';
import { roundNow } from './extension-story.js';
import { offerExtension } from './offer-extension.js';
import { tellStory } from './request-story.js';

const at = '2026-01-05T09:10:00.000Z';
const { given } = specify(accessApproval, at);
const oneOf: StepsRequirement = {
  type: 'steps',
  order: 'parallel',
  steps: [{ type: 'humans', name: 'approval', count: 1, groups: ['sre-oncall'] }],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
};
const wish = { seconds: 600, reason: 'not through yet' };
const wished = (round = 2): AccessEvent => ({
  type: 'ExtensionRequested',
  data: { round, by: agent, ...wish },
});
const allowed = (approval: StepsRequirement = oneOf, round = 2): AccessEvent => ({
  type: 'ExtensionValidated',
  data: {
    round,
    policy: { name: 'oncall-production', version: 'a1b2c3d4e5f6' },
    seconds: 600,
    approval,
    risk: { level: 'medium', reasons: [] },
  },
});
/** The grant ends at 9:20, before the people's time is over. */
const until = '2026-01-05T09:20:00.000Z';
const asking = (approval: StepsRequirement = oneOf, round = 2): AccessEvent => ({
  type: 'ApprovalRequested',
  data: { approval, decideBy: until, round },
});
const running = [
  accessRequested,
  validated(humansOf(2)),
  approvalRequested(humansOf(2)),
  givenBy(alice),
  givenBy(bob),
  closedBy(alice, bob),
  grantIssued,
];
const asked = [...running, wished(), allowed(), asking()];
const approve = (approver = alice, more: Partial<GiveApproval> = {}): GiveApproval => ({
  type: 'GiveApproval',
  approver,
  via: 'slack',
  round: 2,
  at,
  ...more,
});
const deny = (approver = alice, round?: number) =>
  ({ type: 'DenyApproval', approver, via: 'slack', at, ...(round && { round }) }) as const;
const complete = { type: 'CompleteApproval' } as const;
const yes = givenBy(alice, { round: 2 });
const approved: AccessEvent = {
  type: 'ExtensionApproved',
  data: { round: 2, approvers: [alice] },
};
const rejected: AccessEvent = {
  type: 'ExtensionClosed',
  data: { round: 2, outcome: 'rejected', by: alice },
};
const extended: AccessEvent = {
  type: 'GrantExtended',
  data: { grantId, round: 2, endsAt: '2026-01-05T09:30:00.000Z', approvers: [alice] },
};

describe('more time for a grant that runs', () => {
  it('is asked of humans until the grant ends, or their time is over', () => {
    given(...running, wished(), allowed())
      .when({ type: 'RequestApproval', at })
      .then(asking());
    const short = { ...oneOf, timeoutSeconds: 60 };
    given(...running, wished(), allowed(short))
      .when({ type: 'RequestApproval', at })
      .then({
        type: 'ApprovalRequested',
        data: { approval: short, decideBy: '2026-01-05T09:11:00.000Z', round: 2 },
      });
  });

  it.each([
    ['nobody asked for', [...running, allowed()]],
    ['humans are asked for already', asked],
    ['of a grant that has ended', [...running, wished(), allowed(), grantRevoked]],
    ['of a grant that was given back', [...running, wished(), allowed(), withdrawn]],
    ['that nobody has to approve', [...running, wished()]],
  ])('is not asked of humans where it is one that %s', (_, past) =>
    given(...past)
      .when({ type: 'RequestApproval', at })
      .thenNothing(),
  );

  it('is not asked of humans behind the end', () =>
    given(...running, wished(), allowed())
      .when({ type: 'RequestApproval', at: until })
      .thenNothing());

  it('is approved by those who say so to this round, whoever approved the request', () => {
    given(...asked)
      .when(complete)
      .thenNothing();
    given(...asked)
      .when(approve())
      .then(yes);
    given(...asked, yes)
      .when(complete)
      .then(approved);
    given(...asked, yes, approved)
      .when(complete)
      .thenNothing();
  });

  it('takes no decision that was made on the card of the request, or of another round', () => {
    for (const round of [undefined, 1, 3]) {
      const shown = round === undefined ? {} : { round };
      given(...asked)
        .when({ type: 'GiveApproval', approver: frank, via: 'slack', at, ...shown })
        .thenRefused('request_not_pending');
    }
    given(...asked)
      .when(approve(alice, { round: 1 }))
      .thenNothing();
    given(...asked)
      .when(deny(alice, 3))
      .thenRefused('request_not_pending');
  });

  it('is refused to the owner, to strangers and to agents', () => {
    given(...asked)
      .when(approve(dana))
      .thenRefused('owner_approval');
    given(...asked)
      .when(approve(erin))
      .thenRefused('approver_not_in_group');
    given(...asked)
      .when(approve(agent))
      .thenRefused('approver_not_human');
  });

  it('can be given for less, and with no other rules', () => {
    const narrow = { durationSeconds: 60 };
    given(...asked)
      .when(approve(alice, { narrow }))
      .then(givenBy(alice, { round: 2, narrow }));
    given(...asked)
      .when(approve(alice, { narrow: { durationSeconds: 601 } }))
      .thenRefused('narrowing_widens');
    given(...asked)
      .when(approve(alice, { narrow: { rules: terms.rules } }))
      .thenRefused('narrowing_not_possible');
  });

  it('ends with a no, which needs to name no round', () => {
    const no: AccessEvent = {
      type: 'ApprovalDenied',
      data: { approver: alice, via: 'slack', round: 2 },
    };
    given(...asked)
      .when(deny())
      .then(no);
    given(...asked, no)
      .when({ type: 'RejectRequest' })
      .then(rejected);
    given(...asked, no)
      .when(approve(bob))
      .thenRefused('request_not_pending');
    given(...asked, no, rejected)
      .when({ type: 'RejectRequest' })
      .thenNothing();
  });

  it('lapses when nobody decided in time, and not before', () => {
    given(...asked)
      .when({ type: 'LapseRequest', at })
      .thenNothing();
    given(...asked)
      .when({ type: 'LapseRequest', at: until })
      .then({ type: 'ExtensionClosed', data: { round: 2, outcome: 'lapsed' } });
    given(...asked, yes)
      .when({ type: 'LapseRequest', at: until })
      .thenNothing();
    given(...asked)
      .when(approve(alice, { at: until }))
      .thenRefused('approval_too_late');
  });

  it('is over with the grant', () => {
    for (const end of [grantRevoked, grantExpired, withdrawn]) {
      given(...asked, yes, end)
        .when(complete)
        .thenNothing();
      given(...asked, end)
        .when(approve())
        .thenRefused('request_not_pending');
      given(...asked, end)
        .when({ type: 'LapseRequest', at: until })
        .thenNothing();
    }
  });

  it('can be taken back until it stands', () => {
    const takeBack = { type: 'VoidApproval', approver: alice, reason: 'taken_back', at } as const;
    const back: AccessEvent = {
      type: 'ApprovalVoided',
      data: { approver: alice, reason: 'taken_back', round: 2 },
    };
    given(...asked, yes)
      .when(takeBack)
      .then(back);
    given(...asked, yes, back)
      .when(complete)
      .thenNothing();
    given(...asked, yes, approved)
      .when({ ...takeBack, reason: 'disabled' })
      .then({
        type: 'ApprovalVoided',
        data: { approver: alice, reason: 'disabled', round: 2 },
      });
    // Of the request it is too late: its grant runs.
    given(...running)
      .when(takeBack)
      .thenRefused('request_not_pending');
    given(...asked)
      .when(takeBack)
      .thenRefused('approval_not_given');
  });

  it('repeated says nothing new, also once it stands', () => {
    given(...asked, yes)
      .when(approve())
      .thenNothing();
    given(...asked, yes, approved, extended)
      .when(approve())
      .thenNothing();
    given(...asked, yes, approved, extended)
      .when(approve(bob))
      .thenRefused('request_not_pending');
  });

  it('can be asked for and decided again', () => {
    const again = [...asked, yes, approved, extended, wished(3), allowed(oneOf, 3)];
    given(...again)
      .when({ type: 'RequestApproval', at })
      .then({
        type: 'ApprovalRequested',
        data: { approval: oneOf, decideBy: '2026-01-05T09:30:00.000Z', round: 3 },
      });
    given(...again, asking(oneOf, 3))
      .when(complete)
      .thenNothing();
    given(...again, asking(oneOf, 3))
      .when(approve(alice, { round: 3 }))
      .then(givenBy(alice, { round: 3 }));
    given(...again, asking(oneOf, 3))
      .when(approve(bob))
      .thenRefused('request_not_pending');
  });

  it('is reminded of, and further people are asked, in its own round', () => {
    const step = { ...stepsOf().steps[0]!, remindAfterSeconds: 60 };
    const approval = { ...oneOf, steps: [step] };
    given(...running, wished(), allowed(approval), asking(approval))
      .when({ type: 'Remind', step: 'on-call', at: '2026-01-05T09:11:00.000Z' })
      .then({ type: 'ApprovalReminded', data: { step: 'on-call', count: 1, round: 2 } });
  });

  it('wants a login of after it was asked, where it wants a fresh one', () => {
    const stepUp: StepUp = { maxAgeSeconds: 3600 };
    const approval = { ...oneOf, stepUp };
    const login = (authTime: string) =>
      approve(alice, { proof: { issuer: alice.issuer, authTime } });
    const past = [...running, wished(), allowed(approval), asking(approval)];
    given(...past)
      .when(approve())
      .thenRefused('step_up_required');
    given(...past)
      .when(login('2026-01-05T09:09:00.000Z'))
      .thenRefused('step_up_too_old');
    const proof = { issuer: alice.issuer, authTime: at };
    given(...past)
      .when(login(at))
      .then(givenBy(alice, { round: 2, proof }));
  });
});

describe('more time that a human thinks of', () => {
  const { given: offered } = specify(offerExtension);
  const offer = (by = alice, more: { isAdmin?: boolean; at?: string } = {}) =>
    ({ type: 'OfferExtension', by, via: 'slack', ...wish, isAdmin: false, at, ...more }) as const;
  const said = (by = alice, round = 2): AccessEvent => ({
    type: 'ExtensionOffered',
    data: { round, by, via: 'slack', ...wish },
  });

  it.each([
    ['who may approve', alice, false],
    ['the owner, who may not', dana, false],
    ['an administrator', frank, true],
  ])('is asked for by %s', (_, by, isAdmin) =>
    offered(...running)
      .when(offer(by, { isAdmin }))
      .then(said(by)),
  );

  it('is not asked for by others, nor by agents whatever they are', () => {
    offered(...running)
      .when(offer(erin))
      .thenRefused('extension_offer_not_allowed');
    offered(...running)
      .when(offer({ ...agent, groups: ['sre-oncall'] }))
      .thenRefused('extension_offer_not_allowed');
    offered().when(offer()).thenRefused('approval_unknown');
  });

  it('only while the grant runs, one wish at a time, and not for ever', () => {
    offered(...running.slice(0, -1))
      .when(offer())
      .thenRefused('grant_not_open');
    offered(...running)
      .when(offer(alice, { at: until }))
      .thenRefused('grant_not_open');
    offered(...running, withdrawn)
      .when(offer())
      .thenRefused('grant_not_open');
    offered(...running, wished())
      .when(offer())
      .thenRefused('extension_pending');
    offered(...running, said())
      .when(offer())
      .thenNothing();
    const rounds = Array.from({ length: 9 }, (_, index): AccessEvent[] => [
      wished(index + 2),
      { type: 'ExtensionClosed', data: { round: index + 2, outcome: 'lapsed' } },
    ]).flat();
    offered(...running, ...rounds)
      .when(offer())
      .thenRefused('too_many_rounds');
    offered(...running, ...rounds.slice(0, -2))
      .when(offer())
      .then(said(alice, 10));
  });
});

describe('the story of a request with an extension', () => {
  const told = (...events: AccessEvent[]) => tellStory(recordedAll(events));

  it('is about the extension while humans decide it', () => {
    const now = roundNow(told(...asked)!);
    expect(now).toMatchObject({
      status: 'pending',
      decideBy: until,
      approvals: [],
      terms: { durationSeconds: 600, reason: 'not through yet', rules: terms.rules },
      extends: { round: 2, seconds: 600 },
      grant: { endsAt: until },
    });
    expect(roundNow(told(...asked, yes)!).approvals).toHaveLength(1);
  });

  it('is about the request again afterwards, with what became of it', () => {
    const story = told(...asked, yes, approved, extended)!;
    expect(roundNow(story)).toBe(story);
    expect(story).toMatchObject({
      status: 'granted',
      terms: { durationSeconds: 900 },
      grant: { endsAt: '2026-01-05T09:30:00.000Z' },
      extensions: [{ status: 'extended', endsAt: '2026-01-05T09:30:00.000Z' }],
    });
    expect(story.approvals).toHaveLength(2);
    expect(told(...asked, rejected)?.extensions).toMatchObject([{ status: 'rejected' }]);
    expect(told(...asked, grantRevoked)?.extensions).toMatchObject([{ status: 'lapsed' }]);
  });
});
