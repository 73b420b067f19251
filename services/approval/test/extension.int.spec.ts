import {
  ApprovalView,
  Problem,
  WaitingApprovals,
  type AccessEvent,
  type Principal,
} from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { agent, alice, bob, dana, erin, grantId, grantIssued, stepsOf } from './sample-events.js';

const within = { timeoutMs: 60_000 };
const approval = stepsOf({
  order: 'parallel',
  steps: [{ type: 'humans', name: 'approval', count: 1, groups: ['sre-oncall'] }],
});
let world: World;
let one: Replica;
let other: Replica;

beforeAll(async () => {
  world = await startWorld();
  one = await world.start();
  other = await world.start();
});
afterAll(() => world.stop());

const call = async (...[path, as, body = {}]: [string, Principal, object?]) => {
  const response = await fetch(`${one.url}/v1/access-requests/${path}`, {
    method: 'POST',
    headers: {
      Authorization: await world.tokens.bearer(as),
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  const json: unknown = await response.json();
  return response.ok
    ? { status: response.status, view: ApprovalView.parse(json) }
    : { status: response.status, code: Problem.parse(json).code };
};
const click = async (requestId: string, user: 'alice' | 'bob', words: string) =>
  world.slack.clickButton({
    user,
    message: await world.card(requestId, words),
    actionId: 'drawbridge_approve',
    callbackUrl: other.slackUrl,
  });
const found = async <Type extends AccessEvent['type']>(requestId: string, type: Type) =>
  (await world.history(requestId)).flatMap(({ event }) =>
    event.type === type ? [event as Extract<AccessEvent, { type: Type }>] : [],
  );
const times = (requestId: string, type: AccessEvent['type'], count: number) =>
  eventually(async () => expect(await found(requestId, type)).toHaveLength(count), within);

/** Its own end lies in the past, so it is issued anew. */
async function granted(seconds = 3600): Promise<{ requestId: string; endsAt: string }> {
  const requestId = await world.ask({ approval });
  await world.eventOf(requestId, 'ApprovalRequested');
  if (grantIssued.type !== 'GrantIssued') throw new Error('another sample');
  expect((await call(`${requestId}/approve`, alice)).status).toBe(200);
  await world.eventOf(requestId, 'AccessRequestApproved');
  const endsAt = new Date(Date.now() + seconds * 1_000).toISOString();
  await world.append(requestId, { ...grantIssued, data: { ...grantIssued.data, endsAt } });
  return { requestId, endsAt };
}

/** Policy is played by the test. */
async function wish(requestId: string, round = 2, asked = approval): Promise<void> {
  const policy = { name: 'oncall-production', version: 'a1b2c3d4e5f6' };
  const risk = { level: 'medium' as const, reasons: [] };
  const reason = `the roll-out of round ${round}`;
  await world.append(
    requestId,
    { type: 'ExtensionRequested', data: { round, by: agent, seconds: 600, reason } },
    { type: 'ExtensionValidated', data: { round, policy, seconds: 600, approval: asked, risk } },
  );
  await eventually(async () => {
    const rounds = (await found(requestId, 'ApprovalRequested')).map(({ data }) => data.round);
    expect(rounds).toContain(round);
  }, within);
}

describe('more time, at two replicas of approval', () => {
  it('is asked once, waits for who may decide it, and is approved over HTTP by its round', async () => {
    const { requestId, endsAt } = await granted();
    await wish(requestId);
    const headers = { Authorization: await world.tokens.bearer(bob) };
    const view = await eventually(async () => {
      const response = await fetch(`${one.url}/v1/approvals?limit=100`, { headers });
      const { items } = WaitingApprovals.parse(await response.json());
      const item = items.find(({ id }) => id === requestId);
      if (item === undefined) throw new Error('it does not wait');
      return item;
    }, within);
    expect(view).toMatchObject({
      status: 'pending',
      extension: { round: 2, grantId, endsAt, requestedBy: 'agent-oncall' },
      terms: { durationSeconds: 600, reason: 'the roll-out of round 2' },
      approvals: [],
    });
    // Of the request itself, which is approved and granted.
    expect(await call(`${requestId}/approve`, bob)).toEqual({
      status: 409,
      code: 'request_not_pending',
    });
    expect(await call(`${requestId}/approve`, dana, { round: 2 })).toMatchObject({
      code: 'owner_approval',
    });
    expect(await call(`${requestId}/approve`, erin, { round: 2 })).toMatchObject({
      code: 'approver_not_in_group',
    });
    expect(await call(`${requestId}/approve`, bob, { round: 11 })).toMatchObject({ status: 400 });
    const less = { round: 2, durationSeconds: 60 };
    expect((await call(`${requestId}/approve`, alice, less)).status).toBe(200);
    await times(requestId, 'ExtensionApproved', 1);
    expect(await found(requestId, 'ApprovalGiven')).toMatchObject([
      { data: { approver: alice } },
      { data: { approver: alice, round: 2, narrow: { durationSeconds: 60 } } },
    ]);
    expect((await call(`${requestId}/approve`, alice, { round: 2 })).status).toBe(200);
    expect(await found(requestId, 'AccessRequestApproved')).toHaveLength(1);
  });

  it('is approved on the card, which is the card of the request, and not on what it showed before', async () => {
    const { requestId } = await granted();
    const stale = await world.card(requestId, 'grant is open');
    await wish(requestId);
    const card = await world.card(requestId, '10 minutes more', 'the roll-out of round 2');
    expect(card.ts).toBe(stale.ts);
    const posted = await click(requestId, 'bob', '10 minutes more');
    expect(posted.status).toBe(200);
    await times(requestId, 'ExtensionApproved', 1);
    await world.append(requestId, {
      type: 'GrantExtended',
      data: {
        grantId,
        round: 2,
        endsAt: new Date(Date.now() + 7_200_000).toISOString(),
        approvers: [bob],
      },
    });
    await world.card(requestId, 'grant is open', '10 minutes more: ', 'approved by bob@corp.test');
    await wish(requestId, 3);
    await world.card(requestId, 'the roll-out of round 3');
    await world.slack.clickButton({
      user: 'alice',
      message: card,
      actionId: 'drawbridge_approve',
      callbackUrl: other.slackUrl,
    });
    await expect
      .poll(() => world.slack.ephemerals('alice').map(({ text }) => text), { timeout: 60_000 })
      .toContainEqual(expect.stringContaining('this extension is decided already'));
    expect(await found(requestId, 'ApprovalGiven')).toHaveLength(2);
  });

  it('is denied, which leaves the grant as it is', async () => {
    const { requestId } = await granted();
    await wish(requestId);
    expect((await call(`${requestId}/deny`, bob, { reason: 'finish in time' })).status).toBe(200);
    await times(requestId, 'ExtensionClosed', 1);
    expect(await found(requestId, 'ExtensionClosed')).toMatchObject([
      { data: { round: 2, outcome: 'rejected', by: bob, reason: 'finish in time' } },
    ]);
    expect(await found(requestId, 'AccessRequestRejected')).toStrictEqual([]);
    await world.card(requestId, 'grant is open', '10 minutes more: ', 'finish in time');
  });

  it('lapses with the grant, once', async () => {
    // Long before the time of its humans, the grant ends.
    const { requestId } = await granted(20);
    await wish(requestId);
    await times(requestId, 'ExtensionClosed', 1);
    expect(await found(requestId, 'ExtensionClosed')).toMatchObject([
      { data: { round: 2, outcome: 'lapsed' } },
    ]);
  });

  it('loses the say of who is disabled', async () => {
    const { requestId } = await granted();
    const two = stepsOf({
      order: 'parallel',
      steps: [{ type: 'humans', name: 'approval', count: 2, groups: ['sre-oncall'] }],
    });
    await wish(requestId, 2, two);
    expect((await call(`${requestId}/approve`, alice, { round: 2 })).status).toBe(200);
    await world.disable(one, alice);
    await times(requestId, 'ApprovalVoided', 1);
    expect(await found(requestId, 'ApprovalVoided')).toMatchObject([
      { data: { approver: alice, reason: 'disabled', round: 2 } },
    ]);
    await world.disable(one);
  });

  it('is proposed by a human who may end the grant, once for all replicas, and by nobody else', async () => {
    const { requestId } = await granted();
    const body = { durationSeconds: 600, reason: 'let it finish' };
    const path = `${requestId}/offer-extension`;
    expect(await call(path, erin, body)).toEqual({
      status: 403,
      code: 'extension_offer_not_allowed',
    });
    expect(await call(path, dana, { ...body, durationSeconds: 0 })).toMatchObject({ status: 400 });
    const offers = await Promise.all([call(path, dana, body), call(path, dana, body)]);
    expect(offers.map(({ status }) => status)).toStrictEqual([202, 202]);
    expect(await found(requestId, 'ExtensionOffered')).toMatchObject([
      { data: { round: 2, by: { subject: 'dana' }, seconds: 600, via: 'http' } },
    ]);
    expect(await call(path, alice, body)).toEqual({ status: 409, code: 'extension_pending' });
    const unknown = '018f0000-0000-7000-8000-0000000000ff';
    expect(await call(`${unknown}/offer-extension`, alice, body)).toMatchObject({ status: 404 });
  });

  it('is proposed in Slack, in a dialog', async () => {
    const { requestId } = await granted();
    const asked = () =>
      world.slack.command({
        user: 'bob',
        text: `extend ${requestId}`,
        callbackUrl: one.slackUrl,
      });
    const before = world.slack.openedViews().length;
    expect((await asked()).body).toContain('in the dialog');
    const [opened] = world.slack.openedViews().slice(before);
    if (opened === undefined) throw new Error('no dialog');
    const submission = { view: opened, callbackUrl: other.slackUrl };
    const values = { drawbridge_reason: { reason: 'let it finish' } };
    const stranger = await world.slack.submitModal({ user: 'erin', values, ...submission });
    expect(stranger.body).toContain('Not taken');
    await world.slack.submitModal({ user: 'bob', values, ...submission });
    await times(requestId, 'ExtensionOffered', 1);
    expect(await found(requestId, 'ExtensionOffered')).toMatchObject([
      { data: { by: { subject: 'bob' }, via: 'slack', seconds: 300, reason: 'let it finish' } },
    ]);
    expect(
      (
        await world.slack.command({
          user: 'erin',
          text: `extend ${requestId}`,
          callbackUrl: one.slackUrl,
        })
      ).body,
    ).toContain('Not taken');
  });
});
