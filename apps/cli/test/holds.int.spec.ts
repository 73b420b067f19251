import type { HeldCall, HoldEvent, Principal } from '@drawbridge/contracts';
import { HoldView } from '@drawbridge/contracts';
import { callDigest, holdIdOf } from '@drawbridge/holds';
import { holdEventStore } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
});
afterAll(() => services.stop());

const human = (id: string) => services.logIn(id);

/** What a proxy writes when a guardrail holds a call. */
async function holdCall(name: string): Promise<string> {
  const issuer = 'https://idp.test';
  const agent: Principal = {
    kind: 'agent',
    issuer,
    subject: 'agent-oncall',
    groups: [],
    owner: 'dana@corp.test',
  };
  const grantId = uuidV7(new Date());
  const call: HeldCall = {
    connection: 'prod-eks',
    grantId,
    agent: { issuer, subject: agent.subject },
    policyVersion: 'abc',
    rule: 'safety/namespaces',
    method: 'DELETE',
    path: `/api/v1/namespaces/${name}`,
    query: '',
    verb: 'delete',
    apiGroup: '',
    resource: 'namespaces',
    subresource: '',
    namespace: name,
    name,
    contentType: '',
    bodySha256: '',
    resourceVersion: '1',
  };
  const digest = callDigest(call);
  const in15Minutes = new Date(Date.now() + 900_000).toISOString();
  const event: HoldEvent = {
    type: 'CommandHeld',
    data: {
      commandId: uuidV7(new Date()),
      call,
      digest,
      generation: 0,
      agent,
      accessRequestId: uuidV7(new Date()),
      purpose: { reason: 'clean up' },
      environment: 'production',
      reason: 'deletes everything in it',
      effect: { diff: ['-kind: Namespace'], touches: ['14 pods'], warnings: [], soFar: [] },
      approvers: { groups: ['sre-oncall'] },
      decideBy: in15Minutes,
      approvalSeconds: 300,
      grantEndsAt: in15Minutes,
    },
  };
  const aggregateId = holdIdOf({ grantId, digest, generation: 0 });
  const metadata = {
    id: uuidV7(new Date()),
    causationId: 'test',
    actor: { kind: 'service', id: 'proxy' },
    at: new Date().toISOString(),
  } as const;
  const store = holdEventStore(services.connection, 'proxy');
  await store.append({ aggregateId, position: { lastSequence: 0 }, event, metadata });
  return aggregateId;
}

it('approvers see held calls and decide them; owners and agents do not', async () => {
  const [alice, dana, agent] = [
    await human('human-alice'),
    await human('human-dana'),
    await services.agentOncall(),
  ];
  const [one, other] = [await holdCall('payments'), await holdCall('shop')];
  await eventually(async () => {
    const { stdout } = await alice.drawbridge('holds', 'list');
    expect(stdout).toContain(one);
    expect(stdout).toContain('delete namespaces "shop"');
  });
  const shown = await alice.drawbridge('holds', 'show', one);
  expect(shown.stdout).toContain('    -kind: Namespace\n');

  for (const stranger of [dana, agent]) {
    for (const verb of ['show', 'approve', 'deny']) {
      const { code, stdout } = await stranger.drawbridge('holds', verb, one);
      expect({ code, stdout }).toStrictEqual({ code: 4, stdout: '' });
    }
  }
  expect((await dana.drawbridge('holds', 'list')).stdout).toBe('no held call waits for you\n');

  const approved = await alice.drawbridge(
    ...['holds', 'approve', one, '--comment', 'it is empty', '-o', 'json'],
  );
  expect(HoldView.parse(JSON.parse(approved.stdout))).toMatchObject({
    status: 'approved',
    decision: { by: 'alice@corp.test', remark: 'it is empty' },
  });
  const denied = await alice.drawbridge('holds', 'deny', other, '--reason', 'not today');
  expect(denied.stdout).toMatch(/: denied\n[^]*through http: not today/);
  expect(await alice.drawbridge('holds', 'approve', other)).toMatchObject({ code: 1, stdout: '' });
});
