import type { AccessEvent } from '@drawbridge/contracts';
import type { DemoSlackUser, DemoSlackView, Forgery, Submission } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import { agent, grantIssued, stepsOf, terms } from './sample-events.js';

/** What else can be pressed on a card: the exact rules, giving less, taking back. */
let world: World;
let service: Replica;

beforeAll(async () => {
  world = await startWorld();
  service = await world.start();
});
afterAll(() => world.stop());

const two = stepsOf({
  order: 'parallel',
  steps: [{ type: 'humans', name: 'on-call', count: 2, groups: ['sre-oncall'] }],
});
const ask = async () => {
  const requestId = await world.ask({ approval: two });
  await world.card(requestId, 'Decide by');
  return requestId;
};
interface Press {
  readonly user?: DemoSlackUser;
  readonly actionId: string;
  readonly option?: string;
  readonly forge?: Forgery;
}
const press = async (requestId: string, { user = 'alice', ...pressed }: Press) =>
  world.slack.clickButton({
    user,
    message: await world.card(requestId),
    callbackUrl: service.slackUrl,
    ...pressed,
  });
const option = (requestId: string, entry: string, seen = 0) => `${entry}:${requestId}|${seen}|`;
/** Presses something that opens a dialog; Slack opens one for three seconds only, so it is pressed again. */
async function open(requestId: string, pressed: Press): Promise<DemoSlackView> {
  return eventually(async () => {
    const before = world.slack.openedViews().length;
    await press(requestId, pressed);
    const view = world.slack.openedViews()[before];
    if (view === undefined) throw new Error('no dialog');
    return view;
  });
}
const narrow = async (
  requestId: string,
  { user, values, forge = {} }: Pick<Submission, 'user' | 'values' | 'forge'>,
) => {
  const view = await open(requestId, { user, actionId: 'drawbridge_narrow' });
  return world.slack.submitModal({ user, view, values, callbackUrl: service.slackUrl, forge });
};
const told = (user: DemoSlackUser, words: string) =>
  expect
    .poll(() => world.slack.ephemerals(user).map(({ text }) => text))
    .toContainEqual(expect.stringContaining(words));
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const shorter = { drawbridge_time: { time: '300' } };

describe('the exact rules', () => {
  it('are behind a click, also when the request is over', async () => {
    const requestId = await ask();
    const more = { actionId: 'drawbridge_more', option: option(requestId, 'rules') };
    const view = JSON.stringify(await open(requestId, more));
    expect(view).toContain('namespaces: payments');
    await press(requestId, { actionId: 'drawbridge_approve' });
    await press(requestId, { user: 'bob', actionId: 'drawbridge_approve' });
    await world.append(requestId, grantIssued);
    await world.card(requestId, 'Approved, grant is open');
    const later = await open(requestId, { actionId: 'drawbridge_rules' });
    expect(JSON.stringify(later)).toContain('resources:  deployments');
  });
});

describe('giving less', () => {
  it('counts as an approval, and everybody sees it and looks again', async () => {
    const requestId = await ask();
    const seenBefore = await world.card(requestId);
    expect((await narrow(requestId, { user: 'alice', values: shorter })).body).toBe('');
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given.event.data).toMatchObject({ seen: 0, narrow: { durationSeconds: 300 } });
    await world.card(requestId, 'narrowed to 5 minutes', 'For: 5 minutes');
    const stale = { message: seenBefore, actionId: 'drawbridge_approve' };
    await world.slack.clickButton({ user: 'bob', callbackUrl: service.slackUrl, ...stale });
    await told('bob', 'another approver gave less than you were shown');
    await press(requestId, { user: 'bob', actionId: 'drawbridge_approve' });
    await world.eventOf(requestId, 'AccessRequestApproved');
  });

  it('is no choice where the approval is not asked in steps', async () => {
    const requestId = await world.ask();
    await world.card(requestId, 'Decide by');
    const forge: Forgery = {
      edit: (body) => ({
        ...body,
        actions: [{ action_id: 'drawbridge_narrow', value: requestId }],
      }),
    };
    await press(requestId, { actionId: 'drawbridge_approve', forge });
    await told('alice', 'its policy does not ask in steps');
    expect(await typesOf(requestId)).not.toContain('ApprovalGiven');
  });

  it('is refused in the dialog when nothing would be left', async () => {
    const rules = ['pods', 'services'].flatMap((resource) =>
      terms.rules.map((rule) => ({ ...rule, resources: [resource] })),
    );
    const requestId = await world.ask({ approval: two, changed: { rules } });
    const values = { drawbridge_rules_0: { checked: [] } };
    const { body } = await narrow(requestId, { user: 'alice', values });
    expect(JSON.parse(body)).toMatchObject({
      errors: { drawbridge_time: expect.stringContaining('nothing would be left') as string },
    });
    const one = { drawbridge_rules_0: { checked: ['1'] } };
    expect((await narrow(requestId, { user: 'alice', values: one })).body).toBe('');
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given.event.data).toMatchObject({ narrow: { rules: [rules[1]] } });
  });

  it.each<{ readonly what: string; readonly user: DemoSlackUser; readonly words: string }>([
    { what: 'the owner of the agent', user: 'dana', words: 'you are the owner of the agent' },
    { what: 'a human of no approver group', user: 'erin', words: 'none of the groups' },
  ])('is offered to nobody who may not approve: $what', async ({ user, words }) => {
    const requestId = await ask();
    const before = world.slack.openedViews().length;
    await press(requestId, { user, actionId: 'drawbridge_narrow' });
    await told(user, words);
    expect(world.slack.openedViews()).toHaveLength(before);
  });

  it.each<{ readonly what: string; readonly status: number; readonly forge: Forgery }>([
    { what: 'signed with another secret', status: 401, forge: { signingSecret: 'guess' } },
    {
      what: 'of another workspace',
      status: 403,
      forge: { edit: (body) => ({ ...body, team: { id: 'T0EVIL' } }) },
    },
    {
      what: 'with a longer time',
      status: 200,
      forge: { edit: (body) => withState(body, timeOf('3600')) },
    },
    {
      what: 'with a rule that is not there',
      status: 200,
      forge: {
        edit: (body) =>
          withState(body, {
            drawbridge_rules_0: { checked: { selected_options: [{ value: '7' }] } },
          }),
      },
    },
    {
      what: 'with a state that is none',
      status: 200,
      forge: { edit: (body) => withState(body, { drawbridge_time: 'x' }) },
    },
  ])('is refused with $status: $what', async ({ status, forge }) => {
    const requestId = await ask();
    const answer = await narrow(requestId, { user: 'alice', values: shorter, forge });
    expect(answer.status).toBe(status);
    expect(await typesOf(requestId)).not.toContain('ApprovalGiven');
  });

  it('is judged again for who submits, and once', async () => {
    const requestId = await ask();
    const view = await open(requestId, { actionId: 'drawbridge_narrow' });
    const submission = { view, values: shorter, callbackUrl: service.slackUrl };
    const foreign = await world.slack.submitModal({ user: 'dana', ...submission });
    expect(foreign.body).toContain('you are the owner of the agent');
    const { sent } = await world.slack.submitModal({ user: 'alice', ...submission });
    await world.eventOf(requestId, 'ApprovalGiven');
    expect((await world.slack.replay(sent)).status).toBe(409);
    const late = await world.slack.submitModal({ user: 'bob', ...submission });
    expect(late.body).toContain('another approver gave less');
    expect((await typesOf(requestId)).filter((type) => type === 'ApprovalGiven')).toHaveLength(1);
  });
});

