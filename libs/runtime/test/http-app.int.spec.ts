import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  Body,
  Controller,
  Delete,
  Get,
  Module,
  Param,
  Post,
  Query,
  Req,
  Res,
  type INestApplication,
} from '@nestjs/common';
import { AppError } from '@drawbridge/kernel';
import { Problem } from '@drawbridge/contracts';
import type { Request, Response } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createHttpApp,
  createLogger,
  requestIdOf,
  startHttpApp,
  ValidBody,
  ValidPath,
  ValidQuery,
  type HttpAppOptions,
} from '../src/index.js';
import { rawRequest } from './raw-request.js';

const Thing = z.strictObject({ name: z.string().min(1), size: z.int() });
type Thing = z.infer<typeof Thing>;
const Wait = z.strictObject({ wait: z.string().regex(/^\d+$/).optional() });
const Path = z.object({ id: z.uuid() });

const canary = 'eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.canarycanary';
let release = Promise.withResolvers<undefined>();
let entered = Promise.withResolvers<undefined>();

@Controller('/v1/things')
class ThingController {
  @Get()
  list(@Query(ValidQuery(Wait)) query: z.infer<typeof Wait>) {
    return { items: [], query };
  }
  @Post()
  add(@Body(ValidBody(Thing)) thing: Thing) {
    return thing;
  }
  @Get('/crash')
  crash(): never {
    throw new Error(`secret detail ${canary}`);
  }
  @Get('/refused')
  refused(): never {
    throw new AppError('thing_locked', 'the thing is locked');
  }
  @Get('/unregistered')
  unregistered(): never {
    throw new AppError('unheard_of', 'secret detail');
  }
  @Get('/slow')
  async slow() {
    entered.resolve(undefined);
    await release.promise;
    return { slow: true };
  }
  @Get('/stream')
  stream(@Res() response: Response) {
    response.setHeader('Content-Type', 'text/event-stream');
    response.write('data: 1\n\n');
    entered.resolve(undefined);
  }
  @Get('/half')
  async half(@Res() response: Response): Promise<void> {
    response.write('half');
    await delay(10);
    throw new Error('in the middle');
  }
  @Get('/id')
  id(@Req() request: Request) {
    return { id: requestIdOf(request) };
  }
  @Get(':id')
  get(@Param(ValidPath(Path)) path: z.infer<typeof Path>) {
    return path;
  }
  @Delete(':id')
  remove(@Body() body: unknown) {
    return { body: body ?? 'none' };
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

const lines: string[] = [];
const apps: INestApplication[] = [];

async function start(options: Partial<HttpAppOptions> = {}): Promise<string> {
  const app = await createHttpApp(ThingModule, {
    logger: createLogger('test', { destination: { write: (line) => lines.push(line) } }),
    health: { nats: () => true },
    statuses: { thing_locked: 423 },
    ...options,
  });
  apps.push(app);
  return startHttpApp(app, { host: '127.0.0.1', port: 0 });
}

let url = '';
beforeAll(async () => {
  url = await start({
    mounts: {
      '/hook': (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => response.end(Buffer.concat(chunks)));
      },
    },
  });
});
afterEach(() => {
  lines.length = 0;
  release.resolve(undefined);
  release = Promise.withResolvers();
  entered = Promise.withResolvers();
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
});

const send = (path: string, init: RequestInit = {}) => fetch(url + path, init);
const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  send('/v1/things', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
const problem = async (response: globalThis.Response | Promise<globalThis.Response>) => {
  const answer = await response;
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const body = Problem.parse(await answer.json());
  expect(body.status).toBe(answer.status);
  expect(body.requestId).toBe(answer.headers.get('x-request-id'));
  return body;
};

describe('a request', () => {
  it('that is in order is answered', async () => {
    const response = await post('{"name":"a","size":1}');
    expect(response.status).toBe(201);
    expect(await response.json()).toStrictEqual({ name: 'a', size: 1 });
  });

  it('gets an id of ours, never the one it brings', async () => {
    const response = await send('/v1/things/id', { headers: { 'x-request-id': 'mine' } });
    const { id } = (await response.json()) as { id: string };
    expect(response.headers.get('x-request-id')).toBe(id);
    expect(z.uuid({ version: 'v7' }).safeParse(id).success).toBe(true);
  });

  it.each(['/v1/things', '/v1/nothing', '/healthz', '/readyz', '/v1/things/crash'])(
    'to %s is answered with safe headers, and nothing about the software',
    async (path) => {
      const { headers } = await send(path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'") as string,
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      for (const name of ['x-powered-by', 'server', 'etag']) expect(headers.has(name)).toBe(false);
    },
  );
});

describe('a body', () => {
  it.each([
    ['cut off', '{"name":'],
    ['text', 'hello'],
    ['two values', '{} {}'],
    ['with a repeated key', '{"name":"a","name":"b","size":1}'],
    ['with an escaped repeated key', '{"name":"a","n\\u0061me":"b","size":1}'],
    ['with a comment', '{"name":"a" /* b */,"size":1}'],
    ['a number too many', '{"name":"a","size":1e999}NaN'],
  ])('%s is malformed', async (_what, body) => {
    expect(await problem(post(body))).toMatchObject({ status: 400, code: 'body_malformed' });
  });

  it('in another encoding is malformed', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","size":1}'),
    ]);
    expect(await problem(post(bytes))).toMatchObject({ status: 400, code: 'body_malformed' });
  });

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/json; charset=utf-16'],
    ['application/jsonp'],
    ['multipart/form-data; boundary=x'],
    [''],
  ])('of type "%s" is not supported', async (type) => {
    const response = post('{"name":"a","size":1}', { 'content-type': type });
    expect(await problem(response)).toMatchObject({
      status: 415,
      code: 'content_type_unsupported',
    });
  });

  it.each(['gzip', 'deflate', 'br', 'x'])(
    'compressed with %s is not supported',
    async (encoding) => {
      const bytes = gzipSync('{"name":"a","size":1}');
      const response = post(bytes, { 'content-encoding': encoding });
      expect(await problem(response)).toMatchObject({
        status: 415,
        code: 'content_type_unsupported',
      });
    },
  );

  it('may say its charset', async () => {
    const type = 'application/json; charset=UTF-8';
    const response = await post('{"name":"a","size":1}', { 'content-type': type });
    expect(response.status).toBe(201);
  });

  it('that is larger than allowed is refused unread', async () => {
    const response = post(JSON.stringify({ name: 'x'.repeat(70_000), size: 1 }));
    expect(await problem(response)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('that is larger than it admits is refused, and its connection ended', async () => {
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    const { text } = await rawRequest(
      url,
      'POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n' +
        chunk.repeat(20),
    );
    expect(text).toMatch(/^HTTP\/1.1 413/);
    expect(text).toMatch(/connection: close/i);
    expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  it('of a million brackets is refused, and others are served meanwhile', async () => {
    const [bomb, other] = await Promise.all([post('['.repeat(60_000)), send('/v1/things')]);
    expect([bomb.status, other.status]).toStrictEqual([400, 200]);
  });

  it('with every field wrong is answered with every field', async () => {
    const { code, errors } = await problem(post('{"name":"","extra":true}'));
    expect(code).toBe('body_invalid');
    expect(errors?.map(({ field }) => field)).toStrictEqual(['/name', '/size', '/extra']);
  });

  it('that is missing is refused where one is needed, and is not needed elsewhere', async () => {
    expect(await problem(send('/v1/things', { method: 'POST' }))).toMatchObject({
      status: 400,
      errors: [{ field: '', message: 'required' }],
    });
    const response = await send('/v1/things/x', { method: 'DELETE' });
    expect(await response.json()).toStrictEqual({ body: 'none' });
  });

  it('is left alone under a mount', async () => {
    const body = 'payload=%7B%22a%22%3A1%7D&x=\u00e4';
    const response = await send('/hook/events', { method: 'POST', body });
    expect(await response.text()).toBe(body);
  });
});

describe('query and path', () => {
  it.each([
    ['/v1/things?wait=x', 'query_invalid', 'query.wait'],
    ['/v1/things?wait=1&wait=2', 'query_invalid', 'query.wait'],
    ['/v1/things?wait[a]=1', 'query_invalid', 'query.wait[a]'],
    ['/v1/things?more=1', 'query_invalid', 'query.more'],
    ['/v1/things/not-a-uuid', 'path_invalid', 'path.id'],
    ['/v1/things/%2e%2e%2f', 'path_invalid', 'path.id'],
  ])('%s is refused with %s', async (path, code, field) => {
    expect(await problem(send(path))).toMatchObject({ status: 400, code, errors: [{ field }] });
  });

  it('that cannot be decoded is malformed', async () => {
    expect(await problem(send('/v1/things/%zz'))).toMatchObject({
      status: 400,
      code: 'request_malformed',
    });
  });
});

describe('a path', () => {
  it.each([
    '/',
    '/v1',
    '/v1/things/a/b',
    '/V1/things',
    '/v1/things/',
    '//v1/things',
    '/v1//things',
  ])('%s that has nothing is unknown', async (path) => {
    expect(await problem(send(path))).toMatchObject({ status: 404, code: 'route_unknown' });
  });

  it.each([
    ['DELETE', '/v1/things', 'GET, POST'],
    ['PUT', '/v1/things', 'GET, POST'],
    ['PATCH', '/v1/things/x', 'DELETE, GET'],
    ['OPTIONS', '/v1/things', 'GET, POST'],
  ])('refuses %s %s and names %s', async (method, path, allow) => {
    const response = await send(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    expect(await problem(response)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });
});

describe('an error', () => {
  it('with a registered code has its status and message', async () => {
    expect(await problem(send('/v1/things/refused'))).toMatchObject({
      status: 423,
      code: 'thing_locked',
      detail: 'the thing is locked',
    });
    expect(lines.join('')).not.toContain('request failed');
  });

  it.each(['/v1/things/crash', '/v1/things/unregistered'])(
    'of %s is told without detail, and logged with the request id, without secrets',
    async (path) => {
      const response = await send(path);
      const { requestId, ...body } = await problem(response);
      expect(body).toMatchObject({ status: 500, code: 'internal_error' });
      expect(JSON.stringify(body)).not.toContain('secret detail');
      expect(lines.join('')).toContain('secret detail');
      expect(lines.join('')).toContain(requestId);
      expect(lines.join('')).not.toContain('canarycanary');
    },
  );

  it('after the answer has begun cuts it, so that it cannot pass for a whole one', async () => {
    const response = await send('/v1/things/half');
    await expect(response.text()).rejects.toThrow();
  });
});

describe('health', () => {
  it('says that the process answers', async () => {
    const response = await send('/healthz');
    expect([response.status, await response.json()]).toStrictEqual([200, { status: 'ok' }]);
    expect((await send('/healthz', { method: 'HEAD' })).status).toBe(200);
  });

  it('says what is ready and what is not, and no more', async () => {
    const failing = await start({
      health: {
        nats: () => true,
        trust: () => false,
        store: () => Promise.reject(new Error(`secret detail ${canary}`)),
        slow: () => new Promise(() => undefined),
      },
    });
    const response = await fetch(`${failing}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toStrictEqual({
      status: 'not_ready',
      checks: { nats: true, trust: false, store: false, slow: false },
    });
    const ready = await send('/readyz');
    expect([ready.status, await ready.json()]).toStrictEqual([
      200,
      { status: 'ready', checks: { nats: true } },
    ]);
  });

  it.each(['/healthz/x', '/readyz/', '/readyz/nats'])('has nothing at %s', async (path) => {
    expect((await send(path)).status).toBe(404);
  });
});

describe('a client that is slow or broken', () => {
  it('with its headers is cut', async () => {
    const strict = await start({ requestTimeoutMs: 1_000 });
    const { text } = await rawRequest(
      strict,
      'GET /v1/things HTTP/1.1\r\nHost: x\r\n',
      Array.from({ length: 600 }, (_, index) => `X-${index}: y\r\n`),
    );
    expect(text).toMatch(/^(HTTP\/1.1 408|$)/);
  });

  it('with its body is cut', async () => {
    const strict = await start({ requestTimeoutMs: 1_000 });
    const { text } = await rawRequest(
      strict,
      'POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
      Array.from({ length: 600 }, () => ' '),
    );
    expect(text).not.toMatch(/HTTP\/1.1 2/);
  });

  it.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'X-A: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'X-A : b\r\n\r\n'],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n{}'],
    [
      'a bad chunk',
      'Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    ],
    ['a null byte', 'X-A: \u0000\r\n\r\n'],
  ])('with %s is refused, once', async (_what, rest) => {
    const { text } = await rawRequest(url, `POST /v1/things HTTP/1.1\r\nHost: x\r\n${rest}`);
    expect(text).toMatch(/^HTTP\/1.1 4\d\d/);
    expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  it('without Host is refused', async () => {
    const { text } = await rawRequest(url, 'GET /v1/things HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 400/);
  });

  it('with endless headers is refused', async () => {
    const headers = Array.from(
      { length: 2_000 },
      (_, index) => `X-${index}: ${'y'.repeat(50)}\r\n`,
    );
    const { text } = await rawRequest(url, `GET / HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 431/);
  });
});

describe('starting', () => {
  it('says that the address is taken, and by which setting to change it', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const app = await createHttpApp(ThingModule, {
      logger: createLogger('test', { level: 'fatal' }),
      health: {},
    });
    const starting = startHttpApp(app, { host: '127.0.0.1', port });
    await expect(starting).rejects.toMatchObject({ code: 'http_not_started' });
    await expect(starting).rejects.toThrow(`127.0.0.1:${port}`);
    taken.close();
  });
});

describe('closing', () => {
  const running = async (drainMs: number) => {
    const app = await createHttpApp(ThingModule, {
      logger: createLogger('test', { level: 'fatal' }),
      health: {},
      drainMs,
    });
    return { app, address: await startHttpApp(app, { host: '127.0.0.1', port: 0 }) };
  };

  it('lets a request in progress finish, takes no other, and ends idle connections', async () => {
    const { app, address } = await running(60_000);
    await (await fetch(`${address}/healthz`)).text();
    const request = fetch(`${address}/v1/things/slow`);
    await entered.promise;
    const before = Date.now();
    const closing = app.close();
    await delay(100);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
    release.resolve(undefined);
    expect(await (await request).json()).toStrictEqual({ slow: true });
    await closing;
    expect(Date.now() - before).toBeLessThan(20_000);
  });

  it.each(['slow', 'stream'])('cuts a %s answer after the drain time', async (path) => {
    const { app, address } = await running(300);
    const request = fetch(`${address}/v1/things/${path}`).then((response) => response.text());
    const cut = expect(request).rejects.toThrow();
    await entered.promise;
    await app.close();
    await cut;
  });
});
