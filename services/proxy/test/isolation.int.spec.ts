import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { ClientHttp2Session } from 'node:http2';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, nativeTool } from '@drawbridge/testing';
import { startGatewayToProd } from './gateway-to-prod.js';
import type { Gateway } from './gateway-under-test.js';
import { http2Call, http2Session } from './http2-client.js';
import { headersFrame, rawHttp2, settingsFrame } from './http2-frames.js';
import { rawConnection } from './raw-call.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const run = promisify(execFile);
const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const limits = { calls: 8, streams: 4, burst: 60 };
let upstream: RecordingUpstream;
let gateway: Gateway;
let greedy: string;
let modest: string;
let session: ClientHttp2Session;
const sockets: TLSSocket[] = [];

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: {
      AGENT_MAX_CALLS: String(limits.calls),
      AGENT_MAX_STREAMS: String(limits.streams),
      AGENT_CALLS_PER_SECOND: '1',
      AGENT_BURST: String(limits.burst),
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

let agents = 0;
/** A fresh agent with a grant. */
async function agent(): Promise<string> {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  await gateway.grant({ subject });
  const token = gateway.issuer.token({ sub: subject });
  await eventually(async () => expect((await gateway.call(pods, { token })).status).toBe(200));
  return token;
}

beforeEach(async () => {
  upstream.answer((_request, response) => response.end('{}'));
  [greedy, modest] = [await agent(), await agent()];
  session = http2Session(gateway);
});

afterEach(() => {
  session.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
});

const overHttp2 = (token: string, path = pods) =>
  http2Call(session, { ':path': path, authorization: `Bearer ${token}` });

/** Thirty calls of the modest agent, all of them served. */
async function expectServed(): Promise<void> {
  for (let index = 0; index < 30; index += 1) {
    const answer = await gateway.call(pods, { token: modest });
    expect(answer.status).toBe(200);
  }
}

describe('T25 an agent that takes all it can', () => {
  it('in calls at once has its own share under way, and no more reaches the cluster', async () => {
    const held: ServerResponse[] = [];
    upstream.answer((request, response) => {
      if (request.url?.endsWith('/held') === true) held.push(response);
      else response.end('{}');
    });
    const flood = Array.from({ length: 50 }, () => overHttp2(greedy, `${pods}/held`));
    await eventually(() => expect(held).toHaveLength(limits.calls));
    await expectServed();
    expect(held).toHaveLength(limits.calls);
    for (const response of held) response.end('{}');
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(limits.calls);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50 - limits.calls);
  });

  it('is told when to try again, as kubectl does by itself', async () => {
    const held: ServerResponse[] = [];
    upstream.answer((request, response) => {
      if (request.url?.endsWith('/held') === true) held.push(response);
      else response.end('{}');
    });
    const flood = Array.from({ length: limits.calls }, () => overHttp2(greedy, `${pods}/held`));
    await eventually(() => expect(held).toHaveLength(limits.calls));
    const refused = await gateway.call(pods, { token: greedy });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    const authority = join(gateway.directory, 'for-kubectl.pem');
    await writeFile(authority, gateway.raw.certificateAuthority);
    const server = `${gateway.address}/connections/prod`;
    const kubectl = run(
      await nativeTool('kubectl'),
      ['--server', server, '--certificate-authority', authority, '--token', greedy].concat(
        'get',
        '--raw',
        '/api/v1/namespaces/payments/pods',
      ),
      { env: { HOME: gateway.directory, PATH: process.env['PATH'] } },
    );
    const refusals = async () =>
      (await gateway.records()).filter(
        (record) =>
          record.type === 'CommandRefused' &&
          record.decision.reason === 'too_many_calls' &&
          record.userAgent.startsWith('kubectl'),
      );
    await eventually(async () => expect(await refusals()).not.toEqual([]));
    for (const response of held) response.end('{}');
    expect((await kubectl).stdout).toBe('{}');
    await Promise.all(flood);
  });

  it('in calls a second is slowed down to its rate, or refused before anything is looked up or forwarded', async () => {
    upstream.received.length = 0;
    const statuses: number[] = [];
    const before = performance.now();
    for (let wave = 0; wave < 10; wave += 1) {
      const answers = await Promise.all(
        Array.from({ length: limits.calls }, () => overHttp2(greedy)),
      );
      statuses.push(...answers.map(({ status }) => status));
    }
    const seconds = Math.ceil((performance.now() - before) / 1_000);
    const served = statuses.filter((status) => status === 200).length;
    expect(served).toBe(upstream.received.length);
    // One was used up for the token; what is above the burst has waited for its turn.
    expect(served).toBeGreaterThanOrEqual(limits.burst);
    expect(served).toBeLessThanOrEqual(limits.burst + seconds);
    expect(statuses.filter((status) => status === 429)).toHaveLength(80 - served);
    await expectServed();
  });

  it('in streams keeps no short call waiting, its own neither', async () => {
    const open: ServerResponse[] = [];
    upstream.answer((request, response) => {
      if (request.url?.includes('watch=1') !== true) {
        response.end('{}');
        return;
      }
      open.push(response);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED","object":{}}\n');
    });
    const watches = Array.from({ length: 20 }, () => overHttp2(greedy, `${pods}?watch=1`));
    await eventually(() => expect(open).toHaveLength(limits.streams));
    expect((await gateway.call(pods, { token: greedy })).status).toBe(200);
    await expectServed();
    for (const response of open) response.end();
    const statuses = (await Promise.all(watches)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(limits.streams);
  });

  it('in answers that it does not read holds its cluster sockets still, and nobody else’s', async () => {
    const produced = new Map<ServerResponse, number>();
    upstream.answer((request, response) => {
      if (request.url?.includes('/log') !== true) {
        response.end('{}');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain' });
      produced.set(response, 0);
      const chunk = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (!response.destroyed && (produced.get(response) ?? 0) < 64 * 1024 * 1024) {
          produced.set(response, (produced.get(response) ?? 0) + chunk.length);
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    // Two over HTTP/1.1 on sockets that are not read, two over HTTP/2 in a window that is not opened.
    for (let index = 0; index < 2; index += 1) {
      const socket = await rawConnection(gateway.raw);
      sockets.push(socket);
      socket.pause();
      socket.write(
        `GET ${pods}/web-0/log HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${greedy}\r\n\r\n`,
      );
    }
    const slow = await rawHttp2(gateway.raw, settingsFrame([4, 0]));
    sockets.push(slow.socket);
    for (const stream of [1, 3]) {
      slow.write(
        headersFrame(stream, [
          [':method', 'GET'],
          [':scheme', 'https'],
          [':authority', 'localhost'],
          [':path', `${pods}/web-0/log`],
          ['authorization', `Bearer ${greedy}`],
        ]),
      );
    }
    await eventually(() => expect(produced.size).toBe(limits.streams));
    let before = -1;
    await eventually(async () => {
      const total = [...produced.values()].reduce((sum, bytes) => sum + bytes, 0);
      const settled = total === before;
      before = total;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(settled).toBe(true);
    });
    for (const bytes of produced.values()) expect(bytes).toBeLessThan(16 * 1024 * 1024);
    await expectServed();
    // A call that the slow agent does read is served as well.
    expect((await gateway.call(pods, { token: greedy })).status).toBe(200);
  });

  it('in requests behind one another on one connection gets a few served at the same time', async () => {
    const open: ServerResponse[] = [];
    upstream.answer((_request, response) => {
      open.push(response);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    });
    const request = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${greedy}\r\n\r\n`;
    const patient = await rawConnection(gateway.raw);
    sockets.push(patient);
    patient.write(request(pods) + request(`${pods}?watch=1`) + request(`${pods}?watch=1`));
    await eventually(() => expect(open).toHaveLength(3));
    // Whoever leaves takes all of them along, also those whose answer had not begun.
    patient.destroy();
    await eventually(() => expect(open.every(({ destroyed }) => destroyed)).toBe(true));
    open.length = 0;
    const flood = await rawConnection(gateway.raw);
    sockets.push(flood);
    const ended = new Promise((resolve) => flood.once('close', resolve));
    flood.on('error', () => undefined);
    flood.resume();
    flood.write(request(pods).repeat(100));
    await ended;
    await eventually(() => expect(open.every(({ destroyed }) => destroyed)).toBe(true));
    expect(open.length).toBeLessThanOrEqual(9);
    upstream.answer((_request, response) => response.end('{}'));
    await expectServed();
  });
});
