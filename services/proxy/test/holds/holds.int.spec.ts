import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { statusOf } from '../gateway-under-test.js';
import { http2Call, http2Session } from '../http2-client.js';
import {
  approver,
  owner,
  startHolds,
  type AgentUnderTest,
  type HoldsUnderTest,
} from './holds-under-test.js';

let world: HoldsUnderTest;
const spaces = [
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
];

beforeAll(async () => {
  world = await startHolds({
    namespaces: ['payments', ...spaces],
    variables: { HOLD_WAIT_SECONDS: '8' },
  });
  world.cluster.apply([deployment('checkout'), settings]);
});
afterAll(() => world.close());

const settings = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'payments' },
};

function deployment(name: string) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'payments' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: `${name}:1` }] },
      },
    },
  };
}

const exists = async (namespace: string) => {
  const agent = await world.agent();
  const path = `/connections/prod-eks/api/v1/namespaces/${namespace}`;
  const { status, body } = await world.gateway.call(path, { token: agent.token });
  return status === 200 && !body.includes('"Terminating"');
};

const patch = (agent: AgentUnderTest, body: object, headers = {}) =>
  world.gateway.call(
    '/connections/prod-eks/apis/apps/v1/namespaces/payments/deployments/checkout',
    {
      method: 'PATCH',
      token: agent.token,
      headers: { 'content-type': 'application/merge-patch+json', ...headers },
      body: JSON.stringify(body),
    },
  );
const scale = (agent: AgentUnderTest, replicas: number, headers = {}) =>
  patch(agent, { spec: { replicas } }, headers);

/** What is on the record of the calls of an agent that change something. */
const recordsOf = async (type: 'CommandStarted' | 'CommandRefused', agent: AgentUnderTest) => {
  const records = await world.gateway.records();
  return records.flatMap((record) => {
    if (record.type !== type || record.agent?.subject !== agent.subject) return [];
    return reading.has(record.verb) ? [] : [record];
  });
};
const reading = new Set(['get', 'list', 'watch']);

describe('a held call of kubectl', () => {
  it('waits, shows what it would do, and runs once when it was approved', async () => {
    const agent = await world.agent();
    await agent.kubectl('get pods -n payments');
    const running = agent.kubectl('delete namespace one');
    const { holdId, held } = await world.held(agent);
    expect(held.effect.diff).toContain('- metadata.name: "one"');
    expect(held.effect.soFar.join()).toContain('list pods in namespace payments');
    expect(held).toMatchObject({
      purpose: { reason: 'checkout answers 500', ticket: 'INC-4711' },
      environment: 'production',
      approvers: { groups: ['sre-oncall'] },
      call: { verb: 'delete', resource: 'namespaces', name: 'one', rule: 'test/namespaces' },
    });
    expect(await exists('one')).toBe(true);
    expect(await world.decide(holdId, 'approve')).toBe(200);
    const ran = await running;
    expect(ran).toMatchObject({ code: 0 });
    expect(await exists('one')).toBe(false);
    await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
    const starts = (await recordsOf('CommandStarted', agent)).filter(
      ({ verb }) => verb === 'delete',
    );
    expect(starts).toMatchObject([{ holdId, rule: 'test/namespaces' }]);
    expect(starts[0]?.commandId).toBe(held.commandId);
  });

  it('is refused with the reason when it was denied, and again without asking', async () => {
    const agent = await world.agent();
    const running = agent.kubectl('delete namespace two');
    const { holdId } = await world.held(agent);
    expect(await world.decide(holdId, 'deny')).toBe(200);
    const ran = await running;
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain('hold_denied');
    expect(ran.err).toContain('not during the incident');
    expect((await agent.kubectl('delete namespace two')).err).toContain('hold_denied');
    expect(await world.holdsOf(agent)).toHaveLength(1);
    expect(await exists('two')).toBe(true);
    expect(await recordsOf('CommandStarted', agent)).toStrictEqual([]);
  });

  it('comes again by itself when nobody decided in time, and passes', async () => {
    const agent = await world.agent();
    const running = agent.kubectl('delete namespace three');
    const { holdId } = await world.held(agent);
    await eventually(
      async () => {
        const refused = await recordsOf('CommandRefused', agent);
        expect(refused).toMatchObject([{ statusCode: 429, holdId }]);
      },
      { timeoutMs: 60_000 },
    );
    expect(await world.decide(holdId, 'approve')).toBe(200);
    expect(await running).toMatchObject({ code: 0 });
    expect(await world.holdsOf(agent)).toHaveLength(1);
    expect(await exists('three')).toBe(false);
  });

  it('is never let through by the human on whose behalf the agent works', async () => {
    const human = { issuer: 'https://humans.corp.test', subject: approver, email: approver };
    const agent = await world.agent({ onBehalfOf: { ...human, proof: 'token' } });
    const running = agent.kubectl('delete namespace eleven');
    const { holdId, held } = await world.held(agent);
    expect(held.onBehalfOf).toStrictEqual(human);
    expect(await world.decide(holdId, 'approve')).toBe(403);
    expect(await world.decide(holdId, 'deny')).toBe(403);
    expect(await exists('eleven')).toBe(true);
    expect(await world.decide(holdId, 'approve', world.humanToken('bob@corp.test'))).toBe(200);
    expect(await running).toMatchObject({ code: 0 });
    await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
  });

  it('is cancelled when its human presses ctrl-C', async () => {
    const agent = await world.agent();
    const child = spawn(world.kubectlPath, ['delete', 'namespace', 'four'], {
      env: { KUBECONFIG: agent.kubeconfig, HOME: `${agent.kubeconfig}.home` },
      stdio: 'ignore',
    });
    const { holdId } = await world.held(agent);
    child.kill('SIGINT');
    await once(child, 'exit');
    await world.ends(holdId, 'CommandHeld', 'HoldCancelled');
    expect(await world.decide(holdId, 'approve')).toBe(409);
    expect(await exists('four')).toBe(true);
  });
});