describe('asking', () => {
  const answered = (questionId: string): AccessEvent => ({
    type: 'QuestionAnswered',
    data: { questionId, by: agent, text: 'Since <!here> 09:00' },
  });
  const askedBy = async (requestId: string, text: string, forge: Forgery = {}) => {
    const view = await open(requestId, { user: 'bob', actionId: 'drawbridge_ask' });
    const values = { drawbridge_reason: { reason: text } };
    const callbackUrl = service.slackUrl;
    return world.slack.submitModal({ user: 'bob', view, values, callbackUrl, forge });
  };
  const thread = async (requestId: string) =>
    (await world.slack.replies(await world.card(requestId))).map((reply) => lettersOf(reply));

  it('reaches the agent, and the thread tells question and answer', async () => {
    const requestId = await ask();
    const { sent } = await askedBy(requestId, 'since *when*?');
    const asked = await world.eventOf(requestId, 'QuestionAsked');
    expect(asked.event.data).toMatchObject({ text: 'since *when*?', via: 'slack' });
    if (asked.event.type !== 'QuestionAsked') throw new Error('another event');
    await world.append(requestId, answered(asked.event.data.questionId));
    await expect
      .poll(() => thread(requestId), { timeout: 60_000 })
      .toEqual([
        expect.stringContaining('bob@corp.test asks: since *when*?'),
        expect.stringContaining('agent-oncall answers: Since <!here> 09:00'),
      ]);
    const other = await world.start();
    await world.slack.replay({ ...sent, url: other.slackUrl });
    expect((await typesOf(requestId)).filter((type) => type === 'QuestionAsked')).toHaveLength(1);
    await other.close();
  });

  it('asks nothing without a question, and not for who may not decide', async () => {
    const requestId = await ask();
    expect((await askedBy(requestId, '  ')).body).toContain('there is no question');
    const before = world.slack.openedViews().length;
    await press(requestId, { user: 'erin', actionId: 'drawbridge_ask' });
    await told('erin', 'none of the groups');
    expect(world.slack.openedViews()).toHaveLength(before);
    const forged = await askedBy(requestId, 'x', { signingSecret: 'guess' });
    expect(forged.status).toBe(401);
    expect(await typesOf(requestId)).not.toContain('QuestionAsked');
  });
});

describe('taking back', () => {
  it('is in the menu of the card once somebody has approved', async () => {
    const requestId = await ask();
    await press(requestId, { actionId: 'drawbridge_approve' });
    await world.card(requestId, 'Take back my approval');
    const more = { actionId: 'drawbridge_more', option: option(requestId, 'take_back') };
    await press(requestId, { user: 'bob', ...more });
    await told('bob', 'no approval of yours counts');
    await press(requestId, more);
    await world.eventOf(requestId, 'ApprovalVoided');
    await world.card(requestId, 'taken back');
  });
});

const timeOf = (value: string) => ({ drawbridge_time: { time: { selected_option: { value } } } });

function withState(body: Record<string, unknown>, values: object): Record<string, unknown> {
  const view = Object(body['view']) as Record<string, unknown>;
  return { ...body, view: { ...view, state: { values } } };
}
