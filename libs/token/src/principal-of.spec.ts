import { describe, expect, it } from 'vitest';
import { TrustedIssuer } from '@drawbridge/contracts';
import { principalOf } from './principal-of.js';
import { TokenRefused, type TokenRefusal } from './token-refused.js';

const issuer = 'https://idp.corp.test';
const trusted = (overrides: Record<string, unknown> = {}) =>
  TrustedIssuer.parse({
    issuer,
    audiences: ['drawbridge'],
    algorithms: ['RS256'],
    clockSkewSeconds: 0,
    claims: {
      kind: { pointer: '/kind', agent: ['bot', 'both'], human: ['person', 'both'] },
      groups: '/realm/access~1groups',
      email: '/email',
      owner: '/owner',
      sponsor: '/sponsor',
      run: '/run_id',
    },
    keys: [],
    ...overrides,
  });
const agent = {
  sub: 'agent-oncall',
  kind: 'bot',
  owner: 'dana@corp.test',
  realm: { 'access/groups': ['oncall-agents', 'oncall-agents'] },
};
const human = { sub: 'u-alice', kind: 'person', email: 'alice@corp.test' };

const refusalOf = (claims: object, trust = trusted()): TokenRefusal | undefined => {
  try {
    principalOf({ ...claims }, trust);
    return undefined;
  } catch (error) {
    if (error instanceof TokenRefused) return error.code;
    throw error;
  }
};

describe('the principal of a token', () => {
  it('names the run that a token is for, and never guesses one', () => {
    expect(principalOf({ ...agent, run_id: 'nightly-1' }, trusted())).toMatchObject({
      run: 'nightly-1',
    });
    expect(principalOf(agent, trusted())).not.toHaveProperty('run');
    expect(refusalOf({ ...agent, run_id: ' ' })).toBe('token_claims_invalid');
    expect(refusalOf({ ...agent, run_id: 4711 })).toBe('token_claims_invalid');
    expect(refusalOf({ ...agent, run_id: 'x'.repeat(129) })).toBe('token_claims_invalid');
  });

  it('names the sponsor of an agent, and of nobody else', () => {
    const sponsor = 'sam@corp.test';
    expect(principalOf({ ...agent, sponsor }, trusted())).toMatchObject({ sponsor });
    expect(principalOf({ ...human, sponsor }, trusted())).not.toHaveProperty('sponsor');
    expect(principalOf(agent, trusted())).not.toHaveProperty('sponsor');
    expect(refusalOf({ ...agent, sponsor: ' ' })).toBe('token_claims_invalid');
    expect(refusalOf({ ...agent, sponsor: ['sam@corp.test'] })).toBe('token_claims_invalid');
  });

  it('is in groups of its own issuer only, where that has a prefix', () => {
    const { claims } = trusted();
    const prefixed = (groupsPrefix: string) => trusted({ claims: { ...claims, groupsPrefix } });
    expect(principalOf(agent, prefixed('ci:')).groups).toEqual(['ci:oncall-agents']);
    const sly = { ...agent, realm: { 'access/groups': ['call:payments', 'sre'] } };
    expect(principalOf(sly, prefixed('on-')).groups).toEqual(['on-sre']);
    expect(() => prefixed('On-Call:')).toThrow('reserved prefix');
    expect(() => prefixed('')).toThrow();
  });

  it('is an agent with its groups, once each, and its owner', () =>
    expect(principalOf(agent, trusted())).toStrictEqual({
      kind: 'agent',
      issuer,
      subject: 'agent-oncall',
      groups: ['oncall-agents'],
      owner: 'dana@corp.test',
    }));

  it('is a human with an e-mail address and never an owner', () =>
    expect(principalOf({ ...human, owner: 'x', email_verified: true }, trusted())).toStrictEqual({
      kind: 'human',
      issuer,
      subject: 'u-alice',
      groups: [],
      email: 'alice@corp.test',
    }));

  it('has the kind that is fixed for the issuer', () =>
    expect(principalOf(human, trusted({ claims: { kind: 'human' } })).kind).toBe('human'));

  it('has the one group of a text claim', () => {
    const claims = { ...human, realm: { 'access/groups': 'sre' } };
    expect(principalOf(claims, trusted()).groups).toStrictEqual(['sre']);
  });

  it('has the owner of the configuration before that of the claim', () => {
    const trust = trusted({ owners: { 'agent-oncall': 'erin@corp.test' } });
    expect(principalOf(agent, trust).owner).toBe('erin@corp.test');
  });

  it('T15 has none of the groups that Drawbridge itself gives', () => {
    const claims = {
      ...agent,
      realm: { 'access/groups': ['on-call:payments', 'On-Call:x', 'on-call'] },
    };
    expect(principalOf(claims, trusted()).groups).toStrictEqual(['on-call']);
  });

  it('takes up to 500 groups', () => {
    const groups = Array.from({ length: 500 }, (_, index) => `group-${index}`);
    const claims = { ...agent, realm: { 'access/groups': groups } };
    expect(principalOf(claims, trusted()).groups).toStrictEqual(groups);
  });
});