describe('a client that does not wait', () => {
  it('is told when to come again, and with the approval it passes once', async () => {
    const agent = await world.agent();
    const first = await scale(agent, 3, { prefer: 'respond-async' });
    expect(first.status).toBe(429);
    expect(first.headers['retry-after']).toBe('2');
    const { holdId, held } = await world.held(agent);
    expect(first.headers['drawbridge-hold']).toBe(holdId);
    expect(JSON.parse(first.body)).toMatchObject({
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 2, causes: [{ reason: 'hold_pending' }, { message: holdId }] },
    });
    expect(held.effect.diff).toStrictEqual([
      '  kind: "Deployment"',
      '  metadata.namespace: "payments"',
      '  metadata.name: "checkout"',
      '- spec.replicas: 2',
      '+ spec.replicas: 3',
    ]);
    expect(held.effect.touches.join('\n')).toMatch(/^pods: 2 \(checkout-/);
    expect((await scale(agent, 3, { prefer: 'wait=0' })).status).toBe(429);
    expect(await world.decide(holdId, 'approve')).toBe(200);
    expect((await scale(agent, 3)).status).toBe(200);
    const again = await scale(agent, 3, { prefer: 'wait=0' });
    expect(again.status).toBe(429);
    expect(await world.holdsOf(agent)).toHaveLength(2);
  });

  it('T16 cannot use an approval for another body', async () => {
    const agent = await world.agent();
    await scale(agent, 4, { prefer: 'wait=0' });
    const { holdId } = await world.held(agent);
    expect(await world.decide(holdId, 'approve')).toBe(200);
    const changed = await scale(agent, 0, { prefer: 'wait=0' });
    expect(statusOf(changed)).toMatchObject({ code: 429, cause: 'hold_pending' });
    expect(changed.headers['drawbridge-hold']).not.toBe(holdId);
    await world.ends(holdId, 'CommandHeld', 'HoldApproved');
    expect(await recordsOf('CommandStarted', agent)).toStrictEqual([]);
  });

  it('asks again when the object has changed since it was approved', async () => {
    const agent = await world.agent();
    await scale(agent, 5, { prefer: 'wait=0' });
    const { holdId } = await world.held(agent);
    await world.decide(holdId, 'approve');
    const path = '/connections/prod-eks/apis/apps/v1/namespaces/payments/deployments/checkout';
    const other = await world.agent();
    const label = { metadata: { labels: { touched: 'yes' } } };
    const changing = world.gateway.call(path, {
      method: 'PATCH',
      token: other.token,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify(label),
    });
    await world.decide((await world.held(other)).holdId, 'approve');
    expect((await changing).status).toBe(200);
    const again = await scale(agent, 5, { prefer: 'wait=0' });
    expect(again.status).toBe(429);
    expect(again.headers['drawbridge-hold']).not.toBe(holdId);
  });
});

