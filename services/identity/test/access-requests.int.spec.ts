import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessRequestView } from '@drawbridge/contracts';
import {
  alice,
  anotherRequest,
  bob,
  dana,
  erin,
  IdentityUnderTest,
  oncall,
  reader,
  requestOf,
  validRequest,
  type Answer,
} from './identity-under-test.js';
import { sample } from './sample-events.js';
import { eventually } from '@drawbridge/testing';

let identity: IdentityUnderTest;
let token: string;
const humans = new Map<string, string>();

beforeAll(async () => {
  identity = await IdentityUnderTest.start();
  token = await identity.agentToken(oncall);
  for (const human of [alice, bob, dana, erin]) {
    humans.set(human.name, await identity.humanToken(human));
  }
});
afterAll(() => identity.stop());

const path = '/v1/access-requests';
const submit = (
  key?: string,
  body: object = key === undefined ? anotherRequest() : requestOf(key),
  as = token,
) =>
  identity.call(path, {
    token: as,
    body,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
const viewOf = ({ body }: Answer) => body as AccessRequestView;
const submitted = async () => viewOf(await submit()).id;
const find = (id: string, as = token) => identity.call(`${path}/${id}`, { token: as });
const withdraw = (id: string, as = token) =>
  identity.call(`${path}/${id}`, { token: as, method: 'DELETE' });
/** Waits until the service has folded the events appended so far. */
const seen = (id: string, status: string) =>
  eventually(async () => expect(viewOf(await find(id))).toMatchObject({ status }));

describe('submitting', () => {
  it('answers with the recorded request and where to follow it', async () => {
    const answer = await submit(undefined, validRequest);
    expect(answer.status).toBe(201);
    const view = viewOf(answer);
    expect(view).toMatchObject({
      status: 'requested',
      request: validRequest,
      requester: { kind: 'agent', subject: 'agent-oncall', owner: 'dana@corp.test' },
    });
    const location = String(answer.headers.get('location'));
    expect(location).toBe(`${path}/${view.id}`);
    expect(viewOf(await identity.call(location, { token }))).toStrictEqual(view);
  });

  it('fills in defaults and trims text', async () => {
    const body = {
      connection: 'prod-eks',
      scope: { action: 'view' },
      durationSeconds: 30,
      reason: '  look  ',
    };
    expect(viewOf(await submit(undefined, body)).request).toStrictEqual({
      ...body,
      scope: { action: 'view', parameters: {} },
      reason: 'look',
    });
  });

  it('makes two requests of two calls without a key', async () => {
    expect(await submitted()).not.toBe(await submitted());
  });
});

describe('a repeated idempotency key', () => {
  it('gives the same request with 200 and appends nothing', async () => {
    const first = await submit('restart-1');
    const before = await identity.eventCount();
    const reordered = Object.fromEntries(Object.entries(requestOf('restart-1')).reverse());
    const second = await submit('restart-1', reordered);
    expect([first.status, second.status]).toStrictEqual([201, 200]);
    expect(second.body).toStrictEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await identity.eventCount()).toBe(before);
  });

  it('is refused with another request', async () => {
    await submit('restart-2');
    const before = await identity.eventCount();
    const other = await submit('restart-2', { ...requestOf('restart-2'), durationSeconds: 901 });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await identity.eventCount()).toBe(before);
  });

  it('makes one request of many calls at once', async () => {
    const before = await identity.eventCount();
    const answers = await Promise.all(Array.from({ length: 12 }, () => submit('restart-3')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(11);
    expect(new Set(answers.map((answer) => viewOf(answer).id)).size).toBe(1);
    expect(await identity.eventCount()).toBe(before + 1);
  });

  it('is each caller’s own', async () => {
    const other = await identity.agentToken(reader);
    const [mine, theirs] = [await submit('same'), await submit('same', undefined, other)];
    expect(theirs.status).toBe(201);
    expect(viewOf(theirs).id).not.toBe(viewOf(mine).id);
  });

  it('is remembered by the stream: across a restart, and when the request has ended', async () => {
    const first = await submit('restart-4');
    await withdraw(viewOf(first).id);
    await identity.halt();
    await identity.boot();
    const before = await identity.eventCount();
    const second = await submit('restart-4');
    expect(second).toMatchObject({ status: 200, body: { status: 'withdrawn' } });
    expect(viewOf(second).id).toBe(viewOf(first).id);
    expect(await submit('restart-4', { ...requestOf('restart-4'), reason: 'other' })).toMatchObject(
      {
        status: 422,
      },
    );
    expect(await identity.eventCount()).toBe(before);
  });

  it('makes one request although the bus crashed between the calls', async () => {
    const first = await submit('restart-5');
    await identity.nats.kill();
    const meanwhile = await submit('restart-5');
    expect(meanwhile.status).toBe(503);
    await identity.nats.restart();
    await identity.ready();
    const second = await eventually(async () => {
      const answer = await submit('restart-5');
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(viewOf(second).id).toBe(viewOf(first).id);
  });
});

describe('reading', () => {
  it('is for the requester, its owner and auditors; others learn nothing', async () => {
    const id = await submitted();
    const other = await identity.agentToken(reader);
    const as = (name: string) => String(humans.get(name));
    expect((await find(id)).status).toBe(200);
    expect((await find(id, as('Dana'))).status).toBe(200);
    expect((await find(id, as('Bob'))).status).toBe(200);
    const unknown = await find('0198f0a4-7f3a-7c40-8e57-0c6b3a4d2e11', other);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'access_request_unknown' } });
    for (const stranger of [other, as('Alice'), as('Erin')]) {
      const hidden = await find(id, stranger);
      const { requestId, ...problem } = hidden.body as { requestId: string };
      expect(requestId).toBeDefined();
      expect(unknown.body).toMatchObject(problem);
      expect(hidden.status).toBe(404);
    }
  });

  it('is for approvers once the request needs them', async () => {
    const id = await submitted();
    await identity.append(id, sample.AccessRequestValidated);
    await seen(id, 'pending');
    expect((await find(id, humans.get('Alice'))).status).toBe(200);
    expect((await find(id, humans.get('Erin'))).status).toBe(404);
  });

  it('shows what other services decided', async () => {
    const id = await submitted();
    await identity.append(id, sample.AccessRequestDenied);
    await seen(id, 'denied');
    expect(viewOf(await find(id)).refusal).toStrictEqual({
      code: 'no_policy',
      message: 'no policy allows this',
      suggestion: 'ask less',
    });
  });

  it('shows everything again after a restart', async () => {
    const id = await submitted();
    await identity.append(id, sample.AccessRequestValidated);
    await seen(id, 'pending');
    const before = await find(id);
    await identity.halt();
    await identity.boot();
    expect((await find(id)).body).toStrictEqual(before.body);
  });
});

describe('withdrawing', () => {
  it('is shown at once, and harmless when repeated', async () => {
    const id = await submitted();
    const first = await withdraw(id);
    expect(first).toMatchObject({ status: 200, body: { status: 'withdrawn' } });
    const before = await identity.eventCount();
    expect((await withdraw(id)).body).toStrictEqual(first.body);
    expect(await identity.eventCount()).toBe(before);
  });

  it('shows what others appended just before', async () => {
    const id = await submitted();
    await identity.append(id, sample.AccessRequestValidated);
    expect(viewOf(await withdraw(id))).toMatchObject({
      status: 'withdrawn',
      policy: sample.AccessRequestValidated.data.policy,
    });
  });

  it('gives a grant back', async () => {
    const id = await submitted();
    const endsAt = new Date(Date.now() + 600_000).toISOString();
    const { data } = sample.GrantIssued;
    await identity.append(id, { type: 'GrantIssued', data: { ...data, endsAt } });
    await seen(id, 'granted');
    expect(await withdraw(id)).toMatchObject({ status: 200, body: { status: 'withdrawn' } });
  });

  it('is refused once the request has ended', async () => {
    const id = await submitted();
    await identity.append(id, sample.AccessRequestLapsed);
    expect(await withdraw(id)).toMatchObject({
      status: 409,
      body: { code: 'access_request_final' },
    });
  });

  it('is the requester’s alone', async () => {
    const id = await submitted();
    const before = await identity.eventCount();
    expect(await withdraw(id, humans.get('Dana'))).toMatchObject({
      status: 403,
      body: { code: 'withdrawal_not_allowed' },
    });
    expect(await withdraw(id, humans.get('Erin'))).toMatchObject({ status: 404 });
    expect(await withdraw(id, await identity.agentToken(reader))).toMatchObject({ status: 404 });
    expect(await identity.eventCount()).toBe(before);
  });
});

describe('a list', () => {
  it('holds the caller’s own requests, newest first, page by page', async () => {
    const as = await identity.humanToken(erin);
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.unshift(viewOf(await submit(undefined, undefined, as)).id);
    }
    const pages: string[][] = [];
    let next: string | undefined;
    do {
      const query = next === undefined ? '' : `&after=${next}`;
      const answer = await identity.call(`${path}?limit=2${query}`, { token: as });
      const page = answer.body as { items: AccessRequestView[]; next?: string };
      pages.push(page.items.map(({ id }) => id));
      next = page.next;
    } while (next !== undefined);
    expect(pages.map((page) => page.length)).toStrictEqual([2, 2, 1]);
    expect(new Set(pages.flat())).toStrictEqual(new Set(ids));
  });

  it('is filtered by status', async () => {
    const as = await identity.humanToken(alice);
    const [kept, ended] = [await submit('a', undefined, as), await submit('b', undefined, as)];
    await withdraw(viewOf(ended).id, as);
    const idsOf = async (status: string) => {
      const answer = await identity.call(`${path}?status=${status}`, { token: as });
      return (answer.body as { items: AccessRequestView[] }).items.map(({ id }) => id);
    };
    expect(await idsOf('requested')).toStrictEqual([viewOf(kept).id]);
    expect(await idsOf('withdrawn')).toStrictEqual([viewOf(ended).id]);
    expect(await idsOf('granted')).toStrictEqual([]);
  });
});

