import { describe, expect, it } from 'vitest';
import type { StepsRequirement } from '@drawbridge/contracts';
import { peopleOf } from '@drawbridge/people';
import {
  accessRequested,
  agent,
  alice,
  at,
  dana,
  recordedAll,
  stepsOf,
  validated,
} from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import { renderNudge, type Nudge } from './nudge-post.js';

const teamId = 'T0DRAWBRDG';
const people = peopleOf(
  [alice, dana].map(({ subject, issuer, email, groups }) => ({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Human',
    metadata: { name: subject, labels: {} },
    spec: {
      issuer,
      subject,
      email: email ?? '',
      groups,
      slack: { team: teamId, user: `U-${subject}` },
    },
  })),
  [],
);
const later = '2026-01-05T09:05:00.000Z';
const reminded: Nudge = { type: 'ApprovalReminded', data: { step: 'on-call', count: 1 } };

function calledBy(more: Partial<StepsRequirement>): string {
  const approval = stepsOf({
    steps: [
      {
        type: 'humans',
        name: 'on-call',
        count: 1,
        groups: ['sre-oncall'],
        remindAfterSeconds: 300,
      },
    ],
    ...more,
  });
  const decideBy = '2026-01-05T09:30:00.000Z';
  const asked = { type: 'ApprovalRequested' as const, data: { approval, decideBy } };
  const events = recordedAll([accessRequested, validated(approval, agent), asked, reminded]);
  const story = tellStory(
    events.map((recorded) => ({ ...recorded, at: recorded.event === reminded ? later : at })),
  );
  if (story === undefined) throw new Error('no story');
  const mentionable = { people, teamId, isDisabled: () => false, at: later };
  return JSON.stringify(renderNudge(story, reminded, mentionable)?.blocks);
}

describe('the reminder of a step', () => {
  it.each([
    ['without a fresh login', {}],
    ['with a fresh login', { stepUp: { maxAgeSeconds: 300, amr: ['mfa'] } }],
  ])('calls who may approve it %s, and nobody else', (_, more) => {
    expect(calledBy(more)).toContain('"user_id":"U-alice"');
    expect(calledBy(more)).not.toContain('U-dana');
  });
});
