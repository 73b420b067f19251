import { describe, expect, it } from 'vitest';
import type { Member } from '@drawbridge/contracts';
import { human, humanDocument, issuer } from '../test/documents.js';
import { isReadBehind, Members } from './members.js';
import { peopleOf } from './people.js';
import { whyLost } from './why-lost.js';

const at = '2026-03-18T10:00:00.000Z';
const after = (seconds: number) => new Date(Date.parse(at) + seconds * 1_000).toISOString();
const alice = (more: Partial<Member> = {}): Member => ({
  ...{ issuer, subject: 'alice', isGone: false, groups: ['sre'], readAt: after(30) },
  ...more,
});
const knowing = (...readings: readonly Member[]) => {
  const members = new Members();
  for (const reading of readings) members.take(reading);
  return members;
};

describe('what directories say', () => {
  it('is what the bucket said last', () => {
    const [old, news] = [alice(), alice({ groups: [], readAt: after(60) })];
    for (const members of [knowing(old, news), knowing(news, news)]) {
      expect(members.of(human('alice'))).toStrictEqual(news);
    }
    expect(knowing(news).take(news)).toBe(false);
    expect(knowing(old).take(news)).toBe(true);
  });

  it('is what the bucket said last, also by a replica whose clock is behind', () => {
    const [ahead, behind] = [alice(), alice({ isGone: true, groups: [], readAt: after(28) })];
    const members = knowing(ahead);
    expect(members.take(behind)).toBe(true);
    expect(members.of(human('alice'))).toStrictEqual(behind);
  });

  it('is of one account: the same subject elsewhere is somebody else', () => {
    const other = { issuer: `${issuer}/other`, subject: 'alice' };
    expect(knowing(alice()).of(other)).toBeUndefined();
  });

  it.each([
    [-60, false],
    [0, false],
    [4.9, false],
    [5, true],
    [60, true],
  ])('%d s behind an instant is certainly behind it: %s', (seconds, is) =>
    expect(isReadBehind(alice({ readAt: after(seconds) }), at)).toBe(is),
  );
});

describe('an approval, as directories say', () => {
  const isDisabled = () => false;
  const asked = ['sre', 'on-call:payments'];
  const given = (via: 'http' | 'slack' | 'step_up', ...groups: string[]) => ({
    ...{ approver: human('alice', groups), via, at },
  });
  const people = peopleOf([humanDocument('alice', ['sre'])], []);

  it.each<{ when: string; said: Member; via: 'http' | 'slack' | 'step_up'; why?: string }>([
    { when: 'its human is gone', said: alice({ isGone: true }), via: 'http', why: 'disabled' },
    {
      when: 'they are gone, in Slack',
      said: alice({ isGone: true }),
      via: 'slack',
      why: 'disabled',
    },
    {
      when: 'they were gone before, in Slack',
      said: alice({ isGone: true, readAt: after(-60) }),
      via: 'slack',
      why: 'disabled',
    },
    {
      when: 'they were gone before the token was made',
      said: alice({ isGone: true, readAt: after(-60) }),
      via: 'http',
    },
    {
      when: 'they left the group',
      said: alice({ groups: ['x'] }),
      via: 'step_up',
      why: 'left_group',
    },
    { when: 'they had not come yet', said: alice({ groups: [], readAt: after(3) }), via: 'http' },
    { when: 'a document tells the group', said: alice({ groups: [] }), via: 'slack' },
    { when: 'they are still there', said: alice(), via: 'http' },
  ])('is lost when $when: $why', ({ said, via, why }) => {
    const members = knowing(said).of;
    expect(whyLost(given(via, 'sre'), asked, { isDisabled, people, members })).toBe(why);
  });

  it('is judged where there are no documents too', () => {
    const members = knowing(alice({ groups: [] })).of;
    expect(whyLost(given('http', 'sre'), asked, { isDisabled, members })).toBe('left_group');
    expect(whyLost(given('http', 'sre'), asked, { isDisabled })).toBeUndefined();
  });

  it('of whoever is on call is no matter of a directory', () => {
    const members = knowing(alice({ groups: [] })).of;
    const onDuty = given('http', 'on-call:payments');
    expect(whyLost(onDuty, asked, { isDisabled, members })).toBeUndefined();
  });
});
