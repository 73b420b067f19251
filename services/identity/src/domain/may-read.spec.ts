import { describe, expect, it } from 'vitest';
import type { ApprovalRequirement, Principal } from '@drawbridge/contracts';
import { agent, alice, approval, human } from '../../test/sample-events.js';
import { mayRead } from './may-read.js';

const view = { requester: agent, approval };
const readers = ['auditors'];

describe('reading an access request on behalf of a human', () => {
  const { issuer, subject } = human('erin');
  const asked = { ...view, request: { onBehalfOf: { issuer, subject } } };

  it('is allowed to that human, and to nobody who only looks like them', () => {
    const erin = human('erin', []);
    expect(mayRead(erin, asked, readers)).toBe(true);
    expect(mayRead({ ...erin, kind: 'agent' }, asked, readers)).toBe(false);
    expect(mayRead({ ...erin, issuer: 'https://other.test' }, asked, readers)).toBe(false);
    expect(mayRead({ ...erin, subject: 'other' }, asked, readers)).toBe(false);
  });
});

describe('reading an access request', () => {
  it.each<[string, Principal]>([
    ['its requester', { ...agent, groups: [] }],
    ['the owner, by e-mail address', human('dana')],
    ['the owner, in other case', { ...human('dana'), email: 'Dana@Corp.TEST' }],
    ['the owner, by a login of another issuer', { ...human('dana'), issuer: 'https://sso.test' }],
    ['an approver', alice],
    ['an auditor', human('bob', ['auditors'])],
  ])('is allowed to %s', (_, principal) => expect(mayRead(principal, view, readers)).toBe(true));

  it.each<[string, Principal]>([
    ['another agent', { ...agent, subject: 'agent-reader' }],
    ['the same subject of another issuer', { ...agent, issuer: 'https://other.test' }],
    [
      'an agent that claims the owner’s address',
      { ...agent, subject: 'x', email: 'dana@corp.test' },
    ],
    ['an agent in an approver group', { ...agent, subject: 'x', groups: ['sre-oncall'] }],
    ['an agent in an auditor group', { ...agent, subject: 'x', groups: ['auditors'] }],
    ['a human without a part in it', human('erin', ['developers'])],
    ['a human without an address', { ...human('erin'), email: undefined! }],
  ])('is refused to %s', (_, principal) => expect(mayRead(principal, view, readers)).toBe(false));

  it('knows an owner by subject, of the same issuer only', () => {
    const owned = { requester: { ...agent, owner: 'human-dana' } };
    expect(mayRead(human('dana'), owned, readers)).toBe(true);
    expect(mayRead({ ...human('dana'), issuer: 'https://sso.test' }, owned, readers)).toBe(false);
  });

  it.each<[string, ApprovalRequirement | undefined]>([
    ['nobody has validated it', undefined],
    ['nobody has to approve', { type: 'none' }],
  ])('is refused to an approver while %s', (_, requirement) => {
    const unvalidated = requirement === undefined ? {} : { approval: requirement };
    expect(mayRead(alice, { requester: agent, ...unvalidated }, readers)).toBe(false);
  });

  it('is allowed to a human of any step', () => {
    const step = (name: string, group: string) => ({
      type: 'humans' as const,
      name,
      count: 1,
      groups: [group],
    });
    const inSteps: ApprovalRequirement = {
      type: 'steps',
      order: 'sequential',
      steps: [step('on-call', 'sre-oncall'), step('lead', 'sre-leads')],
      denyThreshold: 1,
      excludeOwner: true,
      timeoutSeconds: 1800,
    };
    const asked = { requester: agent, approval: inSteps };
    expect(mayRead(alice, asked, readers)).toBe(true);
    expect(mayRead(human('carol', ['sre-leads']), asked, readers)).toBe(true);
    expect(mayRead(human('erin', ['developers']), asked, readers)).toBe(false);
  });

  it('is not owned by nobody', () => {
    const { owner, ...ownerless } = agent;
    expect(owner).toBeDefined();
    const nameless = {
      kind: 'human',
      issuer: agent.issuer,
      subject: 'undefined',
      groups: [],
    } as const;
    expect(mayRead({ ...nameless, groups: [] }, { requester: ownerless }, readers)).toBe(false);
  });
});
