import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApprovalRequirement, Principal } from '@drawbridge/contracts';
import { approverRefusal, countApprovers, hasKnownOwner, quorumReached } from './quorum.js';

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
const { owner: _, ...orphan } = agent();
const { email: __, ...withoutEmail } = human('zoe');

describe('who may approve', () => {
  it.each([
    ['a human of the group', alice, need(1), agent(), undefined],
    ['an agent', { ...alice, kind: 'agent' }, need(1), agent(), 'approver_not_human'],
    [
      'a human of no group',
      human('erin', { groups: [] }),
      need(1),
      agent(),
      'approver_not_in_group',
    ],
    [
      'a group that differs in case',
      human('erin', { groups: ['SRE-oncall'] }),
      need(1),
      agent(),
      'approver_not_in_group',
    ],
    ['the requester', alice, need(1), { ...alice, owner: 'x@corp.test' }, 'self_approval'],
    [
      'the requester by e-mail',
      human('alice2', { email: 'ALICE@corp.test ' }),
      need(1),
      alice,
      'self_approval',
    ],
    ['the owner by e-mail', dana, need(1), agent(), 'owner_approval'],
    [
      'the owner in other letters',
      dana,
      need(1),
      agent({ owner: ' Dana@Corp.Test' }),
      'owner_approval',
    ],
    ['the owner by subject', dana, need(1), agent({ owner: 'dana' }), 'owner_approval'],
    [
      'the owner by issuer and subject',
      dana,
      need(1),
      agent({ owner: `${issuer}#dana` }),
      'owner_approval',
    ],
    [
      'the owner at another issuer',
      { ...dana, issuer: 'https://other.test' },
      need(1),
      agent(),
      'owner_approval',
    ],
    [
      'the owner in full-width letters',
      human('d', { email: 'ｄana@corp.test' }),
      need(1),
      agent(),
      'owner_approval',
    ],
    ['the owner where that is allowed', dana, need(1, { excludeOwner: false }), agent(), undefined],
    ['anybody for an agent without owner', alice, need(1), orphan, 'owner_unknown'],
    [
      'anybody for an agent with a blank owner',
      alice,
      need(1),
      agent({ owner: ' ' }),
      'owner_unknown',
    ],
    [
      'an agent without owner where the owner may approve',
      alice,
      need(1, { excludeOwner: false }),
      orphan,
      undefined,
    ],
    [
      'a human without e-mail, owner known by e-mail',
      withoutEmail,
      need(1),
      agent(),
      'approver_email_unknown',
    ],
    [
      'a human without e-mail, owner known by subject',
      withoutEmail,
      need(1),
      agent({ owner: 'dana' }),
      undefined,
    ],
    ['a human for a human', alice, need(1), bob, undefined],
    ['a request that needs nobody', alice, { type: 'none' }, agent(), 'no_approval_required'],
  ] as const)('%s', (_name, approver, requirement, requester, refusal) => {
    const mutable = structuredClone({ approver, requirement, requester }) as {
      approver: Principal;
      requirement: ApprovalRequirement;
      requester: Principal;
    };
    expect(approverRefusal(mutable.approver, mutable.requirement, mutable.requester)).toBe(refusal);
  });

  it('knows whether somebody answers for the requester', () => {
    expect([agent(), orphan, alice].map(hasKnownOwner)).toStrictEqual([true, false, true]);
  });
});

describe('a quorum', () => {
  it.each([
    ['nobody', [], 1, false],
    ['one of one', [alice], 1, true],
    ['one of two', [alice], 2, false],
    ['two of two', [alice, bob], 2, true],
    ['one human twice', [alice, alice], 2, false],
    [
      'one human with two accounts',
      [alice, human('alice.adm', { email: 'Alice@corp.test' })],
      2,
      false,
    ],
    ['one who may not and one who may', [dana, alice], 2, false],
    ['an agent and a human', [{ ...bob, kind: 'agent' as const }, alice], 2, false],
  ])('%s', (_name, approvers, count, reached) => {
    expect(quorumReached(approvers, need(count), agent())).toBe(reached);
  });

  it('needs nobody where nobody is required', () => {
    expect(quorumReached([], { type: 'none' }, agent())).toBe(true);
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
    groups: fc.constantFrom(['sre-oncall'], ['developers'], []),
  });

  it('does not depend on the order or on repetition, and more approvals never undo it', () => {
    const property = fc.property(
      fc.array(account, { maxLength: 6 }),
      fc.array(account, { maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (approvers, more, count) => {
        const reached = quorumReached(approvers, need(count), agent());
        expect(quorumReached(approvers.toReversed(), need(count), agent())).toBe(reached);
        expect(quorumReached([...approvers, ...approvers], need(count), agent())).toBe(reached);
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
