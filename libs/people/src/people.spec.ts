import { describe, expect, it } from 'vitest';
import { human, humanDocument, issuer, scheduleDocument } from '../test/documents.js';
import { onCallGroups, peopleOf, withOnCall } from './people.js';
import { whyLost } from './why-lost.js';

const at = '2026-03-18T10:00:00Z';
const afterHandover = '2026-03-24T10:00:00Z';
const people = peopleOf(
  [humanDocument('alice', ['sre']), humanDocument('bob', ['sre'])],
  [scheduleDocument()],
);

describe('whoever is on call', () => {
  it('is in the group of the schedule at that instant, and at no other', () => {
    expect(withOnCall(people, human('alice', ['sre']), at).groups).toStrictEqual([
      'sre',
      'on-call:payments',
    ]);
    expect(onCallGroups(people, human('alice'), afterHandover)).toStrictEqual([]);
    expect(onCallGroups(people, human('bob'), afterHandover)).toStrictEqual(['on-call:payments']);
  });

  it('is nobody who only says so, or only has the address', () => {
    expect(withOnCall(people, human('bob', ['on-call:payments']), at).groups).toStrictEqual([]);
    expect(withOnCall(undefined, human('bob', ['sre', 'on-call:payments']), at).groups).toEqual([
      'sre',
    ]);
    const namesake = { ...human('mallory'), email: 'alice@corp.test' };
    expect(onCallGroups(people, namesake, at)).toStrictEqual([]);
    const elsewhere = { ...human('alice'), issuer: `${issuer}/other` };
    expect(onCallGroups(people, elsewhere, at)).toStrictEqual([]);
  });
});

describe('an approval that was given', () => {
  const isDisabled = () => false;
  const asked = ['sre', 'on-call:payments'];
  const onDuty = { approver: human('alice', ['on-call:payments']), via: 'http' as const, at };

  it('keeps counting when the turn is over', () =>
    expect(whyLost(onDuty, asked, { isDisabled, people })).toBeUndefined());

  it('is lost when the turn was never theirs', () => {
    const other = peopleOf(
      [humanDocument('alice', []), humanDocument('bob', [])],
      [
        scheduleDocument({
          rotation: { ...scheduleDocument().spec.rotation, people: ['bob@corp.test'] },
        }),
      ],
    );
    expect(whyLost(onDuty, asked, { isDisabled, people: other })).toBe('left_group');
    expect(whyLost(onDuty, asked, { isDisabled, people: peopleOf([], []) })).toBe('left_group');
  });

  it('in Slack is lost with the group or the account, by a token only with the identity', () => {
    const given = { approver: human('alice', ['sre']), at };
    const moved = peopleOf([humanDocument('alice', ['developers'])], []);
    const linked = humanDocument('alice', ['sre']);
    const { issuer: from, subject, email, groups } = linked.spec;
    const unlinked = peopleOf([{ ...linked, spec: { issuer: from, subject, email, groups } }], []);
    for (const now of [moved, unlinked]) {
      expect(whyLost({ ...given, via: 'slack' }, asked, { isDisabled, people: now })).toBe(
        'left_group',
      );
      expect(
        whyLost({ ...given, via: 'http' }, asked, { isDisabled, people: now }),
      ).toBeUndefined();
    }
    expect(whyLost({ ...given, via: 'http' }, asked, { isDisabled: () => true })).toBe('disabled');
    expect(whyLost({ ...given, via: 'slack' }, asked, { isDisabled })).toBeUndefined();
  });
});
