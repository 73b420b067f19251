import type { DemoSlackMessage, DemoSlackUser, Forgery } from '@drawbridge/embedded';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buttonsOf, startWorld, type Replica, type World } from './approval-world.js';
import { TestDesk } from './hold-desk.js';
import { alice, bob } from './sample-events.js';
import { commandReleased } from './sample-holds.js';

let world: World;
let approval: Replica;
let desk: TestDesk;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start();
  desk = new TestDesk(world);
});
afterAll(() => world.stop());

interface Press {
  readonly user?: DemoSlackUser;
  readonly actionId?: string;
  readonly forge?: Forgery;
}
const press = (
  message: DemoSlackMessage,
  { user = 'alice', actionId = 'drawbridge_hold_approve', forge = {} }: Press = {},
) => world.slack.clickButton({ user, message, actionId, callbackUrl: approval.slackUrl, forge });
/** Waits until this user is told something that contains `words`, after `act`. */
const told = async (user: DemoSlackUser, words: string, act: () => Promise<unknown>) => {
  const before = world.slack.ephemerals(user).length;
  await act();
  await eventually(() => {
    const texts = world.slack.ephemerals(user).slice(before);
    expect(texts.map(({ text }) => text).join('\n')).toContain(words);
  });
};
const dialogAfter = async (act: () => Promise<unknown>) => {
  const before = world.slack.openedViews().length;
  await act();
  return eventually(() => {
    const view = world.slack.openedViews()[before];
    if (view === undefined) throw new Error('no dialog');
    return view;
  });
};
const deny = { actionId: 'drawbridge_hold_deny' };

describe('asking humans about a held call', () => {
  it('posts one card, and lets a click approve it once', async () => {
    const held = await desk.hold();
    const { holdId } = held;
    const card = await desk.card(holdId, 'Held call', 'delete namespaces "payments"', '14 pods');
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_hold_approve', 'drawbridge_hold_deny']);
    expect(await press(card)).toMatchObject({ status: 200, body: '' });
    expect(await desk.eventOf(holdId, 'HoldApproved')).toMatchObject({
      actor: { kind: 'human', id: 'https://idp.corp.test#alice' },
      event: { data: { approver: alice, via: 'slack', digest: held.digest } },
    });
    await desk.card(holdId, 'Approved once by alice@corp.test in Slack');
    await desk.append(holdId, commandReleased(held));
    expect(buttonsOf(await desk.card(holdId, 'Approved and let through'))).toStrictEqual([]);
    expect(await desk.cards(holdId)).toHaveLength(1);
  });

  it('denies with the reason that was typed in', async () => {
    const { holdId } = await desk.hold();
    const card = await desk.card(holdId);
    const view = await dialogAfter(() => press(card, { user: 'bob', ...deny }));
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
    const answer = await world.slack.submitModal({
      user: 'bob',
      view,
      values: { drawbridge_reason: { reason: 'use\nstaging ' } },
      callbackUrl: approval.slackUrl,
    });
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect((await desk.eventOf(holdId, 'HoldDenied')).event).toMatchObject({
      data: { approver: { subject: 'bob' }, reason: 'use staging' },
    });
    expect(buttonsOf(await desk.card(holdId, 'Denied by bob', 'use staging'))).toStrictEqual([]);
  });

  it('takes an approval back that was not used', async () => {
    const { holdId } = await desk.hold();
    await press(await desk.card(holdId));
    const card = await desk.card(holdId, 'Take back');
    const view = await dialogAfter(() => press(card, { user: 'bob', ...deny }));
    const callbackUrl = approval.slackUrl;
    const values = { drawbridge_reason: { reason: '' } };
    await world.slack.submitModal({ user: 'bob', view, values, callbackUrl });
    expect((await desk.eventOf(holdId, 'HoldDenied')).event.data).not.toHaveProperty('reason');
  });

  it('tells what became of it without anybody here', async () => {
    const { holdId } = await desk.hold();
    await desk.card(holdId);
    await desk.append(holdId, { type: 'HoldCancelled', data: { reason: 'client_gone' } });
    expect(buttonsOf(await desk.card(holdId, 'the agent went away'))).toStrictEqual([]);
  });
});

