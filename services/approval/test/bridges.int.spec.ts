import {
  ApprovalView,
  BridgesView,
  Problem,
  RaisedView,
  type Principal,
  type StopEvent,
  type StopTarget,
} from '@drawbridge/contracts';
import { stopEventStore } from '@drawbridge/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import { stopKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import type { TokenOptions } from './demo-tokens.js';
import { agent, alice, dana, erin, frank, grantIssued, grantRevoked } from './sample-events.js';

let world: World;
let approval: Replica;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start({ slack: false });
});
afterAll(() => world.stop());

interface Call {
  readonly as?: Principal;
  readonly token?: TokenOptions;
  readonly body?: unknown;
}
async function call(method: string, path: string, { as = frank, token, body }: Call = {}) {
  const response = await fetch(`${approval.url}${path}`, {
    method,
    headers: {
      Authorization: await world.tokens.bearer(as, token),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}
const order = (target: StopTarget, more: object = {}) => ({ target, reason: 'incident', ...more });
const raise = (target: StopTarget, options: Call = {}, more: object = {}) =>
  call('POST', '/v1/bridges/raise', { body: order(target, more), ...options });
const release = (target: StopTarget, options: Call = {}) =>
  call('POST', '/v1/bridges/release', { body: order(target), ...options });
const codeOf = async (answer: ReturnType<typeof call>) => {
  const { status, json } = await answer;
  return `${String(status)} ${Problem.parse(json).code}`;
};
const history = async (target: StopTarget): Promise<readonly RecordedEvent<StopEvent>[]> =>
  (await stopEventStore(world.connection, 'audit').load(stopKeyOf(target))).events;
const raisedNow = async () =>
  BridgesView.parse((await call('GET', '/v1/bridges')).json).items.map(({ target }) => target);

/** A grant of the sample agent on the sample connection, which the approval service knows of. */
async function granted(): Promise<string> {
  const requestId = await world.ask();
  await world.eventOf(requestId, 'ApprovalRequested');
  await world.append(requestId, {
    ...grantIssued,
    data: { ...grantIssued.data, endsAt: new Date(Date.now() + 900_000).toISOString() },
  } as typeof grantIssued);
  return requestId;
}

describe('an administrator', () => {
  it('raises all bridges, which is recorded once, and releases them', async () => {
    const { status, json } = await raise('all');
    expect(status).toBe(200);
    expect(RaisedView.parse(json)).toMatchObject({
      target: 'all',
      keep: true,
      reason: 'incident',
      raisedBy: 'frank@corp.test',
    });
    await eventually(async () => expect(await raisedNow()).toStrictEqual(['all']));
    const again = await raise('all', {}, { reason: 'the same again' });
    expect(RaisedView.parse(again.json)).toMatchObject({ reason: 'incident' });
    expect((await history('all')).map(({ event, actor }) => [event.type, actor.id])).toStrictEqual([
      ['BridgesRaised', 'https://idp.corp.test#frank'],
    ]);

    const released = await release('all');
    expect(BridgesView.parse(released.json)).toStrictEqual({ items: [] });
    expect((await release('all')).status).toBe(200);
    expect((await history('all')).map(({ event }) => event.type)).toStrictEqual([
      'BridgesRaised',
      'BridgesReleased',
    ]);
    await eventually(async () => expect(await raisedNow()).toStrictEqual([]));
  });

  it('is told how many grants that ends', async () => {
    const target = { connection: 'prod-eks' };
    const requestId = await granted();
    await eventually(async () => {
      const { json } = await raise(target, {}, { keep: false });
      expect(RaisedView.parse(json)).toMatchObject({ openGrants: 1, keep: false });
    });
    const elsewhere = await raise({ connection: 'staging' }, {}, { keep: false });
    expect(RaisedView.parse(elsewhere.json)).toMatchObject({ openGrants: 0 });
    await world.append(requestId, grantRevoked);
    await eventually(async () => {
      const { json } = await raise(target, {}, { keep: false });
      expect(RaisedView.parse(json).openGrants).toBe(0);
    });
    expect(await raisedNow()).toStrictEqual([]);
  });
});

describe('somebody who approves there', () => {
  const agentTarget = { agent: { issuer: agent.issuer, subject: agent.subject } };
  it.each<{ target: StopTarget }>([
    { target: { connection: 'prod-eks' } },
    { target: agentTarget },
  ])(
    'raises $target while something is open there, and may release what they raised',
    async ({ target }) => {
      expect(await codeOf(raise({ connection: 'elsewhere' }, { as: alice }))).toBe(
        '403 admins_only',
      );
      await granted();
      await eventually(async () => expect((await raise(target, { as: alice })).status).toBe(200));
      expect(await codeOf(release(target, { as: dana }))).toBe('403 admins_only');
      expect((await release(target, { as: alice })).status).toBe(200);
    },
  );

  it('raises not all, and releases nothing that another raised', async () => {
    expect(await codeOf(raise('all', { as: alice }))).toBe('403 admins_only');
    await raise('all');
    expect(await codeOf(release('all', { as: alice }))).toBe('403 admins_only');
    await release('all');
  });
});

describe('the grant of one request', () => {
  const revoke = (id: string, options: Call = {}) =>
    call('POST', `/v1/access-requests/${id}/revoke`, { body: { reason: 'over' }, ...options });

  it.each<{ who: string; as: Principal }>([
    { who: 'an eligible approver', as: alice },
    { who: 'the owner of the agent', as: dana },
    { who: 'an administrator', as: frank },
  ])('is revoked by $who, once', async ({ as }) => {
    const requestId = await granted();
    const { status, json } = await revoke(requestId, { as });
    expect(status).toBe(200);
    expect(ApprovalView.parse(json).id).toBe(requestId);
    expect((await revoke(requestId, { as: alice })).status).toBe(200);
    const orders = (await world.history(requestId)).filter(
      ({ event }) => event.type === 'RevocationOrdered',
    );
    expect(orders).toMatchObject([
      {
        actor: { kind: 'human', id: `https://idp.corp.test#${as.subject}` },
        event: { data: { by: as, via: 'http', reason: 'over' } },
      },
    ]);
  });

  it.each<{ who: string; options: Call; code: string }>([
    { who: 'a human of another group', options: { as: erin }, code: '403 revocation_not_allowed' },
    { who: 'the agent', options: { as: agent }, code: '403 approver_not_human' },
    {
      who: 'an agent of the groups',
      options: { as: { ...agent, groups: ['platform', 'sre-oncall'] } },
      code: '403 approver_not_human',
    },
    {
      who: 'a stranger',
      options: { token: { stranger: true } },
      code: '401 token_signature_invalid',
    },
    { who: 'somebody without a reason', options: { body: {} }, code: '400 body_invalid' },
  ])('is not revoked by $who', async ({ options, code }) => {
    const requestId = await granted();
    expect(await codeOf(revoke(requestId, options))).toBe(code);
    expect((await world.history(requestId)).map(({ event }) => event.type)).not.toContain(
      'RevocationOrdered',
    );
  });

  it('is not revoked when there is none', async () => {
    expect(await codeOf(revoke('0198f0a4-0000-7000-8000-00000000dead'))).toBe(
      '404 approval_unknown',
    );
    expect(await codeOf(revoke('x'))).toBe('404 approval_unknown');
    const waiting = await world.ask();
    expect(await codeOf(revoke(waiting))).toBe('409 grant_not_open');
    expect(await codeOf(revoke(waiting, { as: erin }))).toBe('403 revocation_not_allowed');
  });
});

describe('nobody else', () => {
  it.each<{ who: string; options: Call; code: string }>([
    { who: 'a human of no such group', options: { as: erin }, code: '403 admins_only' },
    {
      who: 'an agent that carries the group',
      options: { as: { ...agent, groups: ['platform', 'sre-oncall'] } },
      code: '403 approver_not_human',
    },
    {
      who: 'a stranger',
      options: { token: { stranger: true } },
      code: '401 token_signature_invalid',
    },
    { who: 'an old token', options: { token: { expiresIn: -60 } }, code: '401 token_expired' },
    {
      who: 'a token for another audience',
      options: { token: { audience: 'other' } },
      code: '401 token_audience_wrong',
    },
  ])('raises or releases: $who', async ({ options, code }) => {
    expect(await codeOf(raise('all', options))).toBe(code);
    expect(await codeOf(release('all', options))).toBe(code);
  });

  it('sees what is raised but humans', async () => {
    expect((await call('GET', '/v1/bridges', { as: erin })).status).toBe(200);
    expect(await codeOf(call('GET', '/v1/bridges', { as: agent }))).toBe('403 approver_not_human');
    const response = await fetch(`${approval.url}/v1/bridges`);
    expect(response.status).toBe(401);
  });

  it.each<{ what: string; body: unknown }>([
    { what: 'no target', body: { reason: 'incident' } },
    { what: 'no reason', body: { target: 'all' } },
    { what: 'a blank reason', body: { target: 'all', reason: ' ' } },
    { what: 'two targets', body: order({ connection: 'a', agent: {} } as never) },
    { what: 'a wildcard', body: order({ connection: '*' }) },
    { what: 'a subject that names more', body: order({ connection: 'a.>' }) },
    { what: 'text that turns round', body: { target: 'all', reason: 'a\u202eb' } },
    { what: 'what nobody knows', body: { ...order('all'), by: alice } },
  ])('is understood with $what', async ({ body }) => {
    expect(await codeOf(call('POST', '/v1/bridges/raise', { body }))).toBe('400 body_invalid');
  });
});

const connectionOf = (name: string) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Connection',
  metadata: { name },
  spec: {
    environment: 'production',
    server: 'https://k8s.corp.test',
    credential: { type: 'bearerToken', file: 'not-here' },
  },
});

describe('an agent that has never asked for anything', () => {
  const nobody = { agent: { issuer: agent.issuer, subject: 'agent-onkall' } };

  it('is refused, unless it is meant all the same', async () => {
    const refused = await raise(nobody);
    expect(Problem.parse(refused.json)).toMatchObject({ status: 404, code: 'agent_unknown' });
    expect(await history(nobody)).toStrictEqual([]);
    // Who may not raise them is not told who is known.
    expect(await codeOf(raise(nobody, { as: alice }))).toBe('403 admins_only');
    expect(await codeOf(raise(nobody, { as: alice }, { evenIfUnknown: true }))).toBe(
      '403 admins_only',
    );
    const { status, json } = await raise(nobody, {}, { evenIfUnknown: true });
    expect(status).toBe(200);
    expect(RaisedView.parse(json)).toMatchObject({ target: nobody, openGrants: 0, keep: true });
    // What is raised can be released, whoever knows it.
    expect((await release(nobody)).status).toBe(200);
  });

  it('is another than one that has, also when nothing of that is open any more', async () => {
    const known = { agent: { issuer: agent.issuer, subject: agent.subject } };
    const requestId = await granted();
    await world.append(requestId, grantRevoked);
    await eventually(async () =>
      expect((await raise(known, {}, { keep: false })).status).toBe(200),
    );
    const elsewhere = { agent: { issuer: 'https://other.test', subject: agent.subject } };
    expect(await codeOf(raise(elsewhere))).toBe('404 agent_unknown');
  });
});

describe('where the configuration is known', () => {
  it('a connection that nobody knows is refused, unless something is open there', async () => {
    await world.configure(['prod-eks', 'staging'].map(connectionOf));
    const knowing = await world.start({ slack: true });
    const raiseThere = async (connection: string) => {
      const response = await fetch(`${knowing.url}/v1/bridges/raise`, {
        method: 'POST',
        headers: {
          Authorization: await world.tokens.bearer(frank),
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(order({ connection }, { keep: false })),
      });
      return { status: response.status, json: await response.json() };
    };
    const refused = await raiseThere('prod-ekz');
    expect(Problem.parse(refused.json)).toMatchObject({
      status: 404,
      code: 'connection_unknown',
      detail: 'there is no connection "prod-ekz"; there are: prod-eks, staging',
    });
    expect(await history({ connection: 'prod-ekz' })).toStrictEqual([]);
    expect((await raiseThere('staging')).status).toBe(200);
    await world.configure([connectionOf('staging')]);
    await granted();
    await eventually(async () => expect((await raiseThere('elsewhere')).status).toBe(404));
    await eventually(async () => expect((await raiseThere('prod-eks')).status).toBe(200));
    await knowing.close();
  });
});

describe('after a restart', () => {
  it('what is raised is known still', async () => {
    await raise({ connection: 'restarted' });
    await approval.close();
    approval = await world.start({ slack: false });
    expect(await raisedNow()).toStrictEqual([{ connection: 'restarted' }]);
    await release({ connection: 'restarted' });
  });

  it('what cannot be read is shown as raised, and an administrator releases it', async () => {
    world.connection.nats.publish('drawbridge.stops.c_broken', '{}');
    await eventually(async () =>
      expect(await raisedNow()).toStrictEqual([{ connection: 'broken' }]),
    );
  });
});
