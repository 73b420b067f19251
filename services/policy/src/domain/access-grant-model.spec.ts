import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessEvent, ApprovalRequirement, Principal } from '@drawbridge/contracts';
import { countApprovers, within } from '@drawbridge/scope';
import {
  agent,
  alice,
  approved,
  bob,
  calm,
  carol,
  dana,
  endings,
  given,
  grantId,
  oncall,
  oneHuman,
  policySet,
  refusedBy,
  raisedStops,
  requested,
  twoSteps,
  voidedOf,
  withdrawn,
} from '../../test/story.js';
import { accessGrant, type AccessGrantCommand } from './access-grant.js';
import type { PolicySet } from './policy-set.js';

/**
 * Every service appends whatever it likes, in any order; policy's commands come at any time, repeated, with
 * any policies in force. None of it may lead to a grant that the right humans did not agree to.
 */
const start = Date.parse('2026-01-05T09:00:00.000Z');
const later = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
const stranger: Principal = { ...alice, subject: 'erin', email: 'erin@corp.test', groups: [] };
const twin: Principal = { ...alice, subject: 'alice.admin' };
const people = fc.constantFrom(alice, bob, carol, dana, stranger, twin, agent, {
  ...bob,
  kind: 'agent' as const,
});

const steps = twoSteps({ order: 'parallel' });
const approvals: ApprovalRequirement[] = [
  oneHuman,
  { ...oneHuman, count: 2 },
  { type: 'none' },
  steps,
  { ...steps, denyThreshold: 2 },
];
const sets: PolicySet[] = approvals.flatMap((approval, index) => [
  { ...policySet({ ...oncall, approval }), version: `${approval.type}-${index}` },
  {
    ...policySet({ ...oncall, approval, maxDurationSeconds: 300 }),
    version: `${approval.type}-short-${index}`,
  },
]);
sets.push({ ...policySet(), version: 'empty' });
const raised = raisedStops();

const foreign: fc.Arbitrary<AccessEvent> = fc.oneof(
  fc.constantFrom<AccessEvent>(
    requested(),
    requested({ durationSeconds: 300 }),
    requested({ durationSeconds: 300, limits: { maxCalls: 5 } }),
    withdrawn,
    endings.AccessRequestRejected,
    endings.AccessRequestLapsed,
    { type: 'ApprovalRequested', data: { approval: oneHuman, decideBy: later(30) } },
  ),
  people.map((who) => given(who)),
  fc
    .tuple(people, fc.constantFrom(0, 1), fc.constantFrom(60, 200, 5_000))
    .map(([who, seen, durationSeconds]) => given(who, { seen, narrow: { durationSeconds } })),
  people.map(voidedOf),
  people.map(refusedBy),
  people.map((who) => approved(who)),
);
const command: fc.Arbitrary<AccessGrantCommand> = fc
  .record({
    type: fc.constantFrom(
      'JudgeRequest',
      'IssueGrant',
      'EndUnasked',
      'TakeBackGrant',
      'RecheckGrant',
      'ExpireGrant',
      'EndUsedUp',
    ),
    policies: fc.constantFrom(...sets),
    minutes: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ type, policies, minutes }) => {
    const at = later(minutes);
    const use = { calls: minutes, changes: minutes, running: new Set<string>() };
    return { type, policies, at, circumstances: calm(at), grantId, use };
  });

type Step = { readonly event: AccessEvent } | { readonly command: AccessGrantCommand };
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: foreign.map((event) => ({ event })), weight: 2 },
  { arbitrary: command.map((one) => ({ command: one })), weight: 3 },
);
/** Often the story begins as it should: otherwise hardly any history gets as far as a grant. */
const history: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.constantFrom(...sets.slice(0, -1)),
    fc.constantFrom(0, 2, 5, 6),
    fc.constantFrom(undefined, undefined, 200),
    fc.array(step, { maxLength: 25 }),
  )
  .map(([policies, length, shorter, steps]) => {
    const isSteps = policies.version.startsWith('steps');
    const narrow = isSteps && shorter !== undefined ? { durationSeconds: shorter } : undefined;
    const seen = narrow === undefined ? 0 : 1;
    const usual: Step[] = [
      { event: requested({ durationSeconds: 300, limits: { maxCalls: 9 } }) },
      { command: { type: 'JudgeRequest', policies, circumstances: calm() } },
      { event: given(alice, narrow && { narrow }) },
      { event: given(isSteps ? carol : bob, isSteps ? { seen } : {}) },
      { event: approved(alice, bob) },
      { command: { type: 'IssueGrant', policies, grantId, circumstances: calm(later(0)) } },
    ];
    return [...usual.slice(0, length), ...steps];
  });