describe('a held call of another kind', () => {
  it('waits over HTTP/2, and its stream alone', async () => {
    const agent = await world.agent();
    const session = http2Session(world.gateway);
    const path = '/connections/prod-eks/api/v1/namespaces/five';
    const call = (method: string) =>
      http2Call(session, {
        ':method': method,
        ':path': path,
        authorization: `Bearer ${agent.token}`,
      });
    const waiting = call('DELETE');
    const { holdId } = await world.held(agent);
    expect((await call('GET')).status).toBe(200);
    await world.decide(holdId, 'approve');
    expect((await waiting).status).toBe(200);
    session.close();
    expect(await exists('five')).toBe(false);
  });

  it('is a command in a pod: each attempt to open it is read by somebody', async () => {
    const agent = await world.agent();
    const pods = await agent.kubectl('get pods -n payments -o name');
    const pod = pods.out.split('\n')[0] ?? '';
    const running = agent.kubectl(`exec -n payments ${pod} -- echo hello-from-inside`);
    const { holdId, held } = await world.held(agent);
    expect(held.call.query).toContain('command=echo&command=hello-from-inside');
    expect(held.effect).toMatchObject({
      noDiff: 'what happens in a session cannot be known before',
    });
    await world.decide(holdId, 'approve');
    await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
    // The sandbox runs nothing, so kubectl tries again by SPDY: the approval was for one attempt.
    const again = await world.held(agent, 2);
    expect(again.held.call).toStrictEqual(held.call);
    await world.decide(again.holdId, 'deny');
    expect(await running).toMatchObject({ code: 1 });
    expect(await recordsOf('CommandStarted', agent)).toMatchObject([{ holdId }]);
  });

  it('is a delete that the cluster would refuse: nobody is asked', async () => {
    const agent = await world.agent();
    expect((await agent.kubectl('delete namespace not-there')).err).toContain('NotFound');
    expect(await world.holdsOf(agent)).toStrictEqual([]);
  });
});

describe('two same calls at once', () => {
  it('join one hold, and one of them passes', async () => {
    const agent = await world.agent();
    const calls = [scale(agent, 6), scale(agent, 6)];
    const { holdId } = await world.held(agent);
    await world.waiting(calls.length);
    await world.decide(holdId, 'approve');
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status).toSorted()).toStrictEqual([200, 403]);
    const refused = answers.find(({ status }) => status === 403);
    expect(refused?.body).toContain('hold_used');
    await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
    expect(await recordsOf('CommandStarted', agent)).toHaveLength(1);
  });
});

describe('T15 T16 who may let a call through', () => {
  it('is no owner of the agent, no stranger, and no agent', async () => {
    const agent = await world.agent();
    await scale(agent, 7, { prefer: 'wait=0' });
    const { holdId } = await world.held(agent);
    const hostile = [
      world.humanToken(owner),
      world.humanToken('erin@corp.test', ['developers']),
      agent.token,
    ];
    for (const token of hostile) expect(await world.decide(holdId, 'approve', token)).toBe(403);
    expect((await scale(agent, 7, { prefer: 'wait=0' })).status).toBe(429);
    await world.ends(holdId, 'CommandHeld');
    expect(await recordsOf('CommandStarted', agent)).toStrictEqual([]);
  });
});

