import { describe, expect, it } from 'vitest';
import { peopleOf, type PeopleNow } from '@drawbridge/people';
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
import { lostSays } from './lost-says.js';
import { tellStory } from './request-story.js';

const approval = stepsOf({ order: 'parallel' });
const asked = [accessRequested, validated(approval), approvalRequested(approval)];
const lost = (now: Partial<PeopleNow>, ...events: Parameters<typeof recordedAll>[0]) => {
  const story = tellStory(recordedAll([...asked, ...events]));
  if (story === undefined) throw new Error('no story');
  return lostSays(story, { isDisabled: () => false, ...now }).map(
    ({ approver, reason }) => `${approver.subject} ${reason}`,
  );
};
/** Whoever is named, with a Slack account; the others are in no document. */
const people = (groups: Readonly<Record<string, string[]>>) =>
  peopleOf(
    Object.entries(groups).map(([name, theirs]) => ({
      apiVersion: 'drawbridge.dev/v1alpha1',
      kind: 'Human',
      metadata: { name, labels: {} },
      spec: {
        issuer: alice.issuer,
        subject: name,
        email: `${name}@corp.test`,
        groups: theirs,
        slack: { team: 'T', user: name },
      },
    })),
    [],
  );

describe('who loses a say', () => {
  const both = [givenBy(alice), givenBy(carol, { via: 'http' })];

  it('is nobody while nothing changes', () =>
    expect(lost({ people: people({ alice: ['sre-oncall'] }) }, ...both)).toEqual([]));

  it('is whoever is disabled, however they approved', () =>
    expect(lost({ isDisabled: ({ subject }) => subject === 'carol' }, ...both)).toEqual([
      'carol disabled',
    ]));

  it('is whoever left the group, or is gone, and approved in Slack', () => {
    expect(lost({ people: people({ alice: ['auditors'] }) }, ...both)).toEqual([
      'alice left_group',
    ]);
    expect(lost({ people: people({}) }, ...both)).toEqual(['alice left_group']);
  });

  it('is not whoever left a group that nobody asks', () =>
    expect(lost({ people: people({ bob: ['sre-oncall'] }) }, givenBy(bob))).toEqual([]));

  it('is nobody by groups where no configuration is known', () =>
    expect(lost({}, ...both)).toEqual([]));

  it('is nobody twice', () =>
    expect(lost({ people: people({}) }, givenBy(alice), voidedBy(alice))).toEqual([]));
});