function play(steps: readonly Step[]): AccessEvent[] {
  const events: AccessEvent[] = [];
  for (const one of steps) {
    const state = events.reduce(
      (folded, event) => accessGrant.evolve(folded, event),
      accessGrant.initial,
    );
    const event = 'event' in one ? one.event : accessGrant.decide(one.command, state);
    if (event !== undefined) events.push(event);
  }
  return events;
}

const sre = new Set(['alice@corp.test', 'bob@corp.test']);

/** Written without the rule: one of each group who said yes and nothing else since, and terms that only shrank. */
function checkSteps(
  before: readonly AccessEvent[],
  { data: { terms, approvers, startsAt, endsAt } }: Extract<AccessEvent, { type: 'GrantIssued' }>,
  denyThreshold: number,
): void {
  stepGrants += 1;
  const yes = new Set<string>();
  const noes = new Set<string>();
  for (const event of before) {
    if (!('approver' in event.data)) continue;
    const { email = '', kind } = event.data.approver;
    if (event.type !== 'ApprovalGiven') yes.delete(email);
    else if (kind === 'human') yes.add(email);
    if (event.type === 'ApprovalDenied' && kind === 'human') noes.add(email);
  }
  const mails = approvers.map(({ email = '' }) => email);
  expect(mails.every((mail) => yes.has(mail))).toBe(true);
  expect(mails).toContain('carol@corp.test');
  expect(mails.some((mail) => sre.has(mail))).toBe(true);
  expect(
    [...noes].filter((mail) => sre.has(mail) || mail === 'carol@corp.test').length,
  ).toBeLessThan(denyThreshold);
  expect(typesOf(before)).toContain('AccessRequestApproved');
  const { durationSeconds } = terms;
  const narrowings = before
    .filter(isOfType('ApprovalGiven'))
    .map(({ data: { narrow } }) => narrow?.durationSeconds);
  expect(durationSeconds === 300 || narrowings.includes(durationSeconds)).toBe(true);
  expect(durationSeconds).toBeLessThanOrEqual(300);
  narrowedGrants += Number(durationSeconds < 300);
  expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(terms.durationSeconds * 1000);
}
let stepGrants = 0;
let narrowedGrants = 0;

const typesOf = (events: readonly AccessEvent[]) => events.map(({ type }) => type);
const isOfType =
  <Type extends AccessEvent['type']>(type: Type) =>
  (event: AccessEvent): event is Extract<AccessEvent, { type: Type }> =>
    event.type === type;
const finals = new Set([
  'AccessRequestWithdrawn',
  'AccessRequestDenied',
  'AccessRequestRejected',
  'AccessRequestLapsed',
  'GrantRevoked',
  'GrantExpired',
  'GrantEnded',
]);

