import fc from 'fast-check';
import { expect, it } from 'vitest';
import { live } from './live.js';
import { kinds, story } from './story.js';
import type { World } from './world.js';

/**
 * The whole life of access: two processes of each service over one log, whose loads, appends and acknowledgements are
 * interleaved, lost and cut off at any point; clocks two seconds off; people who may not, agents who try everything,
 * and somebody who writes with the credentials of approval. An oracle judges each step by the log alone.
 *
 * Planted in the deciders one by one, and each found within 600 runs (what is broken → what the oracle said):
 * policy: grants without recounting (I1), with somebody disabled (I1), under raised bridges (I7), what was withdrawn
 * (I1) or has lapsed (I6), the terms before they were narrowed (I4), twice (I1), by policies that no longer allow it
 * (I1); expires early (I6), never (I5), leaves the grant of a withdrawn request (I6). Counting: other terms than were
 * shown (I2), a narrowing that widens (I2), two accounts as two humans (I2), sponsor (I2), owner (I2), agent (I2), a
 * group of another step (I2), voided approvals (I1), the yes of whoever said no (I1), one too few (I1), escalated
 * early (I2). Approval: late decisions (I2), lapses what is decided (I6), never lapses (I5), completes without a quorum
 * (I1). Identity: withdraws what has ended (I6). Gateway: heeds no order (I3), opens what is stopped (I7), goes on
 * behind its time (I3), without the groups (I3), on another connection (I3), by rules of two grants together (I3).
 * Stops: what was released is forgotten (I7), two seconds are enough for clocks (I7), a release gives back what was granted
 * before (I7).
 * Where nobody is asked: for any number in an hour (I1), after a lost race for a place (I1), without a place (I1), where it
 * is not known (I1), for a minute (I1), for any action (I1) and time (I1), by a rule that is gone (I1), long afterwards
 * (I1). Logins: none (I2), of another issuer (I2), old (I2), of tomorrow (I2), weak (I2), not wanted (I1), too old for
 * newer policies (I1). A requirement that is not the one of the policy (I1). Keys: not in the terms (I4), not read (I3), any
 * (I3), none (I3). Questions: of anybody (I9), twice (I9), about nothing (I9); answered by another (I9), twice (I9), late
 * (I9). Runs: another one ends too (I6), granted ones go on (I6), ended by another agent (I6). Groups: whoever has left
 * goes on (I6), by an older token (I6), whoever has not left (I6).
 * At night: broken by somebody with the same address (I11), anybody (I11), without a reason (I11), without a login (I11), in
 * secret (I1), named no longer (I11). Reviews: never (I11), too early (I11), by oneself (I11), by anybody (I11), twice asked (I11)
 * or completed (I11), reminded early (I11).
 * More time: behind the end (I10), by another agent (I10), two wishes at once (I10), for too long (I10), at once or in all,
 * offered by anybody (I10), with other rules (I2), without a quorum (I10), longer than it was shortened to (I10); a gateway that goes on for longer (I3).
 * Uses: one call more (I3), a lost race that is not counted (I3). Kernel: a lost race that is not decided anew (I6).
 *
 * More runs: `LIFE_MODEL_RUNS`; others: `LIFE_MODEL_SEED`; what happened: `LIFE_MODEL_SHOW=1`; the smallest story
 * that goes wrong: `LIFE_MODEL_SHRINK=1`.
 */
const runs = Number(process.env['LIFE_MODEL_RUNS'] ?? 450);
const seed = Number(process.env['LIFE_MODEL_SEED'] ?? 4211);

/** Per 100 runs, far below what is usual: otherwise nothing goes wrong because nothing happens. */
const atLeast: Readonly<Record<string, number>> = {
  GrantIssued: 25,
  GrantExpired: 3,
  GrantRevoked: 5,
  AccessRequestApproved: 20,
  AccessRequestLapsed: 40,
  AccessRequestDenied: 20,
  ApprovalVoided: 4,
  BridgesRaised: 10,
  BridgesReleased: 2,
  CallCounted: 5,
  allowed: 50,
  refused: 1_000,
  narrowed: 2,
  'with a login': 4,
  'with a key': 3,
  unasked: 10,
  'broken glass': 5,
  ReviewRequested: 5,
  ExtensionRequested: 15,
  GrantExtended: 3,
  QuestionAsked: 5,
  conflicts: 30,
  unheard: 3,
  crashed: 10,
  failed: 10,
};
/** Rare: once is enough. */
const atAll = [
  'RevocationOrdered',
  'ApprovalEscalated',
  'ApprovalReminded',
  'ApprovalDenied',
  'AccessRequestRejected',
  'AccessRequestWithdrawn',
  'GrantEnded',
  'AgentDisabled',
  'QuestionAnswered',
  'GrantGroupLost',
  'ReviewReminded',
  'ExtensionOffered',
  'ExtensionClosed',
  'ReviewCompleted',
];

it('no life of access goes wrong, whatever happens to it in whatever order', async () => {
  const counted = new Map<string, number>();
  const add = (what: string, by = 1) => counted.set(what, (counted.get(what) ?? 0) + by);
  await fc.assert(
    fc.asyncProperty(story, async (one) => {
      const { bus } = await live(one);
      for (const { kind } of one.steps) add(`step ${kind}`);
      for (const what of thingsIn(bus)) add(what);
      for (const [what, times] of Object.entries(bus.counted)) add(what, times);
    }),
    { numRuns: runs, seed, endOnFailure: process.env['LIFE_MODEL_SHRINK'] === undefined },
  );
  if (process.env['LIFE_MODEL_SHOW'] !== undefined) console.log(Object.fromEntries(counted));
  // So few that what is rare need not happen.
  if (runs < 450) return;
  for (const kind of kinds) expect(counted.get(`step ${kind}`), kind).toBeGreaterThan(0);
  for (const what of atAll) expect(counted.get(what) ?? 0, what).toBeGreaterThan(0);
  for (const [what, least] of Object.entries(atLeast))
    expect(counted.get(what) ?? 0, what).toBeGreaterThan((least * runs) / 100);
});

const thingsIn = ({ journal }: World['bus']): readonly string[] =>
  journal.flatMap((entry) => {
    if (entry.kind === 'call') return entry.grantId === undefined ? 'refused' : 'allowed';
    if (!('recorded' in entry)) return entry.kind;
    const { type, data } = entry.recorded.event;
    const more = {
      narrowed: type === 'ApprovalGiven' && data.narrow !== undefined,
      'with a login': type === 'ApprovalGiven' && data.proof !== undefined,
      'with a key': type === 'GrantIssued' && data.terms.keyThumbprint !== undefined,
      'broken glass': type === 'GrantIssued' && data.terms.breakGlass !== undefined,
      unasked: type === 'AccessRequestValidated' && data.autoApproved !== undefined,
    };
    return [type, ...Object.entries(more).flatMap(([what, isSo]) => (isSo ? what : []))];
  });
