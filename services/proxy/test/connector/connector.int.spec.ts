import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Answer, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import {
  buildConnector,
  newToken,
  startConnector,
  type ConnectorOptions,
  type ConnectorProcess,
} from './connector-process.js';
import { startGatewayRelay } from './gateway-relay.js';

/** Nobody listens there, as far as the gateway can tell: only the certificate is for it. */
const NOWHERE = 'https://127.0.0.1:9';
const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const configMaps = '/connections/prod/api/v1/namespaces/payments/configmaps';
const LARGE = JSON.stringify({ items: Array.from({ length: 5 * 1024 }, () => 'x'.repeat(1_020)) });
const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const { token, digest } = newToken();

let upstream: RecordingUpstream;
let gateway: Gateway;
let open: ServerResponse[];
let running: ConnectorProcess[] = [];

const connection = (digests: readonly string[] = [digest]) => ({
  name: 'prod',
  server: NOWHERE,
  certificateAuthority: upstream.certificateAuthority,
  credential: 'type: bearerToken\nfile: cluster.token',
  connectorDigests: digests,
});

async function connector(name: string, options: Partial<ConnectorOptions> = {}) {
  const apiServer = new URL(upstream.address).host;
  const started = await startConnector({ gateway, token, apiServer, name, ...options });
  running.push(started);
  return started;
}

