import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGateway, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { buildProxy, startBuiltProxy, type BuiltProxy } from '../workers/built-proxy.js';
import {
  buildConnector,
  newToken,
  startConnector,
  type ConnectorProcess,
} from './connector-process.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const { token, digest } = newToken();
let upstream: RecordingUpstream;
let gateway: Gateway;
let replica: BuiltProxy | undefined;
let balancer: Server;
let one: ConnectorProcess;
/** Ports of the replicas, each taken in its turn. */
const ports: number[] = [];

beforeAll(async () => {
  await Promise.all([buildProxy(), buildConnector()]);
  upstream = await startRecordingUpstream();
  gateway = await startGateway({
    connections: [
      {
        name: 'prod',
        server: 'https://127.0.0.1:9',
        certificateAuthority: upstream.certificateAuthority,
        credential: 'type: bearerToken\nfile: cluster.token',
        connectorDigests: [digest],
      },
    ],
    variables: { WORKERS: '2', AGENT_BURST: '1000', AGENT_CALLS_PER_SECOND: '1000' },
    launch: startBuiltProxy,
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
  await gateway.grant();
  ports.push(gateway.raw.port);
  let turn = 0;
  balancer = createServer((client) => {
    const cluster = connect(ports[(turn += 1) % ports.length] ?? 0, '127.0.0.1');
    client.on('error', () => cluster.destroy()).on('close', () => cluster.destroy());
    cluster.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(cluster).pipe(client);
  });
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve));
  const { port } = balancer.address() as AddressInfo;
  one = await startConnector({
    gateway,
    token,
    apiServer: new URL(upstream.address).host,
    name: 'one',
    env: { GATEWAY_URL: `https://localhost:${port}` },
  });
});

afterAll(async () => {
  await one.kill('SIGKILL');
  balancer.close();
  await replica?.close();
  await gateway.close();
  await upstream.close();
});

const sessionsAt = async (address: string | undefined) => {
  const answer = await fetch(`${address ?? ''}/readyz`);
  const { figures } = (await answer.json()) as { figures: Record<string, number> };
  return figures['connectorSessions'];
};

/** Each on a connection of its own, so that every worker has some. */
async function statuses(count: number): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => gateway.call(pods)));
  return answers.map(({ status }) => status);
}

describe('a connector of many gateways', () => {
  it('has a session with every worker, so that calls pass whichever they reach', async () => {
    await eventually(async () => expect((await one.figures()).sessions).toBe(2));
    expect(await statuses(40)).toStrictEqual(Array(40).fill(200));
  });

  it('finds the workers of a replica that starts, and forgets them when it stops', async () => {
    const ready = await startBuiltProxy(gateway.settings);
    replica = ready;
    ports.push(Number(new URL(ready.addresses['https'] ?? '').port));
    await eventually(async () => expect((await one.figures()).sessions).toBe(4));
    await eventually(async () => expect(await sessionsAt(ready.addresses['http'])).toBe(2));
    await eventually(async () => expect(await sessionsAt(gateway.health)).toBe(2));
    ports.pop();
    expect(await ready.terminate()).toBe(0);
    await eventually(async () => expect((await one.figures()).sessions).toBe(2));
    expect(await statuses(20)).toStrictEqual(Array(20).fill(200));
    // It does not look for what is gone: one line for every attempt.
    const before = one.log.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(one.log.length).toBe(before);
  });

  it('comes back to all workers of a gateway that has restarted', async () => {
    await gateway.proxy.close();
    await gateway.startProxy();
    ports[0] = gateway.raw.port;
    await eventually(async () => expect((await one.figures()).sessions).toBe(2));
    expect(await statuses(40)).toStrictEqual(Array(40).fill(200));
  });
});