const groups = (value: unknown) => ({ ...agent, realm: { 'access/groups': value } });

describe('claims are refused', () => {
  it.each([
    ['no subject', { ...agent, sub: undefined }],
    ['an empty subject', { ...agent, sub: '' }],
    ['a blank subject', { ...agent, sub: ' \t' }],
    ['a subject of no-break spaces', { ...agent, sub: '\u00a0' }],
    ['a null subject', { ...agent, sub: null }],
    ['a subject in an array', { ...agent, sub: ['agent-oncall'] }],
    ['a subject that is a number', { ...agent, sub: 0 }],
    ['a subject with a line break', { ...agent, sub: 'a\nb' }],
    ['a subject with a text direction', { ...agent, sub: 'a\u202eb' }],
    ['a subject with a line separator', { ...agent, sub: 'a\u2028b' }],
    ['a subject of 257 characters', { ...agent, sub: 'x'.repeat(257) }],
    ['no kind', { ...agent, kind: undefined }],
    ['an unknown kind', { ...agent, kind: 'robot' }],
    ['a kind in an array', { ...agent, kind: ['bot'] }],
    ['a kind that means both', { ...agent, kind: 'both' }],
    ['an empty group', groups(['a', ''])],
    ['a blank group', groups([' '])],
    ['an empty text of groups', groups('')],
    ['a null group', groups([null])],
    ['groups that are null', groups(null)],
    ['groups that are a number', groups(1)],
    ['groups that are an object', groups({ admin: true })],
    ['groups within groups', groups([['admin']])],
    ['a group of 257 characters', groups(['x'.repeat(257)])],
    ['501 groups', groups(Array.from({ length: 501 }, (_, index) => `g${index}`))],
    ['an e-mail address that is null', { ...human, email: null }],
    ['an e-mail address in an array', { ...human, email: ['alice@corp.test'] }],
    ['an e-mail address that is not verified', { ...human, email_verified: false }],
    ['an e-mail address that is not verified, as text', { ...human, email_verified: 'false' }],
    ['an agent without owner', { ...agent, owner: undefined }],
    ['an agent with a blank owner', { ...agent, owner: ' ' }],
    ['an agent with owners', { ...agent, owner: ['a', 'b'] }],
  ])('with %s', (_, claims) => expect(refusalOf(claims)).toBe('token_claims_invalid'));

  it('with a disabled subject', () =>
    expect(refusalOf(agent, trusted({ disabledSubjects: ['agent-oncall'] }))).toBe(
      'token_subject_disabled',
    ));

  it.each(['/__proto__/kind', '/constructor/name', '/toString/name', '/length', '/sub/length'])(
    'when the pointer %s leads to a prototype',
    (pointer) => {
      const kind = { pointer, agent: ['Object', 'toString', '12', '0'], human: [] };
      expect(refusalOf(agent, trusted({ claims: { kind } }))).toBe('token_claims_invalid');
    },
  );

  it('when the owner would be a property of the prototype', () => {
    const trust = trusted({ claims: { kind: 'agent', owner: '/owner' } });
    expect(refusalOf({ sub: 'constructor' }, trust)).toBe('token_claims_invalid');
  });
});
