import { ApprovalView, Problem, WaitingApprovals, type Principal } from '@drawbridge/contracts';
import { guardedBucket, memberKeyOf, MEMBERS_BUCKET } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buttonsOf, startWorld, type Replica, type World } from './approval-world.js';
import { alice, bob, dana, erin, grantIssued, stepsOf, terms } from './sample-events.js';

/** On-call first, then an auditor; of the people of the demo only bob is both. */
const approval = stepsOf({
  steps: [
    { type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] },
    { type: 'humans', name: 'audit', count: 1, groups: ['auditors'] },
  ],
});

let world: World;
let service: Replica;

beforeAll(async () => {
  world = await startWorld();
  service = await world.start();
});
afterAll(() => world.stop());

const call = async (...[verb, id, as, body = {}]: [string, string, Principal, object?]) => {
  const response = await fetch(`${service.url}/v1/access-requests/${id}/${verb}`, {
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
const pending = async (asked = approval) => {
  const requestId = await world.ask({ approval: asked });
  await world.eventOf(requestId, 'ApprovalRequested');
  return requestId;
};
async function waitsFor(human: Principal): Promise<string[]> {
  const headers = { Authorization: await world.tokens.bearer(human) };
  const response = await fetch(`${service.url}/v1/approvals?limit=100`, { headers });
  return WaitingApprovals.parse(await response.json()).items.map(({ id }) => id);
}
const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
const click = async (requestId: string, user: 'alice' | 'bob', words: string) =>
  world.slack.clickButton({
    user,
    message: await world.card(requestId, words),
    actionId: 'drawbridge_approve',
    callbackUrl: service.slackUrl,
  });

describe('steps over HTTP', () => {
  it('go one after the other, each by another human', async () => {
    const requestId = await pending();
    expect(await call('approve', requestId, bob, { step: 'audit' })).toEqual({
      status: 409,
      code: 'step_not_open',
    });
    expect(await call('approve', requestId, dana)).toEqual({ status: 403, code: 'owner_approval' });
    expect(await call('approve', requestId, erin)).toMatchObject({ code: 'approver_not_in_group' });
    const { view } = await call('approve', requestId, alice, { comment: 'looks right' });
    expect(view).toMatchObject({
      termsVersion: 0,
      steps: [
        { name: 'on-call', missing: 0, isOpen: false },
        { name: 'audit', missing: 1, isOpen: true, groups: ['auditors'] },
      ],
      approvals: [{ approver: 'alice@corp.test', step: 'on-call' }],
    });
    expect(await typesOf(requestId)).not.toContain('AccessRequestApproved');
    expect((await call('approve', requestId, bob, { step: 'audit', seen: 0 })).status).toBe(200);
    const approved = await world.eventOf(requestId, 'AccessRequestApproved');
    expect(approved.event.data).toStrictEqual({ approvers: [alice, bob] });
  });

  it('are listed for whoever can decide the open one', async () => {
    const requestId = await pending(
      stepsOf({ steps: [{ type: 'humans', name: 'audit', count: 1, groups: ['auditors'] }] }),
    );
    await eventually(async () => expect(await waitsFor(bob)).toContain(requestId));
    expect(await waitsFor(alice)).not.toContain(requestId);
  });

  it('are narrowed by an approver, and then everybody looks again', async () => {
    const requestId = await pending();
    const [rule] = terms.rules;
    const wider = { rules: [{ ...rule, namespaces: ['*'] }] };
    expect(await call('approve', requestId, alice, wider)).toEqual({
      status: 422,
      code: 'narrowing_widens',
    });
    expect(await call('approve', requestId, alice, { durationSeconds: 3600 })).toEqual({
      status: 422,
      code: 'narrowing_widens',
    });
    const { view } = await call('approve', requestId, alice, { durationSeconds: 300 });
    expect(view).toMatchObject({ termsVersion: 1, terms: { durationSeconds: 300 } });
    expect(await call('approve', requestId, bob)).toEqual({ status: 409, code: 'terms_changed' });
    expect((await call('approve', requestId, bob, { seen: 1 })).status).toBe(200);
    await world.eventOf(requestId, 'AccessRequestApproved');
  });

  it('are denied when enough humans say no', async () => {
    const requestId = await pending({ ...approval, denyThreshold: 2 });
    expect((await call('deny', requestId, alice, { reason: 'no' })).status).toBe(200);
    expect((await call('deny', requestId, bob, { reason: 'never' })).status).toBe(200);
    const rejected = await world.eventOf(requestId, 'AccessRequestRejected');
    expect(rejected.event.data).toStrictEqual({ by: bob, reason: 'never' });
  });

  it('lose an approval that is taken back, as long as there is no grant', async () => {
    const requestId = await pending();
    expect(await call('take-back', requestId, alice)).toEqual({
      status: 409,
      code: 'approval_not_given',
    });
    await call('approve', requestId, alice);
    const { view } = await call('take-back', requestId, alice);
    expect(view?.steps).toMatchObject([{ missing: 1, isOpen: true }, { missing: 1 }]);
    expect(view?.approvals[0]?.voidedAt).toBeDefined();
    await call('approve', requestId, alice);
    await call('approve', requestId, bob);
    await world.eventOf(requestId, 'AccessRequestApproved');
    expect((await call('take-back', requestId, bob)).status).toBe(200);
    await world.append(requestId, grantIssued);
    expect(await call('take-back', requestId, alice)).toEqual({
      status: 409,
      code: 'request_not_pending',
    });
  });
});

describe('steps in Slack', () => {
  it('are shown on the card, and decided by its buttons', async () => {
    const requestId = await pending();
    expect((await click(requestId, 'alice', '1. on-call: 0 of 1')).status).toBe(200);
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given.event.data).toMatchObject({ approver: alice, seen: 0, step: 'on-call' });
    await click(requestId, 'bob', '2. audit: 0 of 1 approvals from auditors (open)');
    await world.eventOf(requestId, 'AccessRequestApproved');
    const card = await world.card(
      requestId,
      'for on-call',
      'for audit',
      'Approved: rollout-restart checkout on prod-eks',
    );
    expect(buttonsOf(card)).toStrictEqual(['drawbridge_rules']);
  });

  it('take no click on a card that showed other terms', async () => {
    const requestId = await pending();
    const stale = await world.card(requestId, '1. on-call: 0 of 1');
    await call('approve', requestId, alice, { durationSeconds: 300 });
    const pressed = { user: 'bob', actionId: 'drawbridge_approve' } as const;
    await world.slack.clickButton({ ...pressed, message: stale, callbackUrl: service.slackUrl });
    await world.card(requestId, 'narrowed to 5 minutes', '2. audit: 0 of 1');
    expect((await typesOf(requestId)).filter((type) => type === 'ApprovalGiven')).toHaveLength(1);
    await click(requestId, 'bob', 'narrowed to 5 minutes');
    const approved = await world.eventOf(requestId, 'AccessRequestApproved');
    expect(approved.event.data).toStrictEqual({ approvers: [alice, bob] });
  });
});

describe('an approver who may approve no more', () => {
  it('loses the approval when they leave the group', async () => {
    const requestId = await pending();
    await click(requestId, 'alice', '1. on-call: 0 of 1');
    await world.eventOf(requestId, 'ApprovalGiven');
    await world.regroup({ alice: ['developers'] });
    const voided = await world.eventOf(requestId, 'ApprovalVoided');
    expect(voided.event.data).toStrictEqual({ approver: alice, reason: 'left_group' });
    expect(voided.actor).toStrictEqual({ kind: 'service', id: 'approval' });
    await world.card(requestId, 'counts no more, they left the group', '1. on-call: 0 of 1');
    await world.regroup({});
  });

  it('loses it when they are disabled, also between the approval and the grant', async () => {
    const requestId = await pending();
    await call('approve', requestId, alice);
    await call('approve', requestId, bob);
    await world.eventOf(requestId, 'AccessRequestApproved');
    await world.disable(service, alice);
    const voided = await world.eventOf(requestId, 'ApprovalVoided');
    expect(voided.event.data).toStrictEqual({ approver: alice, reason: 'disabled' });
    await world.disable(service);
  });
});

describe('an approver of whom the directory says that they left', () => {
  it('loses the approval, once for two replicas', async () => {
    const other = await world.start();
    const requestId = await pending();
    await call('approve', requestId, alice);
    const bucket = guardedBucket(world.connection, MEMBERS_BUCKET);
    const key = memberKeyOf(alice);
    const says = async (groups: readonly string[], isGone: boolean) => {
      const { issuer, subject } = alice;
      const readAt = new Date(Date.now() + 60_000).toISOString();
      const { revision } = await bucket.read(key);
      await bucket.write(key, { issuer, subject, groups, isGone, readAt }, revision);
    };
    await says(['developers'], false);
    const voided = await world.eventOf(requestId, 'ApprovalVoided');
    expect(voided.event.data).toStrictEqual({ approver: alice, reason: 'left_group' });
    await says(alice.groups, false);
    const gone = await pending();
    await call('approve', gone, alice);
    await says([], true);
    const lost = await world.eventOf(gone, 'ApprovalVoided');
    expect(lost.event.data).toStrictEqual({ approver: alice, reason: 'disabled' });
    await says(alice.groups, false);
    for (const id of [requestId, gone]) {
      expect((await typesOf(id)).filter((type) => type === 'ApprovalVoided')).toHaveLength(1);
    }
    await other.close();
  });
});

describe('whoever is on call', () => {
  const onCall = stepsOf({
    steps: [
      { type: 'humans', name: 'on-call', count: 2, groups: ['on-call:payments', 'auditors'] },
    ],
  });

  it('decides over HTTP and in Slack while the schedule says so', async () => {
    const requestId = await pending(onCall);
    expect(await call('approve', requestId, erin)).toMatchObject({ code: 'approver_not_in_group' });
    await world.putOnCall(erin);
    const { view } = await eventually(async () => {
      const answer = await call('approve', requestId, erin);
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(view?.approvals).toMatchObject([{ approver: 'erin@corp.test' }]);
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given.event.data).toMatchObject({
      approver: { ...erin, groups: [...erin.groups, 'on-call:payments'] },
    });
    await world.putOnCall(alice);
    // The schedule says now that she never was.
    const voided = await world.eventOf(requestId, 'ApprovalVoided');
    expect(voided.event.data).toMatchObject({ reason: 'left_group' });
    await click(requestId, 'alice', '0 of 2');
    await click(requestId, 'bob', '1 of 2');
    await world.eventOf(requestId, 'AccessRequestApproved');
  });
});
