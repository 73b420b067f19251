import { describe, expect, it } from 'vitest';
import {
  accessRequested,
  alice,
  approvalRequested,
  bob,
  carol,
  givenBy,
  recordedAll,
  stepsOf,
  validated,
  voidedBy,
} from '../../test/sample-events.js';
import { lostSays, type PeopleNow } from './lost-says.js';
import { tellStory } from './request-story.js';

const approval = stepsOf({ order: 'parallel' });
const asked = [accessRequested, validated(approval), approvalRequested(approval)];
const lost = (people: Partial<PeopleNow>, ...events: Parameters<typeof recordedAll>[0]) => {
  const story = tellStory(recordedAll([...asked, ...events]));
  if (story === undefined) throw new Error('no story');
  return lostSays(story, { isDisabled: () => false, ...people }).map(
    ({ approver, reason }) => `${approver.subject} ${reason}`,
  );
};
const groupsInSlack =
  (groups: Readonly<Record<string, readonly string[]>>): NonNullable<PeopleNow['groupsInSlack']> =>
  ({ subject }) =>
    groups[subject] ?? [];

describe('who loses a say', () => {
  const both = [givenBy(alice), givenBy(carol, { via: 'http' })];

  it('is nobody while nothing changes', () =>
    expect(lost({ groupsInSlack: groupsInSlack({ alice: ['sre-oncall'] }) }, ...both)).toEqual([]));

  it('is whoever is disabled, however they approved', () =>
    expect(lost({ isDisabled: ({ subject }) => subject === 'carol' }, ...both)).toEqual([
      'carol disabled',
    ]));

  it('is whoever left the group, or is gone, and approved in Slack', () => {
    const people = { groupsInSlack: groupsInSlack({ alice: ['auditors'] }) };
    expect(lost(people, ...both)).toEqual(['alice left_group']);
    expect(lost({ groupsInSlack: groupsInSlack({}) }, ...both)).toEqual(['alice left_group']);
  });

  it('is not whoever left a group that nobody asks', () =>
    expect(lost({ groupsInSlack: groupsInSlack({ bob: ['sre-oncall'] }) }, givenBy(bob))).toEqual(
      [],
    ));

  it('is nobody by groups where Slack is not known', () => expect(lost({}, ...both)).toEqual([]));

  it('is nobody twice', () =>
    expect(lost({ groupsInSlack: groupsInSlack({}) }, givenBy(alice), voidedBy(alice))).toEqual(
      [],
    ));
});
