import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GrantLimits, UseEvent } from '@drawbridge/contracts';
import { useEventStore } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { channelClient } from './channels/channel-client.js';
import { goodHandshake, startFakeCluster, type FakeCluster } from './channels/fake-cluster.js';
import { startGateway, type Answer, type Gateway } from './gateway-under-test.js';
import { http2Call, http2Session } from './http2-client.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const exec = '/connections/live/api/v1/namespaces/payments/pods/web-0/exec?command=sh&stdout=true';
let upstream: RecordingUpstream;
let cluster: FakeCluster;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  cluster = await startFakeCluster();
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: [
      {
        name: 'prod',
        server: upstream.address,
        certificateAuthority: upstream.certificateAuthority,
        credential,
      },
      {
        name: 'live',
        server: cluster.address,
        certificateAuthority: cluster.certificateAuthority,
        credential,
      },
    ],
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await cluster.close();
});
beforeEach(() => {
  upstream.received.length = 0;
  cluster.handshake = goodHandshake;
});

let agents = 0;
async function agent(limits: GrantLimits, connection = 'prod') {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  const granted = await gateway.grant({ subject, limits, connection });
  const token = gateway.issuer.token({ sub: subject });
  await eventually(async () => {
    const path = `/connections/${connection}/version`;
    const { body } = await gateway.call(path, { token, method: 'POST' });
    expect(body).toContain('path_not_allowed');
  });
  return { subject, token, ...granted };
}

const uses = async (grantId: string): Promise<UseEvent[]> =>
  (await useEventStore(gateway.bus, 'audit').load(grantId)).events.map(({ event }) => event);
const typesOf = (events: readonly UseEvent[]) => events.map(({ type }) => type);
const codeOf = ({ headers }: Pick<Answer, 'headers'>) => headers['drawbridge-refusal'];
const change = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };

describe('a grant for so many calls', () => {
  it('lets so many through, then none, and says why', async () => {
    const { token, grantId } = await agent({ maxCalls: 2 });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) {
      const answer = await gateway.call(pods, { token });
      statuses.push([answer.status, codeOf(answer)]);
    }
    expect(statuses).toStrictEqual([
      [200, undefined],
      [200, undefined],
      [403, 'grant_used_up'],
      [403, 'grant_used_up'],
    ]);
    expect(upstream.received).toHaveLength(2);
    await eventually(async () =>
      expect(typesOf(await uses(grantId)).toSorted()).toStrictEqual([
        'CallCounted',
        'CallCounted',
        'CallFinished',
        'CallFinished',
      ]),
    );
    const refused = (await gateway.records()).filter(({ type }) => type === 'CommandRefused');
    expect(JSON.stringify(refused)).toContain('grant_used_up');
  });

  it('counts each call by the id of its record', async () => {
    const { token, grantId } = await agent({ maxCalls: 2 });
    const { headers } = await gateway.call(pods, { token });
    const [first] = await uses(grantId);
    const data = { commandId: headers['audit-id'], isChange: false };
    expect(first).toMatchObject({ type: 'CallCounted', data });
  });

  it('counts no discovery, no question about itself, and nothing that is refused', async () => {
    const { token, grantId } = await agent({ maxCalls: 1 });
    await gateway.call('/connections/prod/version', { token });
    await gateway.call('/connections/prod/apis', { token });
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'payments' } },
    };
    const path = '/connections/prod/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const asked = await gateway.call(path, { ...change, token, body: JSON.stringify(review) });
    expect(asked.status).toBe(201);
    await gateway.call(`${pods}/web-0/proxy/`, { token });
    expect(await uses(grantId)).toStrictEqual([]);
    expect((await gateway.call(pods, { token })).status).toBe(200);
  });

  it.each(['maxCalls', 'maxChanges'] as const)(
    'gives %s to exactly so many of those that come at once, over HTTP/2 too',
    async (limit) => {
      const { token } = await agent({ [limit]: 10 });
      const session = http2Session(gateway);
      const head = { ':path': pods, ':method': 'POST', authorization: `Bearer ${token}` };
      const answers = await Promise.all([
        ...Array.from({ length: 20 }, () => gateway.call(pods, { ...change, token })),
        ...Array.from({ length: 20 }, () =>
          http2Call(
            session,
            { ...head, 'content-type': 'application/json' },
            { body: Buffer.from('{}') },
          ),
        ),
      ]);
      session.close();
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(30);
      expect(upstream.received).toHaveLength(10);
    },
  );

  it('costs a grant without limits nothing', async () => {
    const subject = 'agent-free';
    const { grantId } = await gateway.grant({ subject });
    const token = gateway.issuer.token({ sub: subject });
    await eventually(async () => expect((await gateway.call(pods, { token })).status).toBe(200));
    expect(await uses(grantId)).toStrictEqual([]);
  });
});

