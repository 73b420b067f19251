import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal } from '@drawbridge/contracts';
import { CallRefused } from '../domain/call-refused.js';
import { Impersonation, type ImpersonateIdentity } from './impersonation.js';

const asAgent: ImpersonateIdentity = {
  mode: 'impersonate',
  userPrefix: 'drawbridge:',
  groupPrefix: 'drawbridge:',
  ephemeralRbac: false,
};
const agent: Principal = {
  kind: 'agent',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  groups: ['oncall-agents', 'readers'],
};
const call = {
  agent,
  grantId: '0a0a0a0a-0000-4000-8000-000000000001',
  accessRequestId: '0a0a0a0a-0000-4000-8000-000000000002',
  commandId: '0a0a0a0a-0000-4000-8000-000000000003',
  grantEndsAtMs: 0,
};

/** Pairs of name and value. */
function headersOf(identity: Partial<ImpersonateIdentity> = {}, as: Partial<Principal> = {}) {
  const impersonation = new Impersonation({ ...asAgent, ...identity });
  const headers = impersonation.headers({ ...call, agent: { ...agent, ...as } });
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : [],
  );
}
const groupsOf = (identity: Partial<ImpersonateIdentity>, groups: readonly string[]) =>
  headersOf(identity, { groups: [...groups] })
    .filter(([name]) => name === 'impersonate-group')
    .map(([, value]) => value);

function refusalOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof CallRefused) return error.code;
    throw error;
  }
}

describe('a call in mode impersonate', () => {
  it('names user, uid, every group, and the grant it is made by', () => {
    expect(headersOf()).toStrictEqual([
      ['impersonate-user', 'drawbridge:https://idp.test#agent-oncall'],
      ['impersonate-uid', expect.stringMatching(/^[0-9a-f]{32}$/) as string],
      ['impersonate-group', 'drawbridge:oncall-agents'],
      ['impersonate-group', 'drawbridge:readers'],
      ['impersonate-extra-drawbridge.dev%2Fgrant', call.grantId],
      ['impersonate-extra-drawbridge.dev%2Faccess-request', call.accessRequestId],
      ['impersonate-extra-drawbridge.dev%2Fcommand', call.commandId],
    ]);
  });

  it('carries the group of its grant when the cluster enforces grants', () => {
    expect(groupsOf({ ephemeralRbac: true, groups: [] }, ['readers'])).toStrictEqual([
      `drawbridge:grant:${call.grantId}`,
    ]);
  });

  it('carries only the groups that the connection passes on, each once', () => {
    expect(groupsOf({ groups: ['readers'] }, ['a', 'readers', 'readers'])).toStrictEqual([
      'drawbridge:readers',
    ]);
  });

  it('is computed once for a token and a grant; the command is its own', () => {
    const impersonation = new Impersonation(asAgent);
    const first = impersonation.headers(call);
    const other = impersonation.headers({ ...call, commandId: 'other' });
    expect(other).toStrictEqual([...first.slice(0, -1), 'other']);
    const another = impersonation.headers({ ...call, grantId: 'another' });
    expect(another).toContain('another');
    expect(another).not.toContain(call.grantId);
    expect(impersonation.headers(call)).toStrictEqual(first);
  });
});

describe('T3 an agent that the cluster cannot be told of', () => {
  it.each<[string, Partial<Principal>]>([
    ['an empty subject', { subject: '' }],
    ['a blank subject', { subject: ' ' }],
    ['a blank issuer', { issuer: '\t' }],
    ['a subject with half a character', { subject: 'a\udc00' }],
    ['an empty group', { groups: [''] }],
    ['a blank group', { groups: ['readers', '  '] }],
    ['a group that is a list', { groups: [['system:masters'] as unknown as string] }],
    ['groups that are no list', { groups: 'system:masters' as unknown as string[] }],
    ['no groups at all', { groups: undefined as unknown as string[] }],
    ['more groups than fit', { groups: Array.from({ length: 500 }, (_, n) => `${n}`.padEnd(99)) }],
  ])('because of %s is refused', (_, as) => {
    expect(refusalOf(() => headersOf({}, as))).toBe('identity_refused');
  });
});

describe('T2 nobody becomes one of Kubernetes’ own', () => {
  it.each([
    [{ groupPrefix: '' }, 'system:masters'],
    [{ groupPrefix: '' }, 'System:Masters'],
    [{ groupPrefix: 'sys' }, 'tem:masters'],
    [{ groupPrefix: 'system' }, ':masters'],
    [{ groupPrefix: '' }, 'system:serviceaccounts'],
    [{ groupPrefix: 'drawbridge:' }, 'grant:0a0a0a0a-0000-4000-8000-000000000009'],
    [{ groupPrefix: '' }, 'drawbridge:grant:0a0a0a0a-0000-4000-8000-000000000009'],
  ])('with %j the group %s is refused', (identity, group) => {
    expect(refusalOf(() => groupsOf(identity, [group]))).toBe('identity_refused');
  });

  it('as a user, whatever the prefix', () => {
    const as = { issuer: 'system:admin', subject: 'x' };
    expect(refusalOf(() => headersOf({ userPrefix: '' }, as))).toBe('identity_refused');
  });

  it('with the default prefixes no claim can be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (claim) => {
        try {
          for (const group of groupsOf({}, [claim])) expect(group).not.toMatch(/^system:/i);
        } catch (error) {
          expect(error).toMatchObject({ code: 'identity_refused' });
        }
      }),
    );
  });

  it('and no two agents are the same user', () => {
    const one = headersOf({}, { issuer: 'https://a#b', subject: 'c' });
    const other = headersOf({}, { issuer: 'https://a', subject: 'b#c' });
    expect(one.slice(0, 2)).not.toStrictEqual(other.slice(0, 2));
    expect(one[0]).toStrictEqual(['impersonate-user', 'drawbridge:https://a%23b#c']);
  });
});
