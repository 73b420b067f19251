import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from '../gateway-to-prod.js';
import type { Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { buildProxy, startBuiltProxy, type BuiltProxy } from './built-proxy.js';

const watchPath = '/connections/prod/api/v1/namespaces/payments/pods?watch=1';
const GRANT_SECONDS = 25;
const MORE_SECONDS = 8;
const within = { timeoutMs: 60_000 };
let upstream: RecordingUpstream;
let gateway: Gateway;
const proxies: BuiltProxy[] = [];

beforeAll(async () => {
  await buildProxy();
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: { WORKERS: '2', AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
    launch: start,
  });
  await gateway.startReplica();
  upstream.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const say = () => response.write('{"type":"ADDED","object":{}}\n');
    say();
    const timer = setInterval(say, 200);
    response.on('close', () => clearInterval(timer));
  });
});
afterAll(async () => {
  for (const { pid } of proxies.slice(1)) endProcess(pid);
  await gateway.close();
  await upstream.close();
});

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

interface Watch {
  status: number;
  text: string;
  endedAt: number;
}

/** A watch on a connection of its own, so that all workers get some. */
function watchAt({ addresses }: BuiltProxy, token: string): Watch {
  const watch: Watch = { status: 0, text: '', endedAt: 0 };
  const end = () => (watch.endedAt ||= Date.now());
  const { port } = new URL(addresses['https'] ?? '');
  const call = request({
    ...{ host: 'localhost', port, path: watchPath, ca: gateway.raw.certificateAuthority },
    agent: new Agent({ keepAlive: false }),
    headers: { authorization: `Bearer ${token}` },
  });
  call.on('response', (answer) => {
    watch.status = answer.statusCode ?? 0;
    answer.on('data', (chunk: Buffer) => (watch.text += chunk.toString()));
    answer.on('close', end);
  });
  call.on('error', end);
  call.end();
  return watch;
}

/** Opens some at each gateway, again until all of their workers know the grant. */
async function openWatches(token: string): Promise<readonly Watch[]> {
  let open: readonly Watch[] = [];
  await eventually(async () => {
    open = proxies.flatMap((proxy) => [1, 2, 3, 4].map(() => watchAt(proxy, token)));
    await eventually(() => expect(open.every(({ status }) => status !== 0)).toBe(true));
    expect(open.map(({ status }) => status)).toStrictEqual(open.map(() => 200));
  }, within);
  return open;
}

describe('a grant that is extended while streams run under it', () => {
  it('lets them run on over its old end, at two gateways of two workers, and ends them at the new one', async () => {
    const subject = 'agent-1';
    const token = gateway.issuer.token({ sub: subject });
    const { grantId, requestId } = await gateway.grant({ subject, seconds: GRANT_SECONDS });
    const oldEnd = Date.now() + GRANT_SECONDS * 1_000;
    const watches = await openWatches(token);
    const newEnd = oldEnd + MORE_SECONDS * 1_000;
    await gateway.append(requestId, {
      type: 'GrantExtended',
      data: { grantId, round: 2, endsAt: new Date(newEnd).toISOString(), approvers: [] },
    });
    await eventually(() => expect(Date.now()).toBeGreaterThan(oldEnd + 1_000), within);
    const lengths = watches.map(({ text }) => text.length);
    await eventually(() =>
      expect(watches.every(({ text }, index) => text.length > (lengths[index] ?? 0))).toBe(true),
    );
    // A new call too, at each.
    for (const proxy of proxies) {
      const watch = watchAt(proxy, token);
      await eventually(() => expect(watch.status).toBe(200));
    }
    expect(watches.map(({ endedAt }) => endedAt)).toStrictEqual(watches.map(() => 0));

    await eventually(() => expect(watches.every(({ endedAt }) => endedAt > 0)).toBe(true), within);
    for (const { endedAt, text } of watches) {
      expect(endedAt).toBeGreaterThan(newEnd - 1_000);
      expect(text).toContain('grant_expired');
    }
  });
});