beforeAll(async () => {
  await buildConnector();
  upstream = await startRecordingUpstream();
  gateway = await startGateway({
    connections: [connection()],
    variables: {
      HTTPS_PORT: String(await freePort()),
      AGENT_CALLS_PER_SECOND: '1000',
      AGENT_BURST: '1000',
    },
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
  await gateway.grant();
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

beforeEach(() => {
  open = [];
  upstream.received.length = 0;
  upstream.answer((_request, response) => response.end('{"kind":"PodList","items":[]}'));
});

afterEach(async () => {
  await Promise.all(running.map((each) => each.kill('SIGKILL')));
  running = [];
  await eventually(async () => expect(await sessions()).toBe(0));
});

async function figures(): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`${gateway.health}/readyz`);
  return ((await answer.json()) as { figures: Record<string, number> }).figures;
}
const sessions = async () => (await figures())['connectorSessions'];

/** Answers begin, and go on when a test says so. */
function answerSlowly(first: string, headers: Record<string, string> = {}): void {
  upstream.answer((_request, response) => {
    open.push(response);
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.write(first);
  });
}

async function begun(path: string): Promise<{ seen: () => string; ended: Promise<Answer> }> {
  let seen = '';
  const head = Promise.withResolvers<undefined>();
  const ended = gateway.call(path, {
    onHead: () => head.resolve(undefined),
    onData: (text) => (seen += text),
  });
  await Promise.race([head.promise, ended]);
  return { seen: () => seen, ended };
}

describe('a connection that is served by connectors', () => {
  it('answers as if the gateway had a way to the cluster, with its own credential', async () => {
    await connector('one');
    const answer = await gateway.call(pods);
    expect(answer).toMatchObject({ status: 200, complete: true });
    expect(upstream.received).toHaveLength(1);
    expect(upstream.received[0]).toMatchObject({
      method: 'GET',
      url: '/api/v1/namespaces/payments/pods',
    });
    expect(upstream.received[0]?.headers).toMatchObject({
      authorization: 'Bearer cluster-token',
      host: '127.0.0.1:9',
    });
  });

  it('passes lists of 5 MB and bodies of 2 MB, complete', async () => {
    await connector('one');
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(LARGE);
    });
    const lists = await Promise.all(Array.from({ length: 4 }, () => gateway.call(configMaps)));
    for (const { body, complete } of lists) {
      expect(complete).toBe(true);
      expect(sha(body)).toBe(sha(LARGE));
    }
    const sent = LARGE.slice(0, 2 * 1024 * 1024);
    const answer = await gateway.call(configMaps, {
      method: 'POST',
      body: sent,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
    expect(sha(upstream.received.at(-1)?.body ?? '')).toBe(sha(sent));
  });

  it('passes watch events as they come', async () => {
    await connector('one');
    answerSlowly('{"type":"ADDED"}\n');
    const watch = await begun(`${pods}?watch=1`);
    await eventually(() => expect(watch.seen()).toContain('ADDED'));
    open[0]?.write('{"type":"MODIFIED"}\n');
    await eventually(() => expect(watch.seen()).toContain('MODIFIED'));
    open[0]?.end();
    expect(await watch.ended).toMatchObject({ status: 200, complete: true });
  });

  it('holds a cluster back for a client that does not read', async () => {
    const one = await connector('one');
    let written = 0;
    upstream.answer((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (written < 500 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', write);
            return;
          }
        }
      };
      response.writeHead(200, { 'content-type': 'text/plain' });
      write();
    });
    const { rawConnection } = await import('../raw-call.js');
    const socket = await rawConnection(gateway.raw);
    socket.pause();
    const path = `${pods}/web-0/log?follow=true`;
    const authorization = `Authorization: Bearer ${gateway.issuer.token()}`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n\r\n`);
    await eventually(() => expect(written).toBeGreaterThan(0));
    let before = -1;
    await eventually(async () => {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(written).toBe(before);
    });
    // Buffers of the kernel on three ways grow by chance; all of it would be 500 MB.
    expect(written).toBeLessThan(40 * 1024 * 1024);
    // Others go on.
    const stalled = written;
    upstream.answer((_request, response) => response.end('{}'));
    expect((await gateway.call(configMaps)).status).toBe(200);
    expect(written).toBe(stalled);
    socket.destroy();
    await eventually(async () => expect((await one.figures()).streams).toBeLessThan(3));
  });

  it('refuses calls when no connector comes in time, and says so', async () => {
    const before = performance.now();
    const answer = await gateway.call(pods);
    expect(statusOf(answer)).toMatchObject({ code: 503, cause: 'connector_unavailable' });
    expect(performance.now() - before).toBeGreaterThan(4_000);
    // Nothing was learnt of the cluster: once a connector is here, calls pass at once.
    const refused = Array.from({ length: 20 }, () => gateway.call(pods));
    expect((await Promise.all(refused)).map(({ status }) => status)).toStrictEqual(
      Array.from({ length: 20 }, () => 503),
    );
    await connector('late');
    expect((await gateway.call(pods)).status).toBe(200);
  });

  it('lets calls wait that come while its connector connects again', async () => {
    const relay = await startGatewayRelay(gateway.address);
    await connector('one', { env: { GATEWAY_URL: relay.address } });
    expect((await gateway.call(pods)).status).toBe(200);
    relay.cut();
    await eventually(async () => expect(await figures()).toMatchObject({ connectorSessions: 0 }));
    const calls = Array.from({ length: 10 }, () => gateway.call(pods));
    relay.mend();
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toStrictEqual(Array(10).fill(200));
    await relay.close();
  });

  it('shares its load among connectors', async () => {
    const [one, two] = [await connector('one'), await connector('two')];
    answerSlowly('{');
    const some = () => Promise.all(Array.from({ length: 20 }, () => begun(configMaps)));
    // A session that takes streams a moment later than the others gets what they have more of the second time.
    const calls = [...(await some()), ...(await some())];
    const counts = [(await one.figures()).streams, (await two.figures()).streams];
    expect(counts.reduce((sum, count) => sum + count)).toBe(40);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(18);
    for (const response of open) response.end('}');
    for (const { ended } of calls) expect((await ended).body).toBe('{}');
  });

  it('breaks off what a killed connector carried, and serves everything else by the others', async () => {
    const [one, two] = [await connector('one'), await connector('two')];
    answerSlowly('{"type":"ADDED"}\n');
    const watches = await Promise.all(Array.from({ length: 8 }, () => begun(`${pods}?watch=1`)));
    answerSlowly('{"items":[', { 'content-length': '1000' });
    const lists = await Promise.all(Array.from({ length: 8 }, () => begun(configMaps)));
    const dead = (await one.figures()).streams;
    expect(dead).toBeGreaterThan(0);
    expect(dead).toBeLessThan(16);
    const ended: Answer[] = [];
    const all = [...watches, ...lists].map(async (each) => ended.push(await each.ended));
    upstream.answer((_request, response) => response.end('{}'));
    await one.kill('SIGKILL');
    await eventually(() => expect(ended).toHaveLength(dead));
    expect(ended.some(({ complete }) => complete)).toBe(false);
    const later = await Promise.all(Array.from({ length: 20 }, () => gateway.call(pods)));
    expect(later.map(({ status }) => status)).toStrictEqual(Array(20).fill(200));
    expect(ended).toHaveLength(dead);
    // The others are still open.
    for (const response of open) response.destroy();
    await Promise.all(all);
    expect((await two.figures()).streams).toBeGreaterThan(0);
  });

  it('loses at most what was under way, however often connectors are killed', async () => {
    await connector('stays');
    const kills = 5;
    const atOnce = 8;
    const statuses: number[] = [];
    let over = false;
    const caller = async () => {
      while (!over) statuses.push((await gateway.call(pods)).status);
    };
    const callers = Array.from({ length: atOnce }, caller);
    for (let turn = 0; turn < kills; turn += 1) {
      const dies = await connector(`dies-${turn}`);
      const before = statuses.length;
      await eventually(() => expect(statuses.length).toBeGreaterThan(before + 20));
      await dies.kill('SIGKILL');
    }
    over = true;
    await Promise.all(callers);
    expect(statuses.filter((status) => status !== 200 && status !== 502)).toStrictEqual([]);
    const lost = statuses.filter((status) => status === 502).length;
    expect(lost).toBeLessThanOrEqual(kills * atOnce);
    expect(statuses.length).toBeGreaterThan(kills * 20);
  });

  it('finishes what a stopping connector carries, and takes nothing new to it', async () => {
    const one = await connector('one');
    answerSlowly('{"items":[');
    const list = await begun(configMaps);
    await connector('two');
    const ended = one.kill('SIGTERM');
    // Of its two sessions the one without a stream has ended.
    await eventually(async () =>
      expect(await figures()).toMatchObject({ connectorSessions: 3, connectorsDraining: 1 }),
    );
    upstream.answer((_request, response) => response.end('{}'));
    for (let call = 0; call < 10; call += 1) {
      expect((await gateway.call(pods)).status).toBe(200);
    }
    open[0]?.end(']}');
    expect(await list.ended).toMatchObject({ status: 200, complete: true, body: '{"items":[]}' });
    expect(await ended).toBe(0);
  });

  it('is served again after the gateway has restarted', async () => {
    const one = await connector('one');
    expect((await gateway.call(pods)).status).toBe(200);
    await gateway.proxy.close();
    await gateway.startProxy();
    await eventually(async () => expect((await gateway.call(pods)).status).toBe(200));
    await eventually(async () => expect((await one.figures()).sessions).toBe(2));
  });

  it('changes tokens without an interruption, and ends sessions by one that is gone', async () => {
    const next = newToken();
    await connector('old');
    answerSlowly('{"type":"ADDED"}\n');
    const watch = await begun(`${pods}?watch=1`);
    await gateway.writeConnections([connection([digest, next.digest])]);
    await eventually(() => expect(gateway.log.join('')).toContain('configuration changed'));
    const fresh = await eventually(() => connector('new', { token: next.token }));
    expect(await sessions()).toBe(4);
    open[0]?.write('{"type":"MODIFIED"}\n');
    await eventually(() => expect(watch.seen()).toContain('MODIFIED'));
    await gateway.writeConnections([connection([next.digest])]);
    await eventually(async () => expect(await sessions()).toBe(2));
    upstream.answer((_request, response) => response.end('{}'));
    expect((await gateway.call(pods)).status).toBe(200);
    expect((await fresh.figures()).sessions).toBe(2);
    open[0]?.end();
    await watch.ended;
    await gateway.writeConnections([connection()]);
  });

  it('T20 tells no token to anybody', async () => {
    const one = await connector('one');
    await gateway.call(pods);
    const everything = [...gateway.log, ...one.log, JSON.stringify(await gateway.records())].join(
      '\n',
    );
    expect(everything).toContain('a connector is here');
    expect(everything).not.toContain(token);
    expect(everything).not.toContain(token.slice(4));
    expect(one.log.join('\n')).not.toContain('cluster-token');
  });
});
