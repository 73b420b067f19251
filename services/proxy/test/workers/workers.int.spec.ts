import { readFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from '../gateway-to-prod.js';
import type { Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { buildProxy, startBuiltProxy, type BuiltProxy } from './built-proxy.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const limits = { burst: 40, streams: 5 };
let upstream: RecordingUpstream;
let gateway: Gateway;
let proxy: BuiltProxy;

beforeAll(async () => {
  await buildProxy();
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: {
      WORKERS: '3',
      AGENT_BURST: String(limits.burst),
      AGENT_CALLS_PER_SECOND: '1',
      AGENT_MAX_STREAMS: String(limits.streams),
    },
    launch: async (settings) => (proxy = await startBuiltProxy(settings)),
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** A fresh agent with a grant that every worker knows. */
let agents = 0;
async function agent(): Promise<{ token: string }> {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  await gateway.grant({ subject });
  const token = gateway.issuer.token({ sub: subject });
  await eventually(everyWorkerIsCurrent);
  return { token };
}

/**
 * Workers follow grants by themselves and in order: who knows one knows all before it. Each call is on a new
 * connection, so that thirty of them reach every worker.
 */
async function everyWorkerIsCurrent(): Promise<void> {
  agents += 1;
  const subject = `probe-${String(agents)}`;
  await gateway.grant({ subject });
  const token = gateway.issuer.token({ sub: subject });
  for (let count = 0; count < 30; count += 1) {
    const { status, body } = await gateway.call(pods, { token });
    if (status !== 200) throw new Error(body);
  }
}

describe('a gateway of several workers', () => {
  it('listens on one port with each, and is ready when all are', async () => {
    const { port } = gateway.raw;
    const listening = (await readFile(`/proc/${String(proxy.pid)}/net/tcp`, 'utf8'))
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => {
        const hex = port.toString(16).toUpperCase().padStart(4, '0');
        return local?.endsWith(`:${hex}`) === true && state === '0A';
      });
    expect(listening).toHaveLength(3);
    const ready = (await (await fetch(`${gateway.health}/readyz`)).json()) as object;
    expect(ready).toMatchObject({
      status: 'ready',
      checks: { workers: true, nats: true, grants: true, trust: true, serving: true },
    });
  });

  it('T25 lets an agent through as often as one worker would, whichever it reaches', async () => {
    const { token } = await agent();
    const before = performance.now();
    // Each on a connection of its own.
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => gateway.call(pods, { token })),
    );
    const passed = answers.filter(({ status }) => status === 200).length;
    const seconds = Math.ceil((performance.now() - before) / 1_000);
    expect(passed).toBeGreaterThanOrEqual(limits.burst);
    expect(passed).toBeLessThanOrEqual(limits.burst + seconds);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.every(({ status }) => status === 429)).toBe(true);
    const other = await agent();
    expect((await gateway.call(pods, other)).status).toBe(200);
  });

  it('T25 counts the streams of an agent over all workers', async () => {
    const { token } = await agent();
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED","object":{}}\n');
    });
    const statuses: number[] = [];
    const watches = Array.from({ length: 12 }, () =>
      gateway.call(`${pods}?watch=1`, { token, onHead: (status) => statuses.push(status) }),
    );
    await eventually(() => expect(statuses).toHaveLength(12));
    expect(statuses.filter((status) => status === 200)).toHaveLength(limits.streams);
    expect(statuses.filter((status) => status === 429)).toHaveLength(12 - limits.streams);
    await gateway.publishTrust([]);
    await Promise.all(watches);
    await gateway.publishTrust();
    upstream.answer((_request, response) => response.end('{}'));
  });

  it('resumes a TLS session with whichever worker, by an ECDSA certificate', async () => {
    const { ticket, curve } = await connected<{ ticket: Buffer; curve: string | undefined }>(
      undefined,
      (socket, resolve) =>
        socket.once('session', (session: Buffer) =>
          resolve({ ticket: session, curve: socket.getPeerCertificate().asn1Curve }),
        ),
    );
    expect(curve).toBe('prime256v1');
    const reused: boolean[] = [];
    for (let index = 0; index < 12; index += 1) {
      const isReused = connected<boolean>(ticket, (socket, resolve) =>
        socket.once('secureConnect', () => resolve(socket.isSessionReused())),
      );
      reused.push(await isReused);
    }
    expect(reused).toStrictEqual(reused.map(() => true));
  });

  it('T11 ends the streams of all workers with a reason when it stops, and exits cleanly', async () => {
    const { token } = await agent();
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED","object":{}}\n');
    });
    let seen = 0;
    const watches = Array.from({ length: limits.streams }, () =>
      gateway.call(`${pods}?watch=1`, { token, onData: () => (seen += 1) }),
    );
    await eventually(() => expect(seen).toBeGreaterThanOrEqual(limits.streams));
    expect(await proxy.terminate()).toBe(0);
    for (const { body, complete } of await Promise.all(watches)) {
      expect(body).toContain('proxy_draining');
      expect(complete).toBe(true);
    }
  });
});

/** Connects, does `then` and hangs up. */
function connected<Result>(
  session: Buffer | undefined,
  then: (socket: TLSSocket, resolve: (result: Result) => void) => void,
): Promise<Result> {
  const { host, port, certificateAuthority: ca } = gateway.raw;
  return new Promise((resolve, reject) => {
    const options = { host, port, ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] };
    const socket = connect({ ...options, ...(session !== undefined && { session }) });
    socket.on('error', reject);
    then(socket, (result) => {
      resolve(result);
      socket.destroy();
    });
  });
}