describe('a grant for so many changes', () => {
  it('lets its agent look as long as it is open', async () => {
    const { token, grantId } = await agent({ maxChanges: 1 });
    expect((await gateway.call(pods, { token, ...change })).status).toBe(200);
    expect(codeOf(await gateway.call(pods, { token, ...change }))).toBe('grant_used_up');
    expect((await gateway.call(pods, { token })).status).toBe(200);
    expect(codeOf(await gateway.call(pods, { token, ...change }))).toBe('grant_used_up');
    await eventually(async () =>
      expect(typesOf(await uses(grantId))).toStrictEqual(['CallCounted', 'CallFinished']),
    );
  });

  it.each(['websocket', 'spdy'] as const)(
    'counts a channel over %s, whatever its verb',
    async (transport) => {
      const { token, grantId } = await agent({ maxChanges: 1 }, 'live');
      const open = () => channelClient(gateway.raw, { path: exec, token, transport });
      const first = await open();
      expect(await first.head()).toContain('HTTP/1.1 101 ');
      await eventually(async () =>
        expect(await uses(grantId)).toMatchObject([
          { type: 'CallCounted', data: { isChange: true } },
        ]),
      );
      const second = await open();
      expect((await second.head()).toLowerCase()).toContain('drawbridge-refusal: grant_used_up');
      first.socket.destroy();
      await eventually(async () =>
        expect(typesOf(await uses(grantId))).toStrictEqual(['CallCounted', 'CallFinished']),
      );
    },
  );
});

describe('a grant that is used up', () => {
  it('ends for all when policy says so, and a refusal says why', async () => {
    const { token, requestId, grantId } = await agent({ maxCalls: 1 });
    await gateway.call(pods, { token });
    await gateway.append(requestId, { type: 'GrantEnded', data: { grantId, cause: 'used_up' } });
    await eventually(async () => {
      const { body, headers } = await gateway.call('/connections/prod/version', { token });
      expect(headers['drawbridge-refusal']).toBe('grant_used_up');
      expect(body).toContain('was used as often as it allowed');
    });
  });

  it('leaves the calls of another grant of the same agent alone', async () => {
    const { token, subject } = await agent({ maxCalls: 1 });
    expect((await gateway.call(pods, { token })).status).toBe(200);
    await gateway.grant({ subject, limits: { maxCalls: 1 } });
    await eventually(async () => expect((await gateway.call(pods, { token })).status).toBe(200));
    await gateway.grant({ subject });
    await eventually(async () => expect((await gateway.call(pods, { token })).status).toBe(200));
    expect((await gateway.call(pods, { token })).status).toBe(200);
  });
});

describe('a count that cannot be stored', () => {
  it('refuses the call, and forwards nothing', async () => {
    const { token } = await agent({ maxCalls: 5 });
    const { subjects } = (await gateway.bus.manager.streams.info('USES')).config;
    expect(subjects).toStrictEqual(['drawbridge.uses.*']);
    await gateway.bus.manager.streams.delete('USES');
    const answer = await gateway.call(pods, { token });
    expect([answer.status, codeOf(answer)]).toStrictEqual([503, 'grant_use_uncounted']);
    expect(upstream.received).toHaveLength(0);
  });
});