describe('a call that takes two humans of groups that the guardrail names', () => {
  it('passes with the second yes, and with no other', async () => {
    const agent = await world.agent();
    const path = '/connections/prod-eks/api/v1/namespaces/payments/configmaps/settings';
    const remove = () =>
      world.gateway.call(path, {
        method: 'DELETE',
        token: agent.token,
        headers: { prefer: 'wait=0' },
      });
    expect((await remove()).status).toBe(429);
    const { holdId, held } = await world.held(agent);
    expect(held.approvers).toStrictEqual({ groups: ['release-managers'], count: 2 });
    const [carol, dave] = ['carol@corp.test', 'dave@corp.test'].map((email) =>
      world.humanToken(email, ['release-managers']),
    );
    expect(await world.decide(holdId, 'approve')).toBe(403);
    expect(await world.decide(holdId, 'approve', carol)).toBe(200);
    expect(await world.decide(holdId, 'approve', carol)).toBe(200);
    expect((await remove()).status).toBe(429);
    expect(await world.decide(holdId, 'approve', dave)).toBe(200);
    expect((await remove()).status).toBe(200);
    await world.ends(holdId, 'CommandHeld', 'HoldEndorsed', 'HoldApproved', 'CommandReleased');
    expect(await recordsOf('CommandStarted', agent)).toMatchObject([{ holdId }]);
  });
});

describe('a hold', () => {
  it('ends with its grant, and its call with it', async () => {
    const agent = await world.agent();
    const waiting = scale(agent, 8);
    const { holdId } = await world.held(agent);
    const { grantId, requestId } = agent;
    await world.gateway.append(requestId, {
      type: 'GrantRevoked',
      data: { grantId, reason: 'incident over' },
    });
    expect(statusOf(await waiting)).toMatchObject({ code: 403, cause: 'grant_revoked' });
    await world.ends(holdId, 'CommandHeld', 'HoldCancelled');
  });

  it('keeps no secret of what it shows', async () => {
    const agent = await world.agent();
    const canary = 'canary-AKIAIOSFODNN7EXAMPLE-9f3b';
    const answer = await world.gateway.call(
      '/connections/prod-eks/api/v1/namespaces/payments/secrets',
      {
        method: 'POST',
        token: agent.token,
        headers: { 'content-type': 'application/json', prefer: 'wait=0' },
        body: JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'fresh', namespace: 'payments' },
          stringData: { password: canary },
        }),
      },
    );
    expect(answer.status).toBe(429);
    const { held } = await world.held(agent);
    const kept = JSON.stringify(held);
    const shown = held.effect.diff?.find((line) => line.startsWith('+ data.password: ')) ?? '';
    const value = Buffer.from(shown.split('"')[1] ?? '', 'base64').toString();
    expect(value).toMatch(/^drawbridge:masked:secret:/);
    expect(kept).not.toContain(canary);
    expect(kept).not.toContain(Buffer.from(canary).toString('base64').slice(0, 30));
  });

  it('is made anew when the policy changes while it waits', async () => {
    const agent = await world.agent();
    const waiting = scale(agent, 9);
    const { holdId } = await world.held(agent);
    await world.changePolicy('the rules are stricter now');
    const fresh = await world.held(agent, 2);
    await world.ends(holdId, 'CommandHeld', 'HoldCancelled');
    expect(fresh.held.reason).toBe('the rules are stricter now');
    await world.decide(fresh.holdId, 'approve');
    expect((await waiting).status).toBe(200);
  });

  it('lets no more than a few calls of one agent wait', async () => {
    const agent = await world.agent();
    for (let replicas = 20; replicas < 25; replicas += 1) {
      expect((await scale(agent, replicas, { prefer: 'wait=0' })).status).toBe(429);
    }
    const answer = await scale(agent, 30, { prefer: 'wait=0' });
    expect(statusOf(answer)).toMatchObject({ code: 429, cause: 'hold_limit_reached' });
    expect(answer.headers['retry-after']).toBe('60');
    expect(await world.holdsOf(agent)).toHaveLength(5);
  });

  it('is released by each click, one call after the other', async () => {
    const agent = await world.agent();
    for (let round = 1; round <= 10; round += 1) {
      const waiting = patch(agent, { metadata: { annotations: { round: `${round}` } } });
      const { holdId } = await world.held(agent, round);
      const [answer] = await Promise.all([waiting, world.decide(holdId, 'approve')]);
      expect(answer.status).toBe(200);
      await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
    }
  });
});