describe('whatever happens, in whatever order', () => {
  it('there is at most one grant, of one validated request, agreed to by the right humans, and not after an end', () => {
    let grants = 0;
    fc.assert(
      fc.property(history, (steps) => {
        const events = play(steps);
        const issuedAt = events.findIndex(isOfType('GrantIssued'));
        if (issuedAt < 0) return;
        grants += 1;
        const before = events.slice(0, issuedAt);
        const [grant, ...more] = events.filter(isOfType('GrantIssued'));
        expect(more).toStrictEqual([]);
        const [validated, ...others] = before.filter(isOfType('AccessRequestValidated'));
        expect(others).toStrictEqual([]);
        expect(typesOf(before).filter((type) => finals.has(type))).toStrictEqual([]);
        const { approval, requester, terms } = validated!.data;
        const yes = before.filter(isOfType('ApprovalGiven')).map(({ data }) => data.approver);
        if (approval.type === 'steps') {
          checkSteps(before, grant!, approval.denyThreshold);
          return;
        }
        if (approval.type === 'humans') {
          const counted = countApprovers(yes, approval, requester);
          expect(counted).toBeGreaterThanOrEqual(approval.count);
          expect(typesOf(before)).toContain('AccessRequestApproved');
          expect(typesOf(before)).not.toContain('ApprovalDenied');
        }
        expect(grant!.data.terms).toStrictEqual(terms);
        expect(grant!.data.grantee).toStrictEqual(requester);
        const { startsAt, endsAt } = grant!.data;
        expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(terms.durationSeconds * 1000);
        const first = before.find(isOfType('AccessRequested'))!.data;
        expect(first.requester).toStrictEqual(requester);
        expect(terms.durationSeconds).toBeLessThanOrEqual(first.request.durationSeconds);
        expect(within(terms.rules, terms.rules)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
    // Otherwise the property holds because nothing ever happens.
    expect(grants).toBeGreaterThan(500);
    expect(stepGrants).toBeGreaterThan(50);
    expect(narrowedGrants).toBeGreaterThan(5);
  });

  it('a grant ends at most once, not before it began, and expires not before its time', () => {
    let ended = 0;
    fc.assert(
      fc.property(history, (steps) => {
        const events = play(steps);
        const ends = events.filter(
          (event) =>
            isOfType('GrantExpired')(event) ||
            isOfType('GrantRevoked')(event) ||
            isOfType('GrantEnded')(event),
        );
        expect(ends.length).toBeLessThanOrEqual(1);
        const [end] = ends;
        if (end === undefined) return;
        ended += 1;
        const grant = events.find(isOfType('GrantIssued'))!;
        expect(events.indexOf(grant)).toBeLessThan(events.indexOf(end));
        expect(end.data.grantId).toBe(grant.data.grantId);
      }),
      { numRuns: 8_000 },
    );
    expect(ended).toBeGreaterThan(200);
  });

  it('policy says one thing about a request once', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const types = typesOf(play(steps));
        for (const type of ['AccessRequestValidated', 'AccessRequestDenied'] as const) {
          expect(types.filter((other) => other === type).length).toBeLessThanOrEqual(1);
        }
        const denied = types.indexOf('AccessRequestDenied');
        expect(denied >= 0 && types.includes('GrantIssued')).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  it('nothing is validated or granted while bridges are raised, and what is open ends', () => {
    let stopped = 0;
    fc.assert(
      fc.property(history, command, (steps, last) => {
        if (!('circumstances' in last)) return;
        const asked: string = last.type;
        if (!/^(Judge|Issue|Recheck)/.test(asked)) return;
        const before = play(steps);
        const circumstances = { ...last.circumstances, stops: raised };
        const stoppedNow = { ...last, circumstances };
        const [said, ...more] = play([...steps, { command: stoppedNow }]).slice(before.length);
        expect(more).toStrictEqual([]);
        if (said === undefined) return;
        stopped += 1;
        const { type, data } = said;
        if (type === 'GrantRevoked') expect(data.cause).toBe('stop');
        else if (type === 'AccessRequestDenied')
          expect(data.code).toMatch(/^(bridges_raised|approval_incomplete|judged_too_late)$/);
        else expect.unreachable(type);
      }),
      { numRuns: 5_000 },
    );
    expect(stopped).toBeGreaterThan(50);
  });

  it('an expiry is recorded only when the time has come', () => {
    fc.assert(
      fc.property(history, command, (steps, last) => {
        const events = play([...steps, { command: last }]);
        const before = play(steps);
        if (events.length === before.length || last.type !== 'ExpireGrant') return;
        const { endsAt } = before.find(isOfType('GrantIssued'))!.data;
        expect(Date.parse(last.at)).toBeGreaterThanOrEqual(Date.parse(endsAt));
      }),
      { numRuns: 3_000 },
    );
  });
});
