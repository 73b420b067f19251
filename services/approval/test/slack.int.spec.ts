import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buttonsOf, lettersOf, startWorld, type Replica, type World } from './approval-world.js';
import {
  accessRequested,
  alice,
  bob,
  grantExpired,
  grantIssued,
  grantRevoked,
  validated,
  withdrawn,
} from './sample-events.js';

let world: World;
let approval: Replica;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start();
});
afterAll(() => world.stop());

const click = async (
  requestId: string,
  user: 'alice' | 'bob' | 'dana' | 'erin',
  actionId = 'drawbridge_approve',
) =>
  world.slack.clickButton({
    user,
    message: await world.card(requestId),
    actionId,
    callbackUrl: approval.slackUrl,
  });
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);

describe('asking humans in Slack', () => {
  it('posts one card that says what is asked', async () => {
    const requestId = await world.ask();
    const card = await world.card(requestId, 'agent-oncall', 'deployment checkout in payments');
    expect(buttonsOf(card)).toStrictEqual([
      'drawbridge_approve',
      'drawbridge_deny',
      'drawbridge_ask',
      'drawbridge_more',
    ]);
    expect(lettersOf(card)).toContain('readiness probe failing · ticket INC-4211');
    const asked = await world.eventOf(requestId, 'ApprovalRequested');
    expect(asked).toMatchObject({ actor: { kind: 'service', id: 'approval' } });
  });

  it('asks nobody when policy asks for nobody', async () => {
    const requestId = uuidV7(new Date());
    await world.append(requestId, accessRequested, validated({ type: 'none' }));
    const later = await world.ask();
    await world.card(later);
    expect(await typesOf(requestId)).not.toContain('ApprovalRequested');
    expect(await world.cards(requestId)).toStrictEqual([]);
    expect(await world.cards(later)).toHaveLength(1);
  });

  it('approves by a signed click, and tells on the card what became of it', async () => {
    const requestId = await world.ask();
    expect(await click(requestId, 'alice')).toMatchObject({ status: 200, body: '' });
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given).toMatchObject({
      actor: { kind: 'human', id: 'https://idp.corp.test#alice' },
      event: { data: { approver: alice, via: 'slack' } },
    });
    const approved = await world.eventOf(requestId, 'AccessRequestApproved');
    expect(approved.event.data).toStrictEqual({ approvers: [alice] });
    const card = await world.card(requestId, 'Approved by alice@corp.test in Slack');
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_rules']);
    await world.append(requestId, grantIssued);
    await world.card(requestId, 'Approved, grant is open', 'until');
    await world.append(requestId, grantExpired);
    await world.card(requestId, 'Grant has expired');
    expect(await world.cards(requestId)).toHaveLength(1);
  });

  it('waits for two different humans', async () => {
    const requestId = await world.ask({ count: 2 });
    await click(requestId, 'alice');
    const card = await world.card(requestId, '1 of 2 approvals');
    expect(buttonsOf(card)).toHaveLength(4);
    await click(requestId, 'bob');
    const approved = await world.eventOf(requestId, 'AccessRequestApproved');
    expect(approved.event.data).toStrictEqual({ approvers: [alice, bob] });
  });

  it('denies with the reason that was typed in', async () => {
    const requestId = await world.ask();
    const before = world.slack.openedViews().length;
    await click(requestId, 'bob', 'drawbridge_deny');
    const view = await eventually(() => {
      const opened = world.slack.openedViews()[before];
      if (opened === undefined) throw new Error('no dialog');
      return opened;
    });
    expect(await typesOf(requestId)).not.toContain('ApprovalDenied');
    const answer = await world.slack.submitModal({
      user: 'bob',
      view,
      values: { drawbridge_reason: { reason: 'wrong\ncluster ' } },
      callbackUrl: approval.slackUrl,
    });
    expect(answer).toMatchObject({ status: 200, body: '' });
    const rejected = await world.eventOf(requestId, 'AccessRequestRejected');
    expect(rejected.event.data).toStrictEqual({ by: bob, reason: 'wrong cluster' });
    const card = await world.card(requestId, 'Denied by bob@corp.test', 'wrong cluster');
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_rules']);
  });

  it.each([
    { event: withdrawn, says: 'Withdrawn by agent-oncall' },
    { event: grantRevoked, says: 'Grant was revoked' },
  ])('tells on the card: $says', async ({ event, says }) => {
    const requestId = await world.ask();
    await world.card(requestId);
    await world.append(requestId, event);
    expect(buttonsOf(await world.card(requestId, says))).toStrictEqual(['drawbridge_rules']);
  });

  it('acknowledges a click before it is on the card', async () => {
    const requestId = await world.ask();
    const message = await world.card(requestId);
    // While Slack does not answer, nothing gets onto a card.
    world.slack.failWith((method) => (method === 'chat.update' ? { type: 'hang' } : undefined));
    const answer = await world.slack.clickButton({
      user: 'alice',
      message,
      actionId: 'drawbridge_approve',
      callbackUrl: approval.slackUrl,
    });
    expect(answer).toMatchObject({ status: 200, body: '' });
    world.slack.failWith(undefined);
    await world.card(requestId, 'Approved by alice@corp.test');
  });
});
