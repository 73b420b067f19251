import { Agent, request } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from '../gateway-to-prod.js';
import type { Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { buildProxy, startBuiltProxy, type BuiltProxy } from './built-proxy.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;
const proxies: BuiltProxy[] = [];

beforeAll(async () => {
  await buildProxy();
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: {
      WORKERS: '4',
      AGENT_MAX_CALLS: '1000',
      AGENT_BURST: '10000',
      AGENT_CALLS_PER_SECOND: '10000',
    },
    launch: start,
  });
  await gateway.startReplica();
});
afterAll(async () => {
  for (const { pid } of proxies.slice(1)) endProcess(pid);
  await gateway.close();
  await upstream.close();
});
beforeEach(() => void (upstream.received.length = 0));

async function start(settings: Readonly<Record<string, string>>): Promise<BuiltProxy> {
  const proxy = await startBuiltProxy(settings);
  proxies.push(proxy);
  return proxy;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** One call on a connection of its own: its status, or 0 when the gateway was gone. */
const callAt = ({ addresses }: BuiltProxy, token: string): Promise<number> =>
  new Promise((resolve) => {
    const { port } = new URL(addresses['https'] ?? '');
    const call = request({
      host: 'localhost',
      port,
      path: pods,
      ca: gateway.raw.certificateAuthority,
      agent: new Agent({ keepAlive: false }),
      headers: { authorization: `Bearer ${token}` },
    });
    call.on('response', (answer) => {
      answer.resume();
      answer.on('close', () => resolve(answer.statusCode ?? 0));
    });
    call.on('error', () => resolve(0));
    call.end();
  });

let agents = 0;
/** An agent with a grant that every worker of these proxies knows. */
async function agent(maxCalls: number, at: readonly BuiltProxy[]) {
  agents += 1;
  const [subject, probe] = [`agent-${String(agents)}`, `probe-${String(agents)}`];
  await gateway.grant({ subject, limits: { maxCalls } });
  await gateway.grant({ subject: probe });
  const token = gateway.issuer.token({ sub: probe });
  // Workers learn of grants in order: who knows the second knows the first.
  for (const proxy of at) {
    await eventually(async () => {
      const statuses = await Promise.all(Array.from({ length: 40 }, () => callAt(proxy, token)));
      expect(new Set(statuses)).toStrictEqual(new Set([200]));
    });
  }
  upstream.received.length = 0;
  return { token: gateway.issuer.token({ sub: subject }) };
}

describe('a grant for ten calls', () => {
  it('gives ten to forty clients at each of two gateways of four workers', async () => {
    const [one, other] = proxies as [BuiltProxy, BuiltProxy];
    const { token } = await agent(10, [one, other]);
    const clients = Array.from({ length: 40 }, () => [callAt(one, token), callAt(other, token)]);
    const statuses = await Promise.all(clients.flat());
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 403)).toHaveLength(70);
    expect(upstream.received).toHaveLength(10);
  });

  it('gives at most one less when a gateway is killed, and never one more', async () => {
    const [one] = proxies as [BuiltProxy, BuiltProxy];
    const killed = await start(gateway.settings);
    const { token } = await agent(10, [one, killed]);
    // One call at a time: so no more than one is between its count and the cluster.
    let isKilled = false;
    upstream.answer((_request, response) => {
      if (upstream.received.length === 5 && !isKilled) {
        isKilled = true;
        endProcess(killed.pid);
      }
      response.end('{}');
    });
    let passed = 0;
    for (let index = 0; index < 6; index += 1) {
      if ((await callAt(killed, token)) === 200) passed += 1;
    }
    expect(isKilled).toBe(true);
    expect(passed).toBeLessThanOrEqual(5);
    for (let index = 0; index < 12; index += 1) await callAt(one, token);
    expect(upstream.received.length).toBeGreaterThanOrEqual(9);
    expect(upstream.received.length).toBeLessThanOrEqual(10);
    expect(await callAt(one, token)).toBe(403);
  });
});
