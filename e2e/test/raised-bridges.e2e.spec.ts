import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView, BridgesView, RaisedView } from '@drawbridge/contracts';
import { takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import type { z } from 'zod';
import { Composition } from '../src/composition.js';
import { callGateway } from '../src/gateway-client.js';
import { HostileTokens } from '../src/hostile-tokens.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';

/** T17, T18: one order ends everything, through every service in a process of its own. */
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-raised-'));
const state = takeStateDirectory(join(directory, 'state'));
let cluster: RecordingCluster;
let composition: Composition;
let tokens: HostileTokens;
let alice: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  cluster = await startRecordingCluster();
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access, {
    identity: { MAX_OPEN_REQUESTS: '100', REQUESTS_PER_MINUTE: '5000' },
  });
  closers.add(() => composition.stop());
  tokens = new HostileTokens(composition.standIns.identityProvider);
  alice = await tokens.human('alice', ['sre-oncall']);
});
afterAll(() => closers.close());

interface Call<Schema extends z.ZodType> {
  readonly to: 'ingress' | 'approvals';
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
  readonly answer: Schema;
}
async function api<Schema extends z.ZodType>(call: Call<Schema>): Promise<z.infer<Schema>> {
  const { to, path, token, body, answer } = call;
  const response = await fetch(`${composition.standIns.addresses[to]}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.parse(await response.json());
}

interface Agent {
  readonly token: string;
  readonly requestId: string;
}
let agents = 0;
/** A fresh agent that asks to look at payments, which no human has to approve. */
async function asking(): Promise<Agent> {
  agents += 1;
  const token = await tokens.agent({ sub: `reader-${String(agents)}`, groups: ['readers'] });
  const body = {
    connection: 'prod-eks',
    scope: { action: 'view', parameters: { namespace: 'payments' } },
    durationSeconds: 600,
    reason: 'looking around',
  };
  const path = '/v1/access-requests';
  const { id } = await api({ to: 'ingress', path, token, body, answer: AccessRequestView });
  return { token, requestId: id };
}
const viewOf = ({ token, requestId }: Agent) =>
  api({
    to: 'ingress',
    path: `/v1/access-requests/${requestId}`,
    token,
    answer: AccessRequestView,
  });
const statusOf = async ({ token }: Agent): Promise<number> => {
  const path = '/api/v1/namespaces/payments/pods';
  return (await callGateway({ ...composition.gateway, path, token })).status;
};
/** Just behind a stop nothing is granted yet, because clocks may differ: whoever is denied asks again. */
const passing = (): Promise<Agent> =>
  eventually(async () => {
    const agent = await asking();
    await eventually(async () => expect((await viewOf(agent)).status).not.toBe('requested'));
    expect((await viewOf(agent)).status).toBe('granted');
    await eventually(async () => expect(await statusOf(agent)).toBe(200));
    return agent;
  });
const order = (verb: 'raise' | 'release', more: object = {}) => ({
  to: 'approvals' as const,
  path: `/v1/bridges/${verb}`,
  token: alice,
  body: { target: 'all', reason: 'an incident', ...more },
});

describe('when all bridges are raised', () => {
  it('no call passes until the release, of 50 agents that ask at the same moment neither', async () => {
    const before = await passing();
    const raced: Promise<Agent>[] = Array.from({ length: 25 }, asking);
    const raised = await api({ ...order('raise'), answer: RaisedView });
    raced.push(...Array.from({ length: 25 }, asking));
    expect(raised).toMatchObject({ keep: true, raisedBy: 'alice@corp.test' });
    const all = [before, ...(await Promise.all(raced))];
    await eventually(async () => {
      const views = await Promise.all(all.map(viewOf));
      const open = views.filter(({ status }) => status !== 'revoked' && status !== 'denied');
      expect(open).toStrictEqual([]);
    });
    const forwarded = cluster.received.length;
    expect(new Set(await Promise.all(all.map(statusOf)))).toStrictEqual(new Set([403]));
    expect(cluster.received.length).toBe(forwarded);
    expect(await viewOf(before)).toMatchObject({
      status: 'revoked',
      refusal: { message: 'the bridges were raised: an incident' },
    });

    const left = await api({ ...order('release'), answer: BridgesView });
    expect(left.items).toStrictEqual([]);
    await passing();
    expect(await statusOf(before)).toBe(403);
  });

  it('they stay raised over a restart of those who know it', async () => {
    const before = await passing();
    await api({ ...order('raise'), answer: RaisedView });
    for (const service of ['proxy', 'policy', 'approval'] as const) {
      await composition.kill(service);
      await composition.startAgain(service);
    }
    expect(await statusOf(before)).toBe(403);
    const late = await asking();
    await eventually(async () => expect((await viewOf(late)).status).toBe('denied'));
    await api({ ...order('release'), answer: BridgesView });
  });
});

describe('one grant', () => {
  it('is revoked by the owner of the agent, and no other', async () => {
    const [one, other] = [await passing(), await passing()];
    const dana = await tokens.human('dana', []);
    await fetch(
      `${composition.standIns.addresses.approvals}/v1/access-requests/${one.requestId}/revoke`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${dana}`, 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'not needed any more' }),
      },
    );
    await eventually(async () => expect(await statusOf(one)).toBe(403));
    await eventually(async () =>
      expect(await viewOf(one)).toMatchObject({
        status: 'revoked',
        refusal: { code: 'grant_revoked', message: 'not needed any more' },
      }),
    );
    expect(await statusOf(other)).toBe(200);
  });
});
