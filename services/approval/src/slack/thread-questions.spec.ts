import { describe, expect, it, vi } from 'vitest';
import {
  alice,
  approvalRequested,
  recordedAll,
  requestId,
  validated,
} from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import { peopleOf } from '@drawbridge/people';
import { CARD_METADATA } from './card.js';
import { slackPeople } from './slack-people.js';
import { SlackUnavailable } from './slack-unavailable.js';
import { ThreadQuestions, type ThreadQuestionsOptions } from './thread-questions.js';
import type { ThreadReply } from './slack-event.js';

const story = tellStory(recordedAll([validated(), approvalRequested()]));
const place = { channel: 'C1', ts: '1.0' };
const human = {
  apiVersion: 'drawbridge.dev/v1alpha1' as const,
  kind: 'Human' as const,
  metadata: { name: 'alice', labels: {} },
  spec: {
    issuer: alice.issuer,
    subject: alice.subject,
    email: 'alice@corp.test',
    groups: ['sre-oncall'],
    slack: { team: 'T1', user: 'U1' },
  },
};

function world(about: 'card' | 'others' | 'down') {
  const metadataOf = vi.fn<ThreadQuestionsOptions['workspace']['metadataOf']>(() => {
    if (about === 'down') throw new SlackUnavailable('slack_unavailable', 'down');
    return Promise.resolve(
      about === 'card'
        ? { event_type: CARD_METADATA, event_payload: { request_id: requestId } }
        : undefined,
    );
  });
  const ask = vi.fn<ThreadQuestionsOptions['approvals']['ask']>(() => Promise.resolve('recorded'));
  const warn = vi.fn();
  const people = slackPeople(peopleOf([human], []), '2026-01-05T09:00:00.000Z');
  const questions = new ThreadQuestions({
    approvals: { story: () => Promise.resolve(story), ask },
    board: { locate: () => Promise.resolve([place]) },
    workspace: { metadataOf, botUserId: 'UBOT' },
    people: () => people,
    isDisabled: () => false,
    teamId: 'T1',
    clock: () => new Date('2026-01-05T09:01:00.000Z'),
    logger: { log: warn, warn, error: warn },
  });
  let count = 0;
  const write = (begunBy?: string, ts = place.ts) =>
    questions.take(replyOf(`Ev${(count += 1)}`, ts, begunBy));
  return { metadataOf, ask, warn, write };
}

const replyOf = (eventId: string, ts: string, begunBy?: string): ThreadReply => ({
  type: 'event_callback',
  team_id: 'T1',
  api_app_id: 'A1',
  event_id: eventId,
  event: {
    type: 'message',
    user: 'U1',
    channel: place.channel,
    ts: '2.0',
    thread_ts: ts,
    text: 'why?',
    ...(begunBy === undefined ? {} : { parent_user_id: begunBy }),
  },
});

describe('what is written in a thread', () => {
  it('costs no call to Slack where somebody else began it', async () => {
    const { metadataOf, ask, write } = world('card');
    expect(await write('UOTHER')).toBeUndefined();
    expect(metadataOf).not.toHaveBeenCalled();
    expect(ask).not.toHaveBeenCalled();
  });

  it.each(['UBOT', undefined])('costs one for each thread, begun by %s', async (begunBy) => {
    const { metadataOf, ask, write } = world('card');
    for (let index = 0; index < 5; index += 1) expect(await write(begunBy)).toContain('is asked');
    expect(metadataOf).toHaveBeenCalledTimes(1);
    expect(ask).toHaveBeenCalledTimes(5);
  });

  it('costs one for a thread that is about nothing of ours', async () => {
    const { metadataOf, ask, write } = world('others');
    for (let index = 0; index < 5; index += 1) await write();
    await write(undefined, '9.9');
    expect(metadataOf).toHaveBeenCalledTimes(2);
    expect(ask).not.toHaveBeenCalled();
  });

  it('disturbs nobody while Slack is down, unless it stands below one of ours', async () => {
    const { warn, write } = world('down');
    expect(await write()).toBeUndefined();
    expect(warn).toHaveBeenCalled();
    await expect(write('UBOT')).rejects.toThrow(SlackUnavailable);
  });
});
