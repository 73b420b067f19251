import { lookup } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, nativeTool } from '@drawbridge/testing';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from '../channels/channels-under-test.js';
import {
  buildConnector,
  newToken,
  startConnector,
  type ConnectorProcess,
} from './connector-process.js';

const { token, digest } = newToken();
const modes = [
  { protocol: 'WebSocket', on: 'true' },
  { protocol: 'SPDY', on: 'false' },
];
let world: ChannelsUnderTest;
let kubectl: string;
let connectors: ConnectorProcess[];

beforeAll(async () => {
  await buildConnector();
  kubectl = await nativeTool('kubectl');
  const server = 'https://kubernetes.default.svc';
  world = await startChannelsUnderTest({ connection: { server, connectorDigests: [digest] } });
  const apiServer = new URL(world.cluster.controlPlane.server).host;
  const { gateway } = world;
  connectors = await Promise.all(
    ['one', 'two'].map((name) => startConnector({ gateway, token, apiServer, name })),
  );
});

afterAll(async () => {
  await Promise.all(connectors.map((connector) => connector.kill('SIGKILL')));
  await world.stop();
});

const agentOf = (on: string): Promise<ChannelAgent> =>
  world.agent({
    kubectl,
    env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on, KUBECTL_PORT_FORWARD_WEBSOCKETS: on },
  });

describe('a real control plane to which the gateway has no way', () => {
  it('is not reached by name either', async () => {
    await expect(lookup('kubernetes.default.svc')).rejects.toThrow();
  });

  it('takes the deployment of a connector as it is shipped', async () => {
    const metadata = { name: 'drawbridge' };
    await world.cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata });
    await world.cluster.applyShipped('connector.yaml');
  });

  it('says which names a selector stands for', async () => {
    const { bus } = world.gateway;
    const lookup = {
      ...{ type: 'objects', apiGroup: '', resource: 'pods', namespace: 'payments' },
      patterns: ['web-*'],
    };
    const question = JSON.stringify({ connection: 'prod', lookup });
    const answer = await bus.nats.request('drawbridge.gateway.names', question, {
      timeout: 10_000,
    });
    expect(answer.json()).toStrictEqual({ names: ['web-0', 'web-1'] });
  });

  it('answers kubectl get, apply and auth', async () => {
    const agent = await agentOf('true');
    const got = await agent.run(['get', 'pods', '-o', 'name']);
    expect(got).toMatchObject({ code: 0, out: 'pod/web-0\npod/web-1\n' });
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'through-a-connector' },
      data: { large: 'x'.repeat(500_000) },
    });
    const applied = await agent.run(['apply', '--server-side', '-f', '-'], { input: manifest });
    expect(applied).toMatchObject({ code: 0 });
    const read = await agent.run(['get', 'configmap', 'through-a-connector', '-o', 'json']);
    expect((JSON.parse(read.out) as { data: { large: string } }).data.large).toHaveLength(500_000);
  });

  it('sends watch events while the command runs', async () => {
    const agent = await agentOf('true');
    const watch = agent.start(['get', 'configmaps', '--watch', '-o', 'name']);
    await eventually(() => expect(watch.out()).toContain('configmap/'));
    await agent.run(['create', 'configmap', 'seen']);
    await eventually(() => expect(watch.out()).toContain('configmap/seen'));
    watch.process.kill('SIGINT');
    await watch.ended;
  });

  it.each(modes)('runs kubectl exec over $protocol, with input and exit code', async ({ on }) => {
    const agent = await agentOf(on);
    const input = 'x'.repeat(3 * 1024 * 1024);
    const ran = await agent.run(
      ['exec', '-i', 'web-0', '--', 'sh', '-c', 'wc -c; echo err >&2; exit 3'],
      { input },
    );
    expect(ran.code).toBe(3);
    expect(ran.out.trim()).toBe(String(input.length));
    expect(ran.err).toContain('err\n');
  });

  it('goes on when one of two connectors is killed', async () => {
    const agent = await agentOf('true');
    await connectors[0]?.kill('SIGKILL');
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await agent.run(['get', 'pods', '-o', 'name'])).toMatchObject({ code: 0 });
    }
  });
});
