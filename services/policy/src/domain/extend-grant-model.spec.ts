import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { agreed, extendingSet, running, wished, yesTo } from '../../test/extension-story.js';
import {
  agent,
  alice,
  bob,
  calm,
  carol,
  dana,
  oneHuman,
  policySet,
  raisedStops,
  withdrawn,
} from '../../test/story.js';
import { accessGrant, type AccessGrantCommand } from './access-grant.js';

/**
 * The other services append whatever they like about extensions, in any order and of any round; policy's commands
 * come at any time, repeated, under any policies. None of it may make a grant longer than the right humans of the very
 * round, or a rule by which nobody is asked, agreed to.
 *
 * Planted, one at a time, and found: rounds not told apart in `evolveExtension`; `isApproved` believed without a
 * count, or not waited for; no look at `isEnding`; `isOpen` left out; the wanted time instead of the one that approvers left;
 * `MAX_GRANT_SECONDS` and `maxTotalSeconds` left out; the extension kept after `GrantExtended`.
 */
const start = Date.parse('2026-01-05T09:00:00.000Z');
const later = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
const stranger: Principal = { ...alice, subject: 'erin', email: 'erin@corp.test', groups: [] };
const people = fc.constantFrom(alice, bob, carol, dana, stranger, agent, {
  ...bob,
  kind: 'agent' as const,
});
const rounds = fc.constantFrom(2, 2, 2, 3, 4);
const short = { extension: { maxSeconds: 600, maxTotalSeconds: 1290 } };
const first = extendingSet(short);
const sets = [
  first,
  { ...extendingSet({ ...short, approval: { ...oneHuman, count: 2 } }), version: 'two' },
  {
    ...extendingSet({ extension: { maxSeconds: 300, maxTotalSeconds: 1200 } }),
    version: 'shorter',
  },
  {
    ...extendingSet({
      ...short,
      autoApprove: [
        { name: 'small', actions: ['rollout-restart'], when: { maxDurationSeconds: 1300 } },
      ],
    }),
    version: 'auto',
  },
  { ...policySet(), version: 'empty' },
];

const foreign: fc.Arbitrary<AccessEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(60, 300, 600, 90_000), rounds)
      .map(([seconds, round]) => wished(seconds, round)),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(people, rounds, fc.constantFrom(undefined, undefined, 45, 5_000))
      .map(([who, round, less]) =>
        yesTo(who, { round, ...(less && { narrow: { durationSeconds: less } }) }),
      ),
  },
  people.map((who) => yesTo(who, { round: undefined })),
  { weight: 3, arbitrary: rounds.map((round) => agreed(round)) },
  fc.tuple(people, rounds).map(([approver, round]) => ({
    type: 'ApprovalDenied' as const,
    data: { approver, via: 'slack' as const, round },
  })),
  fc.tuple(people, rounds).map(([approver, round]) => ({
    type: 'ApprovalVoided' as const,
    data: { approver, reason: 'taken_back' as const, round },
  })),
  rounds.map((round) => ({
    type: 'ExtensionClosed' as const,
    data: { round, outcome: 'lapsed' as const },
  })),
  fc.constantFrom<AccessEvent>(withdrawn, {
    type: 'RevocationOrdered',
    data: { by: alice, via: 'http', reason: 'x' },
  }),
);
const command: fc.Arbitrary<AccessGrantCommand> = fc
  .record({
    type: fc.constantFrom(
      'JudgeExtension',
      'JudgeExtension',
      'ExtendGrant',
      'ExtendGrant',
      'ExtendGrant',
      'TakeBackGrant',
      'ExpireGrant',
      'RecheckGrant',
    ),
    policies: fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, fc.constantFrom(...sets)),
    isRaised: fc.constantFrom(false, false, false, false, true),
  })
  .map(({ type, policies, isRaised }) => {
    const stops = isRaised ? raisedStops() : calm().stops;
    return type === 'TakeBackGrant' || type === 'ExpireGrant'
      ? { type, at: '' }
      : { type, policies, circumstances: { ...calm(), stops } };
  });

type Step = ({ readonly event: AccessEvent } | { readonly command: AccessGrantCommand }) & {
  /** How much later than the step before, in minutes. */
  readonly after: number;
};
const minutes = fc.constantFrom(0, 0, 0, 1, 2, 6);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(foreign, minutes).map(([event, after]) => ({ event, after })),
  fc.tuple(command, minutes).map(([one, after]) => ({ command: one, after })),
);
/** Often it begins as it should: otherwise hardly any history gets as far as an extension. */
const history: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.constantFrom(0, 2, 3, 4, 5, 9),
    fc.constantFrom(60, 100),
    fc.constantFrom(undefined, undefined, 45),
    fc.array(step, { maxLength: 25 }),
  )
  .map(([length, again, less, steps]) => {
    const judge = { type: 'JudgeExtension', policies: first, circumstances: calm() } as const;
    const usual: Step[] = [
      { event: wished(300), after: 1 },
      { command: judge, after: 0 },
      { event: yesTo(bob, less && { narrow: { durationSeconds: less } }), after: 1 },
      { event: agreed(), after: 0 },
      { command: { type: 'ExtendGrant', policies: first, circumstances: calm() }, after: 0 },
      { event: wished(again, 3), after: 1 },
      { command: judge, after: 0 },
      { event: yesTo(alice, { round: 3 }), after: 1 },
      { event: agreed(3), after: 0 },
    ];
    return [...usual.slice(0, length), ...steps];
  });

interface Told {
  readonly event: AccessEvent;
  readonly at: string;
  readonly isOurs: boolean;
}