describe('the caller', () => {
  it('is told who it is', async () => {
    expect((await identity.call('/v1/me', { token })).body).toStrictEqual({
      kind: 'agent',
      issuer: identity.idp.issuer,
      subject: 'agent-oncall',
      groups: ['oncall-agents'],
      owner: 'dana@corp.test',
    });
    expect((await identity.call('/v1/me', { token: humans.get('Bob')! })).body).toStrictEqual({
      kind: 'human',
      issuer: identity.idp.issuer,
      subject: 'human-bob',
      groups: ['sre-oncall', 'auditors'],
      email: 'bob@corp.test',
    });
  });

  it('finds everything from one address without a token', async () => {
    expect((await identity.call('/.well-known/drawbridge')).body).toStrictEqual({
      ingress: identity.url,
      approvals: 'http://127.0.0.1:8081',
      audit: 'http://127.0.0.1:8082',
      gateway: 'https://127.0.0.1:8443',
      issuers: [
        {
          issuer: identity.idp.issuer,
          audience: 'drawbridge',
          deviceClientId: 'drawbridge-cli',
          scope: 'openid',
        },
      ],
    });
  });
});

describe('plain HTTP', () => {
  it('answers HEAD like GET, without a body', async () => {
    const answer = await identity.call('/v1/me', { token, method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  it('tells the methods of a path to OPTIONS, and nothing to other origins', async () => {
    const answer = await identity.call(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST');
    const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
    expect(cors).toStrictEqual([]);
  });

  it.each([
    ['PUT', path, 405, 'method_not_allowed'],
    ['PATCH', '/v1/me', 405, 'method_not_allowed'],
    ['GET', '/v1', 404, 'route_unknown'],
    ['GET', '/v1/ME', 404, 'route_unknown'],
    ['GET', '/v1/me/', 404, 'route_unknown'],
    ['GET', '//v1/me', 404, 'route_unknown'],
  ])('refuses %s %s with %i', async (...[method, target, status, code]) => {
    const answer = await identity.call(target, { token, method });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('never lets an answer be cached or sniffed', async () => {
    const { headers } = await identity.call('/v1/me', { token });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

it('logs no token', () => {
  const log = identity.logLines.join('');
  expect(log).toContain('trust bundle published');
  expect(log).not.toContain(token.split('.')[2]);
  expect(log).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}/);
});
