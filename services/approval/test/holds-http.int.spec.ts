import { HoldView, Problem, WaitingHolds, type Principal } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import type { TokenOptions } from './demo-tokens.js';
import { TestDesk } from './hold-desk.js';
import { agent, alice, bob, dana, erin } from './sample-events.js';
import { commandReleased, holdDenied } from './sample-holds.js';

let world: World;
let approval: Replica;
let desk: TestDesk;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start({ slack: false });
  desk = new TestDesk(world);
});
afterAll(() => world.stop());

interface Call {
  readonly as?: Principal;
  readonly token?: TokenOptions;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}
async function call(method: string, path: string, { as = alice, token, body, headers }: Call = {}) {
  const response = await fetch(`${approval.url}${path}`, {
    method,
    headers: {
      Authorization: await world.tokens.bearer(as, token),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}
const refusalOf = async (answer: ReturnType<typeof call>) => {
  const { status, json } = await answer;
  const problem = Problem.parse(json);
  expect(problem.status).toBe(status);
  return `${status} ${problem.code}`;
};
const show = (id: string, options?: Call) => call('GET', `/v1/holds/${id}`, options);
const approve = (id: string, options?: Call) => call('POST', `/v1/holds/${id}/approve`, options);
const deny = (id: string, options?: Call) => call('POST', `/v1/holds/${id}/deny`, options);
const list = async (as: Principal) =>
  WaitingHolds.parse((await call('GET', '/v1/holds?limit=100', { as })).json);

describe('a held call over HTTP', () => {
  it('is shown whole, and approved with a comment, once', async () => {
    const { holdId, digest, effect } = await desk.hold();
    const shown = HoldView.parse((await show(holdId)).json);
    expect(shown).toMatchObject({
      id: holdId,
      status: 'open',
      digest,
      effect,
      plainWords: 'delete namespaces "payments"',
    });
    const { status, json } = await approve(holdId, { body: { comment: 'go ahead' } });
    expect(status).toBe(200);
    expect(HoldView.parse(json)).toMatchObject({
      status: 'approved',
      decision: { by: 'alice@corp.test', via: 'http', remark: 'go ahead' },
    });
    expect((await approve(holdId)).status).toBe(200);
    expect(await refusalOf(approve(holdId, { as: bob }))).toBe('409 hold_not_open');
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld', 'HoldApproved']);
  });

  it('takes two humans where the guardrail says so, and asks nobody twice', async () => {
    const { holdId } = await desk.hold({ approvers: { groups: ['sre-oncall'], count: 2 } });
    const first = HoldView.parse((await approve(holdId, { body: { comment: 'fine' } })).json);
    expect(first).toMatchObject({
      status: 'open',
      missing: 1,
      endorsements: [{ by: 'alice@corp.test', via: 'http', remark: 'fine' }],
    });
    expect(HoldView.parse((await approve(holdId)).json).missing).toBe(1);
    const waits = async (as: Principal) => (await list(as)).items.some(({ id }) => id === holdId);
    await expect.poll(() => waits(bob)).toBe(true);
    await expect.poll(() => waits(alice)).toBe(false);
    expect(await waits(bob)).toBe(true);
    const second = HoldView.parse((await approve(holdId, { as: bob })).json);
    expect(second).toMatchObject({ status: 'approved', decision: { by: 'bob@corp.test' } });
    expect(second.missing).toBeUndefined();
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld', 'HoldEndorsed', 'HoldApproved']);
  });

  it('is denied with a reason, also after an approval', async () => {
    const { holdId } = await desk.hold();
    await approve(holdId);
    const { status, json } = await deny(holdId, { as: bob, body: { reason: 'no' } });
    expect(status).toBe(200);
    expect(HoldView.parse(json)).toMatchObject({ status: 'denied', decision: { remark: 'no' } });
    expect(await refusalOf(approve(holdId))).toBe('409 hold_not_open');
  });

  it('cannot be decided once it was let through', async () => {
    const held = await desk.hold();
    await approve(held.holdId);
    await desk.append(held.holdId, commandReleased(held));
    expect(await refusalOf(deny(held.holdId, { as: bob }))).toBe('409 hold_not_open');
    expect(HoldView.parse((await show(held.holdId)).json)).toMatchObject({
      status: 'released',
      releasedCommandId: held.commandId,
    });
  });

  it('lapses by itself, and an approval that nobody used expires', async () => {
    const soon = new Date(Date.now() + 400).toISOString();
    const lapsing = await desk.hold({ decideBy: soon });
    const expiring = await desk.hold({ approvalSeconds: 1 });
    await approve(expiring.holdId);
    await desk.eventOf(lapsing.holdId, 'HoldLapsed');
    await desk.eventOf(expiring.holdId, 'HoldExpired');
    expect(await refusalOf(approve(lapsing.holdId))).toBe('409 hold_not_open');
    expect(await refusalOf(approve(expiring.holdId, { as: bob }))).toBe('409 hold_not_open');
  });

  it('is not there when it is not what its digest says', async () => {
    const { holdId } = await desk.hold({ digest: 'ab'.repeat(32) });
    expect(await refusalOf(show(holdId))).toBe('404 hold_unknown');
    expect(await refusalOf(approve(holdId))).toBe('404 hold_unknown');
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });

  it.each<{ readonly says: string; readonly as: Principal }>([
    { says: '403 owner_approval', as: dana },
    { says: '403 owner_approval', as: { ...dana, email: 'DANA@corp.test' } },
    { says: '403 approver_not_in_group', as: erin },
    { says: '403 approver_not_human', as: { ...agent, groups: ['sre-oncall'] } },
    { says: '403 self_approval', as: { ...alice, subject: agent.subject } },
  ])('is refused with $says to $as.kind $as.subject', async ({ says, as }) => {
    const { holdId } = await desk.hold();
    for (const act of [show, approve, deny])
      expect(await refusalOf(act(holdId, { as }))).toBe(says);
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });

  it('is refused to the human on whose behalf it is made, with whichever account', async () => {
    const { issuer, subject, email = '' } = alice;
    const { holdId } = await desk.hold({ onBehalfOf: { issuer, subject, email } });
    for (const as of [alice, { ...alice, subject: 'alice-admin' }])
      for (const act of [show, approve, deny])
        expect(await refusalOf(act(holdId, { as }))).toBe('403 behalf_approval');
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
    expect((await approve(holdId, { as: bob })).status).toBe(200);
  });

  it.each([
    ['an id that nobody has', () => uuidV7(new Date())],
    ['an id that is none', () => 'nonsense'],
    ['a wildcard of the bus', () => '%3E'],
    ['an access request', () => world.ask()],
  ])('is unknown for %s', async (_, makeId) => {
    const id = await makeId();
    for (const act of [show, approve, deny])
      expect(await refusalOf(act(id))).toBe('404 hold_unknown');
  });

  it.each([{ comment: 5 }, { comment: 'a\u202eb' }, { digest: 'x' }, [], null])(
    'is refused with the body %j',
    async (body) => {
      const { holdId } = await desk.hold();
      expect(await refusalOf(approve(holdId, { body }))).toBe('400 body_invalid');
      expect(await refusalOf(deny(holdId, { body }))).toBe('400 body_invalid');
      expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
    },
  );
});

describe('every route of holds', () => {
  let holdId = '';
  beforeAll(async () => {
    ({ holdId } = await desk.hold());
  });
  const routes = [
    { method: 'GET', path: () => '/v1/holds' },
    { method: 'GET', path: () => `/v1/holds/${holdId}` },
    { method: 'POST', path: () => `/v1/holds/${holdId}/approve` },
    { method: 'POST', path: () => `/v1/holds/${holdId}/deny` },
  ];
  const callers: readonly { readonly says: string; readonly options: Call }[] = [
    { says: '401 token_missing', options: { headers: { Authorization: '' } } },
    { says: '401 token_signature_invalid', options: { token: { stranger: true } } },
    { says: '401 token_audience_wrong', options: { token: { audience: 'kubernetes' } } },
    { says: '401 token_expired', options: { token: { expiresIn: -30 } } },
    { says: '403 approver_not_human', options: { as: agent } },
  ];
  it.each(callers)('refuses with $says', async ({ says, options }) => {
    for (const { method, path } of routes)
      expect(await refusalOf(call(method, path(), options))).toBe(says);
    expect(await desk.types(holdId)).toStrictEqual(['CommandHeld']);
  });
});

describe('what waits for me', () => {
  it('is what I may decide, the most urgent first, without what is long', async () => {
    const in1 = new Date(Date.now() + 60_000).toISOString();
    const late = await desk.hold();
    const soon = await desk.hold({ decideBy: in1 });
    const mine = async (as: Principal) =>
      (await list(as)).items
        .map(({ id }) => id)
        .filter((id) => id === late.holdId || id === soon.holdId);
    await expect.poll(() => mine(alice)).toStrictEqual([soon.holdId, late.holdId]);
    expect(await mine(dana)).toStrictEqual([]);
    expect(await mine(erin)).toStrictEqual([]);
    for (const item of (await list(alice)).items) expect(item.effect).toBeUndefined();
    await approve(soon.holdId);
    await desk.append(late.holdId, holdDenied(bob));
    await expect.poll(() => mine(alice)).toStrictEqual([]);
  });

  it.each(['limit=0', 'limit=101', 'page=2'])('refuses ?%s', async (query) => {
    expect(await refusalOf(call('GET', `/v1/holds?${query}`))).toBe('400 query_invalid');
  });
});

it('a restart loses no hold and no deadline', async () => {
  const decideBy = new Date(Date.now() + 1_500).toISOString();
  const { holdId } = await desk.hold({ decideBy });
  await approval.close();
  approval = await world.start({ slack: false });
  expect((await show(holdId)).status).toBe(200);
  await desk.eventOf(holdId, 'HoldLapsed');
});