/** T15, T16, T22. */
describe('a click that does not count', () => {
  it.each<{ readonly user: DemoSlackUser; readonly says: string }>([
    { user: 'dana', says: 'owner of the agent' },
    { user: 'erin', says: 'in none of the groups' },
  ])('is one of $user', async ({ user, says }) => {
    const { holdId } = await desk.hold();
    const card = await desk.card(holdId);
    await told(user, says, () => press(card, { user }));
    await told(user, says, () => press(card, { user, ...deny }));
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });

  it('is one of the human on whose behalf the call is made', async () => {
    const { issuer, subject } = alice;
    const { holdId } = await desk.hold({ onBehalfOf: { issuer, subject } });
    const card = await desk.card(holdId);
    await told('alice', 'made on your behalf', () => press(card));
    await told('alice', 'made on your behalf', () => press(card, deny));
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
    await press(card, { user: 'bob' });
    await desk.eventOf(holdId, 'HoldApproved');
  });

  it.each<{ readonly what: string; readonly status: number; readonly forge: Forgery }>([
    { what: 'signed with another secret', status: 401, forge: { signingSecret: 'guess' } },
    {
      what: 'of another workspace',
      status: 403,
      forge: { edit: (body) => ({ ...body, team: { id: 'T0EVIL' } }) },
    },
    {
      what: 'with a value that is no id',
      status: 200,
      forge: {
        edit: (body) => ({
          ...body,
          actions: [{ action_id: 'drawbridge_hold_approve', value: '*' }],
        }),
      },
    },
  ])('is $what', async ({ status, forge }) => {
    const { holdId } = await desk.hold();
    expect(await press(await desk.card(holdId), { forge })).toMatchObject({ status });
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });

  it('is a double one', async () => {
    const { holdId } = await desk.hold();
    const card = await desk.card(holdId);
    await Promise.all([press(card), press(card)]);
    await desk.eventOf(holdId, 'HoldApproved');
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld', 'HoldApproved']);
    await told('alice', 'You had approved this call already', () => press(card));
    await told('bob', 'already approved', () => press(card, { user: 'bob' }));
  });

  it('is sent again', async () => {
    const { holdId } = await desk.hold();
    const { sent } = await press(await desk.card(holdId));
    await desk.eventOf(holdId, 'HoldApproved');
    expect(await world.slack.replay(sent)).toMatchObject({ status: 409 });
  });

  it('comes late, and brings the card up to date', async () => {
    const { holdId } = await desk.hold();
    const card = await desk.card(holdId);
    await desk.append(holdId, { type: 'HoldCancelled', data: { reason: 'grant_ended' } });
    await told('alice', 'the hold was cancelled', () => press(card));
    await desk.card(holdId, 'the grant has ended');
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld', 'HoldCancelled']);
  });

  it('comes from the card of another hold, or names an access request', async () => {
    const [one, other] = [await desk.hold(), await desk.hold()];
    const card = await desk.card(one.holdId);
    await desk.card(other.holdId);
    const naming = (value: string): Forgery => ({
      edit: (body) => ({ ...body, actions: [{ action_id: 'drawbridge_hold_approve', value }] }),
    });
    await told('alice', 'not the current card', () => press(card, { forge: naming(other.holdId) }));
    const requestId = await world.ask();
    await world.card(requestId);
    await told('alice', 'no held call', () => press(card, { forge: naming(requestId) }));
    await told('alice', 'no held call', () => press(card, { forge: naming(uuidV7(new Date())) }));
    const asRequest: Forgery = {
      edit: (body) => ({
        ...body,
        actions: [{ action_id: 'drawbridge_approve', value: one.holdId }],
      }),
    };
    await told('alice', 'no access request', () => press(card, { forge: asRequest }));
    for (const { holdId } of [one, other])
      expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });

  it('is on a card that does not show everything', async () => {
    const effect = { diff: ['x'.repeat(1900), 'y'.repeat(1900), 'z'.repeat(1900)] };
    const { holdId } = await desk.hold({
      effect: { ...effect, touches: [], warnings: [], soFar: [] },
    });
    const card = await desk.card(holdId, 'too long for Slack');
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_hold_deny']);
    await told('alice', 'does not show the whole call', () =>
      press(card, {
        actionId: 'drawbridge_hold_deny',
        forge: {
          edit: (body) => ({
            ...body,
            actions: [{ action_id: 'drawbridge_hold_approve', value: holdId }],
          }),
        },
      }),
    );
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });

  it('is one of a human who is disabled', async () => {
    const { holdId } = await desk.hold();
    const card = await desk.card(holdId);
    await world.disable(approval, bob);
    await told('bob', 'disabled', () => press(card, { user: 'bob' }));
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
    await world.disable(approval);
  });
});

it('nobody is asked about a call that is not what its digest says', async () => {
  const forged = await desk.hold({ digest: 'ab'.repeat(32) });
  const later = await desk.hold();
  await desk.card(later.holdId);
  expect(await desk.cards(forged.holdId)).toStrictEqual([]);
});
