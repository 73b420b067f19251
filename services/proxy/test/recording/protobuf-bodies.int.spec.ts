import { eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from '../channels/channels-under-test.js';
import { encodedObject, protobuf } from '../guardrails/encoded-object.js';

/** No detector knows it. */
const PASSWORD = 'correct horse battery staple';
let world: ChannelsUnderTest;
let agent: ChannelAgent;

beforeAll(async () => {
  world = await startChannelsUnderTest();
  agent = await world.agent({ kubectl: await nativeTool('kubectl') });
});
afterAll(() => world.stop());

/** What is kept of the request by which an agent made something. */
const keptOf = (resource: string) =>
  eventually(async () => {
    const started = (await world.gateway.records()).findLast(
      (record) =>
        record.type === 'CommandStarted' &&
        record.verb === 'create' &&
        record.resource === resource,
    );
    if (started?.type !== 'CommandStarted') throw new Error('not started yet');
    // It is what this is about: else kubectl has learned to send JSON.
    expect(started.contentType).toBe(protobuf);
    const body = (await world.gateway.bodies()).find(
      ({ commandId, direction }) => commandId === started.commandId && direction === 'request',
    );
    if (body === undefined) throw new Error('no body yet');
    return body;
  });

const everythingKept = async () => JSON.stringify(await world.gateway.bodies());

it('what kubectl sends as protobuf is kept as JSON with numbers for names, masked', async () => {
  const made = await agent.run([
    ...['create', 'deployment', 'kept', '--image=nginx:1', '--replicas=3'],
    ...['--', 'run', '--password', PASSWORD],
  ]);
  expect(made.code, made.err).toBe(0);
  const body = await keptOf('deployments');
  expect(body).toMatchObject({
    ...{ encoding: 'utf8', contentType: 'application/vnd.drawbridge.protobuf-fields+json' },
  });
  expect(body.cut).toBeUndefined();
  expect(JSON.parse(body.content)).toMatchObject({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    fields: { 1: { 1: 'kept' }, 2: { 1: 3 } },
  });
  expect(body.content).toContain('nginx:1');
  expect(await everythingKept()).not.toContain(PASSWORD);
});

it('what the API server itself writes as protobuf is masked by names, in templates too', async () => {
  const object = {
    ...{ apiVersion: 'apps/v1', kind: 'DaemonSet' },
    metadata: {
      ...{ name: 'once', namespace: 'payments' },
      annotations: { 'corp.test/before': JSON.stringify({ env: [{ value: PASSWORD }] }) },
    },
    spec: {
      selector: { matchLabels: { app: 'once' } },
      template: {
        metadata: { labels: { app: 'once' } },
        spec: {
          containers: [
            {
              ...{ name: 'app', image: 'app:1', args: ['--token', PASSWORD] },
              env: [{ name: 'DB_PASSWORD', value: PASSWORD }],
              livenessProbe: {
                httpGet: { port: 80, httpHeaders: [{ name: 'X-Auth-Token', value: PASSWORD }] },
              },
            },
          ],
        },
      },
    },
  };
  const path = '/apis/apps/v1/namespaces/payments/daemonsets';
  const sent = { method: 'POST', path, type: protobuf, object };
  const bytes = await encodedObject(world.cluster.controlPlane, sent);
  expect(bytes.toString('latin1')).toContain(PASSWORD);
  const token = world.gateway.issuer.token({ sub: agent.subject });
  const answer = await world.gateway.call(`/connections/prod${path}`, {
    ...{ method: 'POST', token, body: bytes, headers: { 'content-type': protobuf } },
  });
  expect(answer.status, answer.body).toBe(201);
  const body = await keptOf('daemonsets');
  expect(body.cut).toBeUndefined();
  expect(body.content).toContain('DB_PASSWORD');
  expect(await everythingKept()).not.toContain(PASSWORD);
});

it('a Secret and a ConfigMap are not kept, and their answers are', async () => {
  const literal = `--from-literal=word=${PASSWORD}`;
  for (const [resource, ...made] of [
    ['secrets', 'create', 'secret', 'generic', 'db', literal],
    ['configmaps', 'create', 'configmap', 'db', '--from-literal=word=harmless'],
  ] as const) {
    const ran = await agent.run(made);
    expect(ran.code, ran.err).toBe(0);
    expect(await keptOf(resource)).toMatchObject({ cut: 'not_maskable', kept: 0, bytes: 0 });
  }
  expect(await everythingKept()).not.toContain(PASSWORD);
  expect(await everythingKept()).not.toContain(Buffer.from(PASSWORD).toString('base64'));
});