function play(steps: readonly Step[]): readonly Told[] {
  const told: Told[] = running.map((event) => ({ event, at: later(0), isOurs: false }));
  let now = 1;
  for (const one of steps) {
    now += one.after;
    const at = later(now);
    const state = told.reduce(
      (folded, { event, at: when }) => accessGrant.evolve(folded, event, when),
      accessGrant.initial,
    );
    if ('event' in one) {
      told.push({ event: one.event, at, isOurs: false });
      continue;
    }
    const event = accessGrant.decide(atTime(one.command, at), state);
    if (event !== undefined) told.push({ event, at, isOurs: true });
  }
  return told;
}

function atTime(command: AccessGrantCommand, at: string): AccessGrantCommand {
  if (!('circumstances' in command)) return { ...command, at };
  return { ...command, circumstances: { ...command.circumstances, at } };
}

const isOfType =
  <Type extends AccessEvent['type']>(type: Type) =>
  (event: AccessEvent): event is Extract<AccessEvent, { type: Type }> =>
    event.type === type;
const ends = new Set<AccessEvent['type']>([
  'AccessRequestWithdrawn',
  'RevocationOrdered',
  ...(['GrantRevoked', 'GrantExpired', 'GrantEnded'] as const),
]);
const counts = { extended: 0, narrowed: 0, again: 0, denied: 0 };

type Extended = Extract<AccessEvent, { type: 'GrantExtended' }>;

/** Written without the rule, from the log alone. */
function checkExtension(before: readonly Told[], { event, at }: Told, endsAt: string): string {
  if (event.type !== 'GrantExtended') return endsAt;
  const events = before.map((told) => told.event);
  expect(Date.parse(at)).toBeLessThan(Date.parse(endsAt));
  expect(events.some(({ type }) => ends.has(type))).toBe(false);
  expect(events.some((one) => isClosing(events, one, event.data.round))).toBe(false);
  const ofRound = events.filter((one) => isOfRound(one, event.data.round));
  expect(ofRound.some(isOfType('GrantExtended'))).toBe(false);
  checkTime(ofRound, event, endsAt);
  counts.extended += 1;
  counts.again += Number(event.data.round > 2);
  const judged = ofRound.find(isOfType('ExtensionValidated'));
  if (judged?.data.approval.type !== 'none') checkApprovals(ofRound, event);
  return event.data.endsAt;
}

function checkTime(ofRound: readonly AccessEvent[], { data }: Extended, endsAt: string): void {
  const wished = ofRound.find(isOfType('ExtensionRequested'))?.data.seconds ?? 0;
  expect(ofRound.find(isOfType('ExtensionValidated'))?.data.seconds).toBe(wished);
  const more = (Date.parse(data.endsAt) - Date.parse(endsAt)) / 1000;
  expect(more).toBeGreaterThan(0);
  expect(more).toBeLessThanOrEqual(Math.min(600, wished));
  expect((Date.parse(data.endsAt) - start) / 1000).toBeLessThanOrEqual(1290);
  counts.narrowed += Number(more === 45);
}

/** Who said yes and nothing else since. */
function checkApprovals(ofRound: readonly AccessEvent[], { data }: Extended): void {
  expect(ofRound.some(isOfType('ExtensionApproved'))).toBe(true);
  const yes = new Set<string>();
  const asked = ofRound.findIndex(isOfType('ExtensionValidated'));
  for (const one of ofRound.slice(asked)) {
    if (!('approver' in one.data)) continue;
    const { email = '', kind, groups } = one.data.approver;
    const mayApprove = groups.includes('sre-oncall') && email !== 'dana@corp.test';
    if (kind !== 'human') continue;
    if (one.type !== 'ApprovalGiven') yes.delete(email);
    else if (mayApprove) yes.add(email);
  }
  expect(data.approvers.length).toBeGreaterThan(0);
  for (const { email = '' } of data.approvers) expect(yes).toContain(email);
}

const isOfRound = ({ data }: AccessEvent, round: number): boolean =>
  'round' in data && data.round === round;

/** Out of turn it closes nothing. */
function isClosing(events: readonly AccessEvent[], one: AccessEvent, round: number): boolean {
  if (one.type !== 'ExtensionClosed' || one.data.round !== round) return false;
  const wishedAt = events.findIndex(
    (event) => event.type === 'ExtensionRequested' && event.data.round === round,
  );
  return events.indexOf(one) > wishedAt;
}

describe('whatever happens to a grant that runs', () => {
  it('it gets more time only by the right humans of that round, or by nobody where policy says so', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const told = play(steps);
        let endsAt = later(15);
        told.forEach((one, index) => {
          if (!one.isOurs) return;
          counts.denied += Number(one.event.type === 'ExtensionDenied');
          endsAt = checkExtension(told.slice(0, index), one, endsAt);
          if (one.event.type === 'GrantExpired') {
            expect(Date.parse(one.at)).toBeGreaterThanOrEqual(Date.parse(endsAt));
          }
        });
        expect(
          told.filter(
            ({ event, isOurs }) =>
              isOurs && /^Grant(Ex|Re|En)/.test(event.type) && event.type !== 'GrantExtended',
          ).length,
        ).toBeLessThanOrEqual(1);
      }),
      { numRuns: 4_000, seed: 20_261_122 },
    );
    expect(counts.extended).toBeGreaterThan(300);
    expect(counts.again).toBeGreaterThan(0);
    expect(counts.denied).toBeGreaterThan(100);
    expect(counts.narrowed).toBeGreaterThan(0);
  });
});
