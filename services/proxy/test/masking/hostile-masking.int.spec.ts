import { request as httpsRequest } from 'node:https';
import type { ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';

const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const PLACEHOLDER = 'drawbridge:masked:secret:3f9a1c02:Vb3kT0uZr1yQm8xWc5LnAg';
const namespace = '/connections/prod/api/v1/namespaces/payments';
const MB = 1024 * 1024;
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const connection = {
    server: upstream.address,
    certificateAuthority: upstream.certificateAuthority,
    credential: 'type: bearerToken\nfile: cluster.token',
  };
  gateway = await startGateway({
    connections: [
      { ...connection, name: 'prod', portForward: 'unsaid' },
      {
        ...connection,
        name: 'own',
        masking: '{ patterns: [{ kind: kd, pattern: "KD-[0-9]+" }] }',
        recording: '{ bodies: none }',
      },
    ],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'canary-cluster-token');
  for (const name of ['prod', 'own']) {
    await gateway.grant({ connection: name });
    await eventually(async () => {
      expect((await gateway.call(`/connections/${name}/version`)).status).toBe(200);
    });
  }
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.received.length = 0;
});

const answering = (write: (response: ServerResponse) => void) =>
  upstream.answer((_request, response) => write(response));

describe('T13 an answer of a cluster that says more than it should', () => {
  it('in warnings, is masked there', async () => {
    answering((response) => {
      response.setHeader('warning', [`299 - "unknown field ${TOKEN}"`, '299 - "plain"']);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{}');
    });
    const { headers, body } = await gateway.call(`${namespace}/pods/a`);
    expect(headers['warning']).toMatch(/unknown field drawbridge:masked:\S+", 299 - "plain"$/);
    expect(body).toBe('{}');
  });

  it.each([
    { type: 'application/json', says: { kind: 'Status', message: `bad ${TOKEN}` }, status: 403 },
    { type: 'application/json', says: { causes: [{ message: TOKEN }] }, status: 500 },
    { type: 'text/plain; charset=utf-8', says: `404 ${TOKEN}`, status: 404 },
    { type: 'text/html', says: `<p>${TOKEN}</p>`, status: 502 },
    { type: 'application/cbor', says: TOKEN, status: 502, from: 200 },
  ])('with $status as $type, is masked or refused', async ({ type, says, status, from }) => {
    answering((response) => {
      response.writeHead(from ?? status, { 'content-type': type });
      response.end(typeof says === 'string' ? says : JSON.stringify(says));
    });
    const answer = await gateway.call(`${namespace}/pods/a`);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain(TOKEN);
  });

  it('and breaks off, is refused when nothing of it was passed on', async () => {
    answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"a":"${TOKEN}`);
    });
    const answer = await gateway.call(`${namespace}/pods/a`);
    expect(statusOf(answer)).toMatchObject({ code: 502, cause: 'answer_not_maskable' });
    expect(answer.body).not.toContain(TOKEN);
  });

  it('and breaks off later, is broken off too', async () => {
    answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"a":[${'"plain",'.repeat(100_000)}"${TOKEN}`);
    });
    const { complete, body } = await gateway.call(`${namespace}/pods/a`);
    expect(complete).toBe(false);
    expect(body.includes(TOKEN)).toBe(false);
  });

  it('compressed all the same, is refused', async () => {
    answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end('x');
    });
    const answer = await gateway.call(`${namespace}/secrets`);
    expect(statusOf(answer)).toMatchObject({ code: 502, cause: 'answer_not_maskable' });
  });

  it('is masked by the patterns of its own connection, and so is its record', async () => {
    answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"note":"KD-123"}');
    });
    expect((await gateway.call(`${namespace}/pods/a`)).body).toContain('KD-123');
    const path = '/connections/own/api/v1/pods?labelSelector=a%3DKD-123';
    expect((await gateway.call(path)).body).toMatch(/"drawbridge:masked:kd:/);
    await eventually(async () => {
      const queries = (await gateway.records()).flatMap((record) =>
        record.type === 'CommandEnded' || record.connection !== 'own' ? [] : [record.query],
      );
      expect(queries.join()).toContain('masked%3Akd');
      expect(queries.join()).not.toContain('KD-123');
    });
  });
});

describe('a placeholder that is written', () => {
  it.each([
    { how: 'read before it is recorded', name: 'prod', record: { type: 'CommandRefused' } },
    {
      how: 'looked at on its way',
      name: 'own',
      record: { type: 'CommandEnded', outcome: 'cut', reason: 'masked_value_written' },
    },
  ])('in pieces, never reaches the cluster whole: $how', async ({ name, record }) => {
    const { port } = gateway.raw;
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpsRequest(
        {
          port,
          host: '127.0.0.1',
          servername: 'localhost',
          path: `${namespace.replace('prod', name)}/configmaps`,
          method: 'POST',
          ca: gateway.raw.certificateAuthority,
          headers: {
            authorization: `Bearer ${gateway.issuer.token()}`,
            'content-type': 'application/json',
          },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      request.on('error', reject);
      const text = `{"data":{"a":"${Buffer.from(`x${PLACEHOLDER}`).toString('base64')}"}}`;
      const send = (at: number) => {
        if (at >= text.length) request.end();
        else request.write(text.slice(at, at + 7), () => setImmediate(send, at + 7));
      };
      send(0);
    });
    expect(status).toBe(422);
    expect(upstream.received).toStrictEqual([]);
    await eventually(async () => {
      expect((await gateway.records()).at(-1)).toMatchObject({
        ...record,
        statusCode: 422,
      });
    });
  });

  it.each([
    `${namespace}/pods?fieldSelector=metadata.name%3D${encodeURIComponent(PLACEHOLDER)}`,
    `${namespace}/pods?labelSelector=${PLACEHOLDER.replaceAll('m', '%6d')}`,
    `${namespace}/pods/a/log?x=${encodeURIComponent(Buffer.from(PLACEHOLDER).toString('base64'))}`,
  ])('in a path or query is refused before anything is sent: %s', async (path) => {
    const answer = await gateway.call(path);
    expect(statusOf(answer)).toMatchObject({ code: 422, cause: 'masked_value_written' });
    expect(upstream.received).toStrictEqual([]);
  });
});

describe('a forwarded port', () => {
  it('is refused where the connection does not say that it may be', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
    const options = { method: 'POST', headers };
    const answer = await gateway.call(`${namespace}/pods/a/portforward`, options);
    expect(statusOf(answer)).toMatchObject({ code: 403, cause: 'port_forward_refused' });
    expect(upstream.received).toStrictEqual([]);
  });
});

describe('T24 a long answer', () => {
  it('is masked in bounded memory', async () => {
    const item = JSON.stringify({ data: { a: Buffer.alloc(3_000, 'x').toString('base64') } });
    const piece = `${item},`.repeat(100);
    let left = Math.ceil((150 * MB) / piece.length);
    answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"items":[');
      const send = () => {
        while (left > 0 && !response.writableNeedDrain) {
          left -= 1;
          response.write(piece);
        }
        if (left === 0) response.end(`${item}]}`);
        else response.once('drain', send);
      };
      send();
    });
    const before = process.memoryUsage().rss;
    let peak = before;
    const options = { onData: () => (peak = Math.max(peak, process.memoryUsage.rss())) };
    const { complete, body } = await gateway.call(`${namespace}/secrets`, options);
    expect(complete).toBe(true);
    expect(body).not.toContain('eHh4eHh4');
    // The cluster and the client are in this process too, and the client keeps what it gets.
    expect(peak - before).toBeLessThan(150 * MB);
  });
});
