import { describe, expect, it } from 'vitest';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { peopleOf } from '@drawbridge/people';
import {
  alice,
  approvalRequested,
  bob,
  carol,
  closedBy,
  dana,
  erin,
  givenBy,
  recordedAll,
  stepsOf,
  validated,
} from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import { askedOf, decidersOf, type Reachable } from './card-audience.js';

const humanOf = ({ issuer, subject, email = '', groups }: Principal, team = 'T1') => ({
  apiVersion: 'drawbridge.dev/v1alpha1' as const,
  kind: 'Human' as const,
  metadata: { name: subject, labels: {} },
  spec: { issuer, subject, email, groups, slack: { team, user: `U-${subject}` } },
});
const reachable = (more: Partial<Reachable> = {}): Reachable => ({
  people: peopleOf(
    [alice, bob, carol, dana, erin].map((human) => humanOf(human)),
    [],
  ),
  teamId: 'T1',
  isDisabled: () => false,
  at: '2026-01-05T09:10:00.000Z',
  ...more,
});
function usersOf(events: readonly AccessEvent[], known = reachable()): string[] {
  const story = tellStory(recordedAll(events));
  if (story === undefined) throw new Error('no story');
  return decidersOf(story, known).map(({ user }) => user);
}
const steps = stepsOf();
const asked = [validated(steps), approvalRequested(steps, '2026-01-05T10:00:00.000Z')];

describe('whose decision would count', () => {
  it('is in the step that is asked, and no party of the request', () => {
    expect(usersOf(asked)).toStrictEqual(['U-alice', 'U-bob']);
    expect(usersOf([...asked, givenBy(alice, { step: 'on-call' })])).toStrictEqual(['U-carol']);
  });

  it('is in our workspace, and not disabled', () => {
    const people = peopleOf([humanOf(alice, 'T2'), humanOf(bob)], []);
    expect(usersOf(asked, reachable({ people }))).toStrictEqual(['U-bob']);
    expect(
      usersOf(asked, reachable({ isDisabled: ({ subject }) => subject === 'bob' })),
    ).toStrictEqual(['U-alice']);
  });

  it('is nobody once it is decided', () => {
    expect(usersOf([...asked, closedBy(alice, carol)])).toStrictEqual([]);
  });

  it('comes first when they were asked last', () => {
    const waiting = stepsOf({
      steps: [
        {
          type: 'humans',
          name: 'on-call',
          count: 1,
          groups: ['sre-oncall'],
          escalate: [{ afterSeconds: 60, groups: ['sre-leads'] }],
        },
      ],
    });
    const events: AccessEvent[] = [
      validated(waiting),
      approvalRequested(waiting, '2026-01-05T10:00:00.000Z'),
    ];
    expect(usersOf(events)).toStrictEqual(['U-alice', 'U-bob']);
    const escalated: AccessEvent = {
      type: 'ApprovalEscalated',
      data: { step: 'on-call', level: 0 },
    };
    const story = recordedAll([...events, escalated]).map((recorded, index) =>
      index === 2 ? { ...recorded, at: '2026-01-05T09:05:00.000Z' } : recorded,
    );
    const told = tellStory(story);
    if (told === undefined) throw new Error('no story');
    expect(decidersOf(told, reachable()).map(({ user }) => user)).toStrictEqual([
      'U-carol',
      'U-alice',
      'U-bob',
    ]);
  });

  it('was asked, whatever has become of it', () => {
    const story = tellStory(recordedAll([...asked, closedBy(alice, carol)]));
    if (story === undefined) throw new Error('no story');
    expect(askedOf(story, reachable()).map(({ user }) => user)).toStrictEqual([
      'U-alice',
      'U-bob',
      'U-carol',
    ]);
  });
});
