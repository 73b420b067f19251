import { OpenGrantsView, Problem, type AccessEvent, type Principal } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import {
  agent,
  alice,
  bob,
  carol,
  closedBy,
  dana,
  erin,
  grantIssued,
  terms,
  validated,
} from './sample-events.js';

let world: World;
let approval: Replica;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start({ slack: false });
});
afterAll(() => world.stop());

async function call(as: Principal, query = ''): Promise<{ status: number; json: unknown }> {
  const headers = { Authorization: await world.tokens.bearer(as) };
  const response = await fetch(`${approval.url}/v1/grants${query}`, { headers });
  return { status: response.status, json: await response.json() };
}
const idsFor = async (as: Principal, query = ''): Promise<readonly string[]> =>
  OpenGrantsView.parse((await call(as, query)).json).items.map((grant) => grant.id);

const issued = (changed: Partial<Extract<AccessEvent, { type: 'GrantIssued' }>['data']>) => {
  const [startsAt, endsAt] = [0, 900_000].map((ms) => new Date(Date.now() + ms).toISOString());
  return {
    type: 'GrantIssued',
    data: {
      ...(grantIssued as Extract<AccessEvent, { type: 'GrantIssued' }>).data,
      startsAt,
      endsAt,
      ...changed,
    },
  } as AccessEvent;
};
/** A request with an approval of alice and a grant. */
async function granted(): Promise<{ requestId: string; grantId: string }> {
  const requestId = await world.ask();
  await world.eventOf(requestId, 'ApprovalRequested');
  const headers = { Authorization: await world.tokens.bearer(alice) };
  const url = `${approval.url}/v1/access-requests/${requestId}/approve`;
  expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
  await world.eventOf(requestId, 'AccessRequestApproved');
  const grantId = uuidV7(new Date());
  await world.append(requestId, issued({ grantId }));
  return { requestId, grantId };
}

describe('the list of open grants', () => {
  it('shows a human what they may know of, until it is over', async () => {
    const { requestId, grantId } = await granted();
    await expect.poll(() => idsFor(alice), { timeout: 45_000 }).toContain(grantId);
    const { items } = OpenGrantsView.parse((await call(bob)).json);
    expect(items.find(({ id }) => id === grantId)).toMatchObject({
      accessRequestId: requestId,
      grantee: { subject: agent.subject },
      approvers: ['alice@corp.test'],
      plainWords: [
        'change (patch) deployment checkout in payments',
        'read (get) deployment checkout in payments',
      ],
    });
    await world.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'enough' } });
    await expect.poll(() => idsFor(alice), { timeout: 45_000 }).not.toContain(grantId);
  });

  it('shows it to approvers and the owner, and to nobody else', async () => {
    const { grantId } = await granted();
    await expect.poll(() => idsFor(alice), { timeout: 45_000 }).toContain(grantId);
    expect(await idsFor({ ...alice, groups: [] })).toContain(grantId);
    expect(await idsFor({ ...dana, groups: [] })).toContain(grantId);
    expect(await idsFor(carol)).not.toContain(grantId);
    expect(await idsFor(erin)).not.toContain(grantId);
  });

  it('shows one that no human was asked for to its owner', async () => {
    const requestId = uuidV7(new Date());
    const grantId = uuidV7(new Date());
    await world.append(requestId, validated({ type: 'none' }), issued({ grantId, approvers: [] }));
    await expect.poll(() => idsFor(dana), { timeout: 45_000 }).toContain(grantId);
    expect(await idsFor(alice)).not.toContain(grantId);
  });

  it('shows the terms of the grant, not those that were asked for', async () => {
    const requestId = uuidV7(new Date());
    const grantId = uuidV7(new Date());
    const narrow = { ...terms, durationSeconds: 60 };
    await world.append(
      requestId,
      validated({ type: 'none' }),
      closedBy(alice),
      issued({ grantId, terms: narrow }),
    );
    await expect.poll(() => idsFor(dana), { timeout: 45_000 }).toContain(grantId);
    const { items } = OpenGrantsView.parse((await call(dana)).json);
    expect(items.find(({ id }) => id === grantId)?.terms.durationSeconds).toBe(60);
  });

  it('selects by agent and connection', async () => {
    const { grantId } = await granted();
    await expect.poll(() => idsFor(alice), { timeout: 45_000 }).toContain(grantId);
    const who = encodeURIComponent(`${agent.issuer}#${agent.subject}`);
    expect(await idsFor(alice, `?agent=${who}&connection=prod-eks`)).toContain(grantId);
    expect(await idsFor(alice, '?agent=agent-oncall')).toContain(grantId);
    expect(await idsFor(alice, '?agent=agent-reader')).toStrictEqual([]);
    expect(await idsFor(alice, '?connection=staging')).toStrictEqual([]);
  });

  it.each([
    'limit=0',
    'limit=1&limit=2',
    'connection=Nope!',
    'agent=',
    'owner=dana',
    'agent=a&agent=b',
  ])('refuses ?%s', async (query) => {
    const { status, json } = await call(alice, `?${query}`);
    expect([status, Problem.parse(json).code]).toStrictEqual([400, 'query_invalid']);
  });

  it('is not for agents, nor for nobody', async () => {
    const { status, json } = await call({ ...agent, groups: ['sre-oncall'] });
    expect([status, Problem.parse(json).code]).toStrictEqual([403, 'approver_not_human']);
    expect((await fetch(`${approval.url}/v1/grants`)).status).toBe(401);
  });
});
