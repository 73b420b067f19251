import { describe, expect, it } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  agent,
  alice,
  at,
  bob,
  dana,
  erin,
  frank,
  glassBroken,
  grantExpired,
  grantId,
  grantIssued,
  grantRevoked,
  reviewRequested,
} from '../../test/sample-events.js';
import { review, ReviewRefused, type ReviewCommand } from './review.js';

/** Security reviews; alice broke the glass. */
const sec = (human: Principal): Principal => ({ ...human, groups: ['security'] });
const withdrawn: AccessEvent = { type: 'AccessRequestWithdrawn', data: { by: alice } };
const usedUp: AccessEvent = { type: 'GrantEnded', data: { grantId, cause: 'used_up' } };
const ordered: AccessEvent = {
  type: 'RevocationOrdered',
  data: { by: bob, via: 'http', reason: 'enough' },
};

type Past = readonly (AccessEvent | readonly [AccessEvent, string])[];
const decide = (past: Past, command: ReviewCommand) => {
  const state = past.reduce<typeof review.initial>((folded, one) => {
    const [event, when] = 'type' in one ? [one, at] : one;
    return review.evolve(folded, event, when);
  }, review.initial);
  return review.decide(command, state);
};
const request = { type: 'RequestReview', at } as const;
const remind = (when: string) => ({ type: 'RemindReviewers', at: when }) as const;
const complete = (by: Principal, more: object = {}): ReviewCommand => ({
  type: 'CompleteReview',
  by,
  via: 'http',
  verdict: 'justified',
  note: 'the pager was late',
  at,
  ...more,
});
const completedBy = (by: Principal): AccessEvent => ({
  type: 'ReviewCompleted',
  data: { by, via: 'http', verdict: 'justified', note: 'the pager was late' },
});
const codeOf = (past: Past, command: ReviewCommand): string => {
  try {
    return decide(past, command)?.type ?? 'nothing';
  } catch (error) {
    return error instanceof ReviewRefused ? error.code : String(error);
  }
};

describe('the review of a grant that nobody approved', () => {
  it.each<[string, AccessEvent]>([
    ['its time is over', grantExpired],
    ['it is revoked', grantRevoked],
    ['it is used up', usedUp],
    ['it is given back', withdrawn],
  ])('is asked for once when %s', (_, end) => {
    expect(decide([...glassBroken, end], request)).toStrictEqual({
      type: 'ReviewRequested',
      data: { groups: ['security'], dueBy: '2026-01-06T09:00:00.000Z' },
    });
    expect(decide([...glassBroken, end, reviewRequested], request)).toBeUndefined();
  });

  it.each<[string, Past]>([
    ['there is none', []],
    ['it is open', glassBroken],
    ['its end is only ordered', [...glassBroken, ordered]],
    ['somebody approved it', [grantIssued, grantExpired]],
    ['nothing came of the request', [...glassBroken.slice(0, 2), withdrawn]],
  ])('is not asked for when %s', (_, past) => {
    expect(decide(past, request)).toBeUndefined();
  });

  it('is reminded of every day until it is done, and of the days that were missed once', () => {
    const open: Past = [...glassBroken, grantExpired, [reviewRequested, at]];
    expect(decide(open, remind('2026-01-06T08:59:59.999Z'))).toBeUndefined();
    expect(decide(open, remind('2026-01-06T09:00:00.000Z'))).toMatchObject({ data: { count: 1 } });
    expect(decide(open, remind('2026-03-06T10:00:00.000Z'))).toMatchObject({ data: { count: 60 } });
    const told: Past = [...open, { type: 'ReviewReminded', data: { count: 3 } }];
    expect(decide(told, remind('2026-01-08T23:00:00.000Z'))).toBeUndefined();
    expect(decide(told, remind('2026-01-09T09:00:00.000Z'))).toMatchObject({ data: { count: 4 } });
    expect(
      decide([...told, completedBy(sec(erin))], remind('2027-01-01T00:00:00.000Z')),
    ).toBeUndefined();
  });

  const open: Past = [...glassBroken, grantExpired, reviewRequested];

  it('is completed by one of its groups, for ever', () => {
    expect(decide(open, complete(sec(erin)))).toStrictEqual(completedBy(sec(erin)));
    const done: Past = [...open, completedBy(sec(erin))];
    expect(codeOf(done, complete(sec(erin)))).toBe('nothing');
    expect(codeOf(done, complete(sec(erin), { verdict: 'not_justified' }))).toBe('review_not_open');
    expect(codeOf(done, complete(sec(bob)))).toBe('review_not_open');
  });

  it.each<[string, Principal]>([
    ['whoever broke the glass', sec(alice)],
    ['their other account', sec({ ...alice, subject: 'alice-2', email: 'ALICE@corp.test' })],
    ['somebody of another group', bob],
    ['an administrator of another group', frank],
    ['an agent', sec(agent)],
    ['an agent that says it is a human of the group', { ...sec(erin), kind: 'agent' }],
  ])('is not completed by %s', (_, by) => {
    expect(codeOf(open, complete(by))).toBe('reviewer_not_allowed');
  });

  it('is not completed by the owner or sponsor of an agent that got in for somebody', () => {
    const [, validated, issued] = glassBroken;
    if (issued?.type !== 'GrantIssued' || validated === undefined) throw new Error('not issued');
    const grantee = { ...agent, sponsor: 'bob@corp.test' };
    const of: Past = [validated, { ...issued, data: { ...issued.data, grantee } }, grantExpired];
    for (const by of [dana, bob])
      expect(codeOf([...of, reviewRequested], complete(sec(by)))).toBe('reviewer_not_allowed');
    expect(codeOf([...of, reviewRequested], complete(sec(erin)))).toBe('ReviewCompleted');
  });

  it('is not completed before the grant has ended, and never where nothing was broken', () => {
    expect(codeOf(glassBroken, complete(sec(erin)))).toBe('review_not_open');
    expect(codeOf([grantIssued, grantExpired], complete(sec(erin)))).toBe('review_unknown');
    expect(codeOf([], complete(sec(erin)))).toBe('review_unknown');
  });
});
