import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CommandBody, Rule } from '@drawbridge/contracts';
import { commandLines } from '@drawbridge/jetstream';
import { DirectoryStore } from '@drawbridge/object-store';
import { eventually } from '@drawbridge/testing';
import {
  startGateway,
  type Answer,
  type CallOptions,
  type Gateway,
} from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';

const MIB = 1_048_576;
const PASSWORD = 'correct horse battery staple';
const encoded = Buffer.from(PASSWORD).toString('base64');
const json = { 'content-type': 'application/json' };
const sha256Of = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
let upstream: RecordingUpstream;
let gateway: Gateway;
let objects = '';

const readOnly: Rule = {
  ...{ verbs: ['patch', 'update'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] },
};

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const connection = {
    server: upstream.address,
    certificateAuthority: upstream.certificateAuthority,
    credential: 'type: bearerToken\nfile: cluster.token',
  };
  const settings = {
    all: undefined,
    none: '{ bodies: none }',
    writes: '{ bodies: writes, before: false }',
    small: '{ inlineBytes: 1000, maxBytes: 2000, before: false }',
    blind: undefined,
  };
  gateway = await startGateway({
    connections: Object.entries(settings).map(([name, recording]) => ({
      ...{ ...connection, name },
      ...(recording !== undefined && { recording }),
    })),
    variables: { AGENT_BURST: '5000', AGENT_CALLS_PER_SECOND: '5000' },
    bodies: 'bodies',
  });
  objects = join(gateway.directory, 'bodies');
  await writeFile(join(gateway.directory, 'cluster.token'), 'canary-cluster-token');
  for (const name of Object.keys(settings)) {
    await gateway.grant({ connection: name, ...(name === 'blind' && { rules: [readOnly] }) });
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

const answering = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  upstream.answer(answer);
const answerWith = (body: string | Buffer, headers: Readonly<Record<string, string>> = json) =>
  answering((_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  });

/** A call, and what is kept of its bodies when its end is on the record. */
async function recorded(
  path: string,
  options: CallOptions = {},
): Promise<{ answer: Answer; bodies: readonly CommandBody[] }> {
  const answer = await gateway.call(path, options);
  return { answer, bodies: await bodiesOf(String(answer.headers['audit-id'])) };
}

async function bodiesOf(commandId: string): Promise<readonly CommandBody[]> {
  await eventually(async () => {
    const ended = (await gateway.records()).some(
      (record) => record.type === 'CommandEnded' && record.commandId === commandId,
    );
    expect(ended).toBe(true);
  });
  return (await gateway.bodies()).filter((body) => body.commandId === commandId);
}

const one = (bodies: readonly CommandBody[], direction: CommandBody['direction']) => {
  const found = bodies.filter((body) => body.direction === direction);
  expect(found).toHaveLength(1);
  return found[0]!;
};
const textOf = ({ content, encoding }: CommandBody) => Buffer.from(content, encoding).toString();
const core = (connection: string) => `/connections/${connection}/api/v1/namespaces/payments`;

/** Every byte that stays behind: the stream, and the files of the object store. */
async function everythingKept(): Promise<string> {
  const { state } = await gateway.bus.manager.streams.info('COMMANDS');
  const texts: string[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await gateway.bus.manager.streams.getMessage('COMMANDS', { seq });
    if (message !== null) texts.push(Buffer.from(message.data).toString());
  }
  const files = await readdir(objects, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const file of files) {
    if (file.isFile()) texts.push(await readFile(join(file.parentPath, file.name), 'utf8'));
  }
  return texts.join('\n');
}

describe('the body of an answer', () => {
  it('is kept as the client got it', async () => {
    const secret = { kind: 'Secret', metadata: { name: 'db' }, data: { password: encoded } };
    answerWith(JSON.stringify(secret));
    const { answer, bodies } = await recorded(`${core('all')}/secrets/db`);
    expect(answer.body).not.toContain(encoded);
    expect(bodies).toHaveLength(1);
    expect(one(bodies, 'response')).toMatchObject({
      ...{ contentType: 'application/json', encoding: 'utf8', content: answer.body },
      ...{ bytes: Buffer.byteLength(answer.body), sha256: sha256Of(answer.body) },
    });
    expect(await everythingKept()).not.toContain(encoded);
  });

  it('is kept in pieces when it is long, and what the client gets is the same', async () => {
    const items = Array.from({ length: 5_000 }, (_, index) => ({
      metadata: { name: `pod-${index}`, annotations: { note: randomBytes(300).toString('hex') } },
    }));
    answerWith(JSON.stringify({ kind: 'PodList', items }));
    const { answer, bodies } = await recorded(`${core('all')}/pods`);
    const body = one(bodies, 'response');
    const bytes = Buffer.from(answer.body);
    expect(body).toMatchObject({ content: '', bytes: bytes.length, sha256: sha256Of(bytes) });
    expect(body.cut).toBeUndefined();
    expect(body.objects?.length).toBe(Math.ceil(bytes.length / MIB));
    const store = new DirectoryStore(objects);
    const pieces = await Promise.all((body.objects ?? []).map(({ sha256 }) => store.get(sha256)));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('that is longer than is kept says so, and the client gets all of it', async () => {
    const text = JSON.stringify({ kind: 'Pod', note: 'x '.repeat(5_000) });
    answerWith(text);
    const { answer, bodies } = await recorded(`${core('small')}/pods/a`);
    expect(answer.body).toBe(text);
    const body = one(bodies, 'response');
    expect(body).toMatchObject({
      ...{ cut: 'body_limit', kept: 2_000, bytes: text.length, sha256: sha256Of(text) },
    });
    expect(body.objects?.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2_000);
  });

  it('of an error of the cluster is kept too', async () => {
    answering((_request, response) => {
      response.writeHead(409, json);
      response.end('{"kind":"Status","reason":"Conflict"}');
    });
    const { bodies } = await recorded(`${core('all')}/pods/a`);
    expect(textOf(one(bodies, 'response'))).toBe('{"kind":"Status","reason":"Conflict"}');
  });

  it('that ends when its client leaves is kept as far as it went', async () => {
    answering((_request, response) => {
      response.writeHead(200, json);
      response.write(`{"kind":"PodList","items":["${'x'.repeat(3_000)}",`);
    });
    const { port, certificateAuthority: ca } = gateway.raw;
    const commandId = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${gateway.issuer.token()}` };
      const path = `${core('all')}/pods`;
      const request = httpsRequest(
        { host: '127.0.0.1', servername: 'localhost', port, path, ca, headers },
        (response) => {
          response.once('data', () => {
            resolve(String(response.headers['audit-id']));
            request.destroy();
          });
          response.on('error', () => undefined);
        },
      );
      request.on('error', reject);
      request.end();
    });
    const body = one(await bodiesOf(commandId), 'response');
    expect(body.cut).toBe('client_gone');
    expect(textOf(body)).toMatch(/^\{"kind":"PodList","items":\["x+/);
    expect(body.kept).toBe(body.bytes);
  });

  it('that comes compressed is kept as text when it is short', async () => {
    answerWith(gzipSync('{"paths":["/api"]}'), { ...json, 'content-encoding': 'gzip' });
    const headers = { 'accept-encoding': 'gzip' };
    const { bodies } = await recorded('/connections/all/apis', { headers });
    const body = one(bodies, 'response');
    expect(body.contentEncoding).toBeUndefined();
    expect(textOf(body)).toBe('{"paths":["/api"]}');
  });

  it('that comes compressed and long is kept so', async () => {
    const packed = gzipSync(randomBytes(60_000));
    answerWith(packed, { ...json, 'content-encoding': 'gzip' });
    const headers = { 'accept-encoding': 'gzip' };
    const { bodies } = await recorded('/connections/all/openapi/v2', { headers });
    expect(one(bodies, 'response')).toMatchObject({
      ...{ contentEncoding: 'gzip', bytes: packed.length, sha256: sha256Of(packed) },
    });
  });

  it.each([
    ['nothing is to be kept', `${core('none')}/pods/a`],
    ['only writes are to be kept', `${core('writes')}/pods/a`],
    ['it is a watch', `${core('all')}/pods?watch=1&timeoutSeconds=1`],
    ['it is a log', `${core('all')}/pods/a/log`],
  ])('is not kept where %s', async (_, path) => {
    const isLog = path.endsWith('/log');
    answerWith(
      isLog ? 'a line\n' : '{"kind":"Pod"}\n',
      isLog ? { 'content-type': 'text/plain' } : json,
    );
    const { answer, bodies } = await recorded(path);
    expect(answer.status).toBe(200);
    expect(bodies).toStrictEqual([]);
  });
});

describe('what a call brings along', () => {
  it('is on the record, masked, in the message of its start', async () => {
    answerWith('{"kind":"Secret","data":{}}');
    const body = JSON.stringify({ kind: 'Secret', metadata: { name: 'db' }, data: { a: encoded } });
    const { answer, bodies } = await recorded(`${core('all')}/secrets`, {
      ...{ method: 'POST', body, headers: json },
    });
    // The cluster is sent what the client has sent.
    expect(upstream.received.map((received) => received.body)).toStrictEqual([body]);
    const kept = one(bodies, 'request');
    expect(textOf(kept)).toContain('"name":"db"');
    expect(textOf(kept)).not.toContain(encoded);
    expect(await everythingKept()).not.toContain(encoded);
    const commandId = String(answer.headers['audit-id']);
    expect(await typesBesideStart(commandId)).toStrictEqual(['CommandBody', 'CommandStarted']);
  });

  it('is in the object store before the cluster is asked, when it is long', async () => {
    answerWith('{}');
    const body = JSON.stringify({ kind: 'ConfigMap', data: { text: 'word '.repeat(300_000) } });
    const { bodies } = await recorded(`${core('all')}/configmaps`, {
      ...{ method: 'POST', body, headers: json },
    });
    expect(upstream.received[0]?.body).toBe(body);
    expect(one(bodies, 'request')).toMatchObject({
      ...{ bytes: body.length, sha256: sha256Of(body), content: '' },
      objects: [{ bytes: MIB }, { bytes: body.length - MIB }],
    });
  });

  it('in a form that cannot be masked is said to be so', async () => {
    answerWith('{}');
    const { bodies } = await recorded(`${core('all')}/secrets`, {
      method: 'POST',
      body: Buffer.from(`k8s\0${PASSWORD}`),
      headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
    });
    expect(upstream.received[0]?.body).toContain(PASSWORD);
    expect(one(bodies, 'request')).toMatchObject({ cut: 'not_maskable', kept: 0, bytes: 0 });
    expect(await everythingKept()).not.toContain(PASSWORD);
  });

  async function typesBesideStart(commandId: string): Promise<unknown[]> {
    const { state } = await gateway.bus.manager.streams.info('COMMANDS');
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await gateway.bus.manager.streams.getMessage('COMMANDS', { seq });
      if (message === null) continue;
      const lines = commandLines({ headers: message.header, data: message.data })
        .map((line) => JSON.parse(Buffer.from(line).toString()) as Record<string, unknown>)
        .filter((line) => line['commandId'] === commandId);
      if (lines.some(({ type }) => type === 'CommandStarted')) return lines.map(({ type }) => type);
    }
    return [];
  }
});

describe('the object before it is changed', () => {
  const patch = {
    method: 'PATCH',
    body: '{"metadata":{"labels":{"a":"b"}}}',
    headers: { 'content-type': 'application/merge-patch+json' },
  };
  const showing = (before: (response: ServerResponse) => void) =>
    answering((request, response) => {
      if (request.method === 'GET') before(response);
      else {
        response.writeHead(200, json);
        response.end('{"kind":"Secret","metadata":{"labels":{"a":"b"}}}');
      }
    });

  it('is read as the call itself would read it, and masked', async () => {
    showing((response) => response.end(`{"kind":"Secret","data":{"password":"${encoded}"}}`));
    const { answer, bodies } = await recorded(`${core('all')}/secrets/db?fieldManager=x`, patch);
    expect(answer.status).toBe(200);
    const [read, written] = upstream.received;
    expect([read?.method, read?.url]).toStrictEqual([
      'GET',
      '/api/v1/namespaces/payments/secrets/db',
    ]);
    expect(written?.method).toBe('PATCH');
    expect(read?.headers).toMatchObject({
      ...{ authorization: 'Bearer canary-cluster-token', accept: 'application/json' },
    });
    // The id of a command is good for one call.
    expect(read?.headers['audit-id']).not.toBe(answer.headers['audit-id']);
    expect(textOf(one(bodies, 'before'))).toMatch(/"password":"ZHJhd2JyaWRnZTptYXNrZWQ6/);
    expect(bodies.map(({ direction }) => direction).sort()).toStrictEqual([
      ...['before', 'request', 'response'],
    ]);
    expect(await everythingKept()).not.toContain(encoded);
  });

  it.each([
    ['before_not_found', (response: ServerResponse) => response.writeHead(404, json).end('{}')],
    ['before_refused', (response: ServerResponse) => response.writeHead(403, json).end('{}')],
    ['before_unavailable', (response: ServerResponse) => response.writeHead(500, json).end('{}')],
    ['before_unavailable', (response: ServerResponse) => response.destroy()],
    ['before_unavailable', (response: ServerResponse) => response.end('{"kind":"Sec')],
    [
      'before_unavailable',
      (response: ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/x-other' }).end('k8s'),
    ],
  ])('that cannot be read refuses no call: %s', async (cut, before) => {
    showing(before);
    const { answer, bodies } = await recorded(`${core('all')}/pods/a`, patch);
    expect(answer.status).toBe(200);
    expect(one(bodies, 'before')).toMatchObject({ cut, bytes: 0, kept: 0, content: '' });
  });

  it('is not read when the grant does not let the agent read it', async () => {
    showing((response) => response.end('{}'));
    const { answer, bodies } = await recorded(`${core('blind')}/pods/a`, patch);
    expect(answer.status).toBe(200);
    expect(upstream.received.map(({ method }) => method)).toStrictEqual(['PATCH']);
    expect(one(bodies, 'before')).toMatchObject({ cut: 'before_not_granted' });
  });

  it('is not read when nothing is changed', async () => {
    showing((response) => response.end('{}'));
    const { bodies } = await recorded(`${core('all')}/pods/a?dryRun=All`, patch);
    const dryRun = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] });
    const removed = await recorded(`${core('all')}/pods/a`, {
      ...{
        method: 'DELETE',
        body: dryRun,
        headers: { ...json, 'content-length': String(dryRun.length) },
      },
    });
    const directions = [...bodies, ...removed.bodies].map(({ direction }) => direction);
    expect(directions).not.toContain('before');
    expect(upstream.received.map(({ method }) => method)).toStrictEqual(['PATCH', 'DELETE']);
  });
});
