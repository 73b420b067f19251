import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionNames } from './session-names.js';

const grantId = '0198c7a2-5d7e-7c3b-9a44-6a1f0e1c2d3b';
const accessRequestId = '0198c7a2-5d7e-7c3b-9a44-000000000001';
const issuer = 'https://idp.corp.test';
const namesOf = (subject: string, from = issuer) =>
  sessionNames(
    { agent: { kind: 'agent', issuer: from, subject, groups: [] }, grantId, accessRequestId },
    'prod-eks',
  );

const nameRule = /^[\w+=,.@-]{2,64}$/;
const tagRule = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

describe('the names of a session', () => {
  it('are those of agent and grant', () => {
    expect(namesOf('agent-oncall')).toStrictEqual({
      sessionName: `agent-oncall@${grantId}`,
      sourceIdentity: expect.stringMatching(/^agent-oncall\.[0-9a-f]{16}$/) as string,
      tags: {
        'drawbridge-agent': 'agent-oncall',
        'drawbridge-issuer': issuer,
        'drawbridge-grant': grantId,
        'drawbridge-access-request': accessRequestId,
        'drawbridge-connection': 'prod-eks',
      },
    });
  });

  it.each([
    ['a newline', 'agent\nAction=AssumeRole'],
    ['markup and quotes', '"><script>${aws:username}</script>'],
    ['bidi and zero width', 'admin\u202e\u200bgnp.exe'],
    ['letters of another script', 'аdmin'],
    ['emoji', '👩‍🚀'.repeat(40)],
    ['a wildcard', '*'],
    ['nothing but spaces', '   '],
    ['300 characters', 'x'.repeat(300)],
    ['a NUL', 'a\u0000b'],
    ['half a surrogate', 'a\ud800'],
  ])('keep to the rules of AWS: %s', (_name, subject) => {
    const { sessionName, sourceIdentity, tags } = namesOf(subject);
    expect(sessionName).toMatch(nameRule);
    expect(sessionName.endsWith(`@${grantId}`)).toBe(true);
    expect(sourceIdentity).toMatch(nameRule);
    for (const value of Object.values(tags)) expect(value).toMatch(tagRule);
    expect(tags['drawbridge-agent']).not.toBe(subject);
  });

  it('keep to the rules of AWS whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 400 }), (subject) => {
        const { sessionName, sourceIdentity, tags } = namesOf(subject);
        expect(sessionName).toMatch(nameRule);
        expect(sourceIdentity).toMatch(nameRule);
        for (const value of Object.values(tags)) expect(value).toMatch(tagRule);
      }),
    );
  });

  it('are never those of another agent', () => {
    const hostile = fc.string({ unit: fc.constantFrom('a', '/', '*', 'é', '.'), maxLength: 5 });
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        fc.pre(one !== other);
        expect(namesOf(one).tags['drawbridge-agent']).not.toBe(
          namesOf(other).tags['drawbridge-agent'],
        );
        expect(namesOf(one).sourceIdentity).not.toBe(namesOf(other).sourceIdentity);
      }),
    );
  });

  it('cannot be taken by calling oneself what another became', () => {
    const victim = namesOf('dev/ops*').tags['drawbridge-agent'] ?? '';
    expect(namesOf(victim).tags['drawbridge-agent']).not.toBe(victim);
  });

  it('tell agents of the same name at two issuers apart', () => {
    const [one, other] = [namesOf('agent'), namesOf('agent', 'https://other.test')];
    expect(one.sourceIdentity).not.toBe(other.sourceIdentity);
    expect(one.tags).not.toStrictEqual(other.tags);
  });
});
