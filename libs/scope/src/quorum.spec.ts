import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApprovalRequirement, Principal } from '@drawbridge/contracts';
import { approverRefusal, countApprovers, hasKnownOwner, type ApproverRefusal } from './quorum.js';

const issuer = 'https://id.corp.test';
const human = (name: string, more: Partial<Principal> = {}): Principal => ({
  kind: 'human',
  issuer,
  subject: name,
  email: `${name}@corp.test`,
  groups: ['sre-oncall'],
  ...more,
});
const agent = (more: Partial<Principal> = {}): Principal => ({
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
  ...more,
});
type Humans = Extract<ApprovalRequirement, { type: 'humans' }>;
const need = (count: number, more: Partial<Humans> = {}): Humans => ({
  type: 'humans',
  count,
  groups: ['sre-oncall'],
  excludeOwner: true,
  timeoutSeconds: 600,
  ...more,
});
const [alice, bob, dana] = [human('alice'), human('bob'), human('dana')];
const orphan: Principal = { kind: 'agent', issuer, subject: 'agent-orphan', groups: [] };
const withoutEmail: Principal = {
  kind: 'human',
  issuer,
  subject: 'zoe',
  groups: ['sre-oncall'],
};

describe('who may approve', () => {
  const fullWidth = human('d', { email: 'ｄana@corp.test' });
  const elsewhere = { ...dana, issuer: 'https://other.test' };
  const ownerMay = need(1, { excludeOwner: false });
  const cases: readonly {
    who: string;
    approver?: Principal;
    requirement?: Exclude<ApprovalRequirement, { type: 'steps' }>;
    requester?: Principal;
    refusal?: ApproverRefusal;
  }[] = [
    { who: 'a human of the group' },
    { who: 'a human for a human', requester: bob },
    { who: 'an agent', approver: { ...alice, kind: 'agent' }, refusal: 'approver_not_human' },
    {
      who: 'a human of no group',
      approver: human('erin', { groups: [] }),
      refusal: 'approver_not_in_group',
    },
    {
      who: 'a human of a group that differs in case',
      approver: human('erin', { groups: ['SRE-oncall'] }),
      refusal: 'approver_not_in_group',
    },
    { who: 'the requester', requester: alice, refusal: 'self_approval' },
    {
      who: 'the requester where the owner may approve',
      requester: alice,
      requirement: ownerMay,
      refusal: 'self_approval',
    },
    {
      who: 'the requester by e-mail',
      approver: human('alice2', { email: 'ALICE@corp.test ' }),
      requester: alice,
      refusal: 'self_approval',
    },
    {
      who: 'the requester whose address is the subject of the other account',
      approver: human('7', { email: 'alice@corp.test' }),
      requester: { kind: 'human', issuer, subject: 'Alice@corp.test', groups: [] },
      refusal: 'self_approval',
    },
    { who: 'the owner by e-mail', approver: dana, refusal: 'owner_approval' },
    {
      who: 'the owner in other letters',
      approver: dana,
      requester: agent({ owner: ' Dana@Corp.Test' }),
      refusal: 'owner_approval',
    },
    {
      who: 'the owner by subject',
      approver: dana,
      requester: agent({ owner: 'DANA' }),
      refusal: 'owner_approval',
    },
    {
      who: 'the owner by issuer and subject',
      approver: dana,
      requester: agent({ owner: `${issuer}#dana` }),
      refusal: 'owner_approval',
    },
    { who: 'the owner at another issuer', approver: elsewhere, refusal: 'owner_approval' },
    { who: 'the owner in full-width letters', approver: fullWidth, refusal: 'owner_approval' },
    { who: 'the owner where that is allowed', approver: dana, requirement: ownerMay },
    { who: 'anybody for an agent without owner', requester: orphan, refusal: 'owner_unknown' },
    {
      who: 'anybody for an agent with a blank owner',
      requester: agent({ owner: ' ' }),
      refusal: 'owner_unknown',
    },
    {
      who: 'anybody for an agent without owner where the owner may approve',
      requester: orphan,
      requirement: ownerMay,
    },
    {
      who: 'a human without e-mail where the owner is known by e-mail',
      approver: withoutEmail,
      refusal: 'approver_email_unknown',
    },
    {
      who: 'a human without e-mail where the owner is known by subject',
      approver: withoutEmail,
      requester: agent({ owner: 'dana' }),
    },
    {
      who: 'anybody where nobody is asked',
      requirement: { type: 'none' },
      refusal: 'no_approval_required',
    },
  ];

  it.each(cases)('$who: $refusal', (row) => {
    const { approver = alice, requirement = need(1), requester = agent() } = row;
    expect(approverRefusal(approver, requirement, requester)).toBe(row.refusal);
  });

  it('knows whether somebody answers for the requester', () => {
    expect([agent(), orphan, alice].map(hasKnownOwner)).toStrictEqual([true, false, true]);
  });
});

const isReached = (approvers: readonly Principal[], count: number) =>
  countApprovers(approvers, need(count), agent()) >= count;

describe('a quorum', () => {
  const aliceAdmin = human('alice.adm', { email: 'Alice@corp.test' });
  const robot: Principal = { ...bob, kind: 'agent' };
  it.each([
    { who: 'nobody', approvers: [], count: 1, reached: false },
    { who: 'one of one', approvers: [alice], count: 1, reached: true },
    { who: 'one of two', approvers: [alice], count: 2, reached: false },
    { who: 'two of two', approvers: [alice, bob], count: 2, reached: true },
    { who: 'one human twice', approvers: [alice, alice], count: 2, reached: false },
    { who: 'two accounts of one human', approvers: [alice, aliceAdmin], count: 2, reached: false },
    { who: 'one who may and one who may not', approvers: [dana, alice], count: 2, reached: false },
    { who: 'an agent and a human', approvers: [robot, alice], count: 2, reached: false },
  ])('$who: $reached', ({ approvers, count, reached }) => {
    expect(isReached(approvers, count)).toBe(reached);
  });

  const account = fc.record({
    kind: fc.constantFrom('human' as const, 'agent' as const),
    issuer: fc.constantFrom('https://a.test', 'https://b.test'),
    subject: fc.constantFrom('alice', 'bob', 'dana', 'erin'),
    email: fc.constantFrom(
      'alice@corp.test',
      'BOB@corp.test',
      'bob@corp.test',
      'dana@corp.test',
      'c@d.test',
    ),
    groups: fc.subarray(['sre-oncall', 'developers']),
  });

  it('does not depend on the order or on repetition, and more approvals never undo it', () => {
    const property = fc.property(
      fc.array(account, { maxLength: 6 }),
      fc.array(account, { maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (approvers, more, count) => {
        const reached = isReached(approvers, count);
        expect(isReached(approvers.toReversed(), count)).toBe(reached);
        expect(isReached([...approvers, ...approvers], count)).toBe(reached);
        const counted = countApprovers(approvers, need(count), agent());
        expect(counted).toBeLessThanOrEqual(
          new Set(approvers.map(({ email }) => email.toLowerCase())).size,
        );
        // Another account can show that two others belong to one human, never raise the number by more than one.
        const moreCounted = countApprovers([...approvers, ...more], need(count), agent());
        expect(moreCounted).toBeLessThanOrEqual(counted + more.length);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
