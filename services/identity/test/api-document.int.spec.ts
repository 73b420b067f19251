import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  AccessRequestInput,
  type AccessEvent,
  type AccessRequestView,
  type StopEvent,
} from '@drawbridge/contracts';
import { EXPLAIN_SUBJECT } from '@drawbridge/jetstream';
import { EventStoreError } from '@drawbridge/kernel';
import { eventually, InMemoryEventStore } from '@drawbridge/testing';
import { RateLimit } from '../src/domain/rate-limit.js';
import type { Ingress } from '../src/http/ingress.js';
import { DisabledAgents } from '../src/domain/disabled-agents.js';
import { AccessViews } from '../src/views/access-views.js';
import { IngressRefused } from '../src/ingress-refused.js';
import { OpenWaits } from '../src/views/open-waits.js';
import { DocumentedApi, type CheckedAnswer, type DocumentedOperation } from './documented-api.js';
import { hostileTokens } from './hostile-tokens.js';
import {
  anotherRequest,
  bob,
  dana,
  IdentityUnderTest,
  issuerYaml,
  oncall,
  validRequest,
} from './identity-under-test.js';
import { agentsOver, requestsOver, startIngressUnderTest } from './ingress-under-test.js';
import { agent, human, questionId, recorded, requestId, sample } from './sample-events.js';

let identity: IdentityUnderTest;
let api: DocumentedApi;
let token: string;
beforeAll(async () => {
  identity = await IdentityUnderTest.start({ MAX_OPEN_REQUESTS: '40', ADMIN_GROUPS: 'auditors' });
  api = new DocumentedApi((await identity.call('/openapi.json')).body);
  token = await identity.agentToken(oncall);
});
afterAll(() => identity.stop());

const path = '/v1/access-requests';
type Options = Parameters<IdentityUnderTest['call']>[1];
/** Calls, and holds the answer against the document. */
async function call(operationId: string, target: string, options: Options = {}) {
  const answer = await identity.call(target, { token, ...options });
  api.check(operationId, answer);
  return answer;
}
const submit = async (options: Options = {}) => {
  const { body } = await call('submitAccessRequest', path, {
    body: anotherRequest(),
    ...options,
  });
  return body as AccessRequestView;
};
/** Somebody of the issuer of the samples. */
const wild = { issuer: agent.issuer, subject: 'agent-wild', reason: 'runs wild' };
const answer = { questionId, text: 'checkout alone' };
const wish = { durationSeconds: 600, reason: 'not through yet' };
/** What is sent to the operations that take a body. */
const bodies: Readonly<Record<string, object>> = {
  submitAccessRequest: validRequest,
  explainAccessRequest: validRequest,
  answerQuestion: answer,
  extendGrant: wish,
  disableAgent: wild,
  enableAgent: wild,
};
/** A target and options with which an operation can be called. */
const exampleOf = ({ path: template, method, operationId }: DocumentedOperation) => ({
  target: template.replace('{id}', requestId).replace('{runId}', 'nightly'),
  options: {
    method: method.toUpperCase(),
    ...(method === 'post' ? { body: bodies[operationId] ?? {} } : {}),
  },
});
/** Calls until the operation is refused, because what a caller may do grows again all the time. */
async function tooManyCalls(operation: DocumentedOperation) {
  const eager = await signed({ sub: `eager-${operation.operationId}` });
  const { target, options } = exampleOf(operation);
  const many = (length: number, to: string, how: Options = {}) =>
    Promise.all(Array.from({ length }, () => identity.call(to, { ...how, token: eager })));
  for (let round = 0; round < 50; round += 1) {
    await many(100, '/v1/me');
    const answers = await many(10, target, options);
    const refused = answers.find(({ status }) => status === 429);
    if (refused !== undefined) return refused;
  }
  throw new Error(`never too many calls of ${operation.operationId}`);
}
const signed = (claims: object) =>
  identity.idp.sign({
    iss: identity.idp.issuer,
    aud: 'drawbridge',
    principal_type: 'agent',
    owner: 'dana@corp.test',
    exp: Math.floor(Date.now() / 1000) + 600,
    ...claims,
  });

describe('the OpenAPI document', () => {
  it('lists exactly the routes that the code has', async () => {
    const { app } = await startIngressUnderTest();
    const Layers = z.array(
      z.object({
        route: z
          .object({ path: z.string(), methods: z.record(z.string(), z.boolean()) })
          .optional(),
      }),
    );
    const router: unknown = Reflect.get(Object(app.getHttpAdapter().getInstance()), 'router');
    const stack = Layers.parse(Reflect.get(Object(router), 'stack'));
    const inCode = stack.flatMap(({ route }) =>
      Object.keys(route?.methods ?? {}).map(
        (method) => `${method} ${(route?.path ?? '').replace(/:(\w+)/g, '{$1}')}`,
      ),
    );
    await app.close();
    const inDocument = api.operations.map((operation) => `${operation.method} ${operation.path}`);
    expect(inDocument.toSorted()).toStrictEqual(inCode.toSorted());
  });

  it('takes a token wherever the code does', async () => {
    for (const operation of api.operations) {
      const { target, options } = exampleOf(operation);
      const answer = await identity.call(target, options);
      expect([operation.operationId, answer.status === 401]).toStrictEqual([
        operation.operationId,
        operation.security.length > 0,
      ]);
    }
  });

  it.each<[boolean, object]>([
    [true, validRequest],
    [true, { ...validRequest, ticket: undefined }],
    [true, { ...validRequest, scope: { action: 'view' } }],
    [false, { ...validRequest, scope: { action: '' } }],
    [false, { ...validRequest, extra: 1 }],
    [false, { ...validRequest, connection: 'Prod' }],
    [false, { ...validRequest, durationSeconds: 1.5 }],
    [false, { ...validRequest, durationSeconds: 29 }],
    [false, { ...validRequest, reason: 'a\nb' }],
    [false, { ...validRequest, reason: 'a\u202eb' }],
    [false, {}],
  ])('describes a body as the code does: valid %s for %j', (valid, body) => {
    const sent: unknown = JSON.parse(JSON.stringify(body));
    expect(AccessRequestInput.safeParse(sent).success).toBe(valid);
    expect(api.fits('AccessRequestInput', sent)).toBe(valid);
  });
});

describe('answers are as documented', () => {
  it('of every success', async () => {
    const view = await submit({ headers: { 'idempotency-key': 'one' } });
    await submit({ body: view.request, headers: { 'idempotency-key': 'one' } });
    await submit({ body: view.request });
    await identity.append(view.id, sample.AccessRequestValidated);
    await identity.append(view.id, sample.QuestionAsked);
    await call('answerQuestion', `${path}/${view.id}/answers`, { body: answer });
    await identity.append(view.id, sample.GrantIssued);
    const { headers } = await eventually(async () => {
      const found = await call('findAccessRequest', `${path}/${view.id}`);
      expect(found.body).toMatchObject({ grant: {} });
      return found;
    });
    const etag = { 'if-none-match': String(headers.get('etag')) };
    await call('findAccessRequest', `${path}/${view.id}`, { headers: etag });
    const other = await submit();
    const withdrawn = await call('withdrawAccessRequest', `${path}/${other.id}`, {
      method: 'DELETE',
    });
    const { revision } = withdrawn.body as AccessRequestView;
    const events = { accept: 'text/event-stream' };
    await call('findAccessRequest', `${path}/${other.id}`, { headers: events });
    await call('findAccessRequest', `${path}/${other.id}`, {
      headers: { ...events, 'last-event-id': String(revision) },
    });
    await call('listAccessRequests', `${path}?limit=1`);
    await call('me', '/v1/me');
    await call('trustStatus', '/v1/trust', { token: await identity.humanToken(bob) });
    const asReader = { method: 'POST', token: await identity.humanToken(bob) };
    await call('refreshTrust', '/v1/trust/refresh', asReader);
    const admin = { token: await identity.humanToken(bob) };
    const trusted = { ...wild, issuer: identity.idp.issuer };
    await call('disableAgent', '/v1/agents/disable', { ...admin, body: trusted });
    await call('listDisabledAgents', '/v1/agents/disabled', admin);
    await call('enableAgent', '/v1/agents/enable', { ...admin, body: trusted });
    await call('endRun', '/v1/runs/nightly/end', { method: 'POST' });
    await call('discover', '/.well-known/drawbridge');
    await call('describeApi', '/openapi.json');
  });

  it('of every refused token, on every route that takes one', async () => {
    const strict = issuerYaml(
      'demo',
      identity.idp.issuer,
      '  authorizedParties: [ci]\n  maxTokenAgeSeconds: 60\n  disabledSubjects: [disabled]\n',
    );
    const answersOf = async (authorization: readonly string[]) => {
      for (const operation of api.operations.filter(({ security }) => security.length > 0)) {
        const { target, options } = exampleOf(operation);
        const headers =
          authorization.length === 0 ? {} : { authorization: authorization.join(', ') };
        const { operationId } = operation;
        api.check(operationId, await identity.call(target, { ...options, headers }));
      }
    };
    for (const { authorization } of await hostileTokens(identity)) {
      if (authorization.length < 2) await answersOf(authorization);
    }
    for (const operation of api.operations.filter(({ security }) => security.length > 0)) {
      const { target, options } = exampleOf(operation);
      await call(operation.operationId, `${target}?access_token=x`, options);
    }
    await identity.trust('demo', strict);
    const iat = Math.floor(Date.now() / 1000);
    const party = await signed({ sub: 'a', iat, azp: 'other' });
    await eventually(async () =>
      expect(await identity.call('/v1/me', { token: party })).toMatchObject({
        body: { code: 'token_party_wrong' },
      }),
    );
    await answersOf([`Bearer ${party}`]);
    await answersOf([`Bearer ${await signed({ sub: 'a', iat: iat - 90, azp: 'ci' })}`]);
    await answersOf([`Bearer ${await signed({ sub: 'disabled', iat, azp: 'ci' })}`]);
    await identity.trust('demo', issuerYaml('demo', identity.idp.issuer));
    await eventually(async () =>
      expect((await identity.call('/v1/me', { token })).status).toBe(200),
    );
  });

  it('of every refused input', async () => {
    const post = (options: Options) => call('submitAccessRequest', path, options);
    await post({ body: '{' });
    await post({ body: {} });
    await post({ body: validRequest, headers: { 'idempotency-key': 'a b' } });
    await post({ body: JSON.stringify('x'.repeat(70_000)) });
    await post({ body: '{}', headers: { 'content-type': 'text/plain' } });
    await post({ body: validRequest, headers: { 'idempotency-key': 'two' } });
    await post({
      body: { ...validRequest, durationSeconds: 60 },
      headers: { 'idempotency-key': 'two' },
    });
    await call('listAccessRequests', `${path}?status=open`);
    for (const [operation, method] of [
      ['findAccessRequest', 'GET'],
      ['withdrawAccessRequest', 'DELETE'],
    ] as const) {
      await call(operation, `${path}/x`, { method });
      await call(operation, `${path}/%zz`, { method });
      await call(operation, `${path}/${requestId}`, { method });
    }
    await call('findAccessRequest', `${path}/${requestId}?wait=x`);
    await call('trustStatus', '/v1/trust');
    await call('refreshTrust', '/v1/trust/refresh', { method: 'POST' });
  });

  it('of every explanation, refused or not, which is of the caller', async () => {
    const eager = await signed({ sub: 'curious', groups: ['oncall-agents'] });
    const post = (options: Options = {}) =>
      call('explainAccessRequest', `${path}/explain`, {
        ...{ method: 'POST', token: eager, body: validRequest },
        ...options,
      });
    expect(await post()).toMatchObject({ status: 503, body: { code: 'policy_unavailable' } });
    const asked: unknown[] = [];
    let answered: unknown = { verdict: 'denied', code: 'x', message: 'no' };
    const subscription = identity.connection.nats.subscribe(EXPLAIN_SUBJECT, {
      callback: (_error, message) => {
        asked.push(message.json());
        message.respond(JSON.stringify(answered));
      },
    });
    await identity.connection.nats.flush();
    expect(await post()).toMatchObject({ status: 200, body: answered as object });
    expect(asked).toMatchObject([{ requester: { subject: 'curious' }, request: validRequest }]);
    answered = { verdict: 'validated' };
    expect(await post()).toMatchObject({ status: 503, body: { code: 'policy_unavailable' } });
    subscription.unsubscribe();
    await post({ body: '{' });
    await post({ body: {} });
    await post({ body: { ...validRequest, requester: agent } });
    await post({ body: JSON.stringify('x'.repeat(70_000)) });
    await post({ body: '{}', headers: { 'content-type': 'text/plain' } });
  });

  it('of every refused start, run and human', async () => {
    const mapping = issuerYaml('demo', identity.idp.issuer);
    const run = mapping.replace('owner: /owner', 'owner: /owner\n    run: /run_id');
    await identity.trust('demo', run);
    const other = await signed({ sub: 'nightly', groups: ['oncall-agents'], run_id: 'two' });
    await eventually(async () => {
      const { text } = await identity.call('/v1/me', { token: other });
      expect(text).toContain('"run":"two"');
    });
    for (const [operation, target] of [
      ['submitAccessRequest', path],
      ['explainAccessRequest', `${path}/explain`],
    ] as const) {
      const post = (more: object) =>
        call(operation, target, {
          method: 'POST',
          token: other,
          body: { ...validRequest, ...more },
        });
      expect((await post({ startAt: '2020-01-05T09:00:00Z' })).status).toBe(422);
      expect((await post({ runId: 'one' })).status).toBe(403);
      const headers = { 'drawbridge-on-behalf-of': `Bearer ${other}` };
      const body = validRequest;
      const own = await call(operation, target, { method: 'POST', token: other, body, headers });
      expect(own.status).toBe(403);
    }
    await identity.trust('demo', mapping);
  });

  it('of every login that breaks no glass', async () => {
    const broken = { ...validRequest, breakGlass: true };
    const post = () => call('submitAccessRequest', path, { method: 'POST', body: broken });
    expect(await post()).toMatchObject({ status: 503, body: { code: 'policy_unavailable' } });
    let code = '';
    const subscription = identity.connection.nats.subscribe(EXPLAIN_SUBJECT, {
      callback: (_error, message) => {
        const stepUp = { maxAgeSeconds: 300 };
        message.respond(JSON.stringify({ verdict: 'denied', code, message: 'no', stepUp }));
      },
    });
    await identity.connection.nats.flush();
    for (code of ['step_up_required', 'step_up_too_old', 'step_up_too_weak'])
      expect(await post()).toMatchObject({ status: 401, body: { code } });
    subscription.unsubscribe();
  });

  it('of every refused answer', async () => {
    const { id } = await submit();
    const target = `${path}/${id}/answers`;
    const post = (options: Options) => call('answerQuestion', target, { body: answer, ...options });
    await post({});
    await post({ token: await identity.humanToken(dana) });
    await post({ body: '{' });
    await post({ body: {} });
    await post({ body: JSON.stringify('x'.repeat(70_000)) });
    await post({ body: '{}', headers: { 'content-type': 'text/plain' } });
    for (const other of ['x', '%zz', requestId]) {
      await call('answerQuestion', `${path}/${other}/answers`, { body: answer });
    }
    await identity.append(id, sample.QuestionAsked);
    await identity.append(id, sample.QuestionAnswered);
    await post({ body: { ...answer, text: 'another' } });
    const ended = await submit();
    await identity.append(ended.id, sample.QuestionAsked);
    await identity.append(ended.id, sample.AccessRequestDenied);
    await call('answerQuestion', `${path}/${ended.id}/answers`, { body: answer });
  });

  it('of every wish for more time, refused or not', async () => {
    const { id } = await submit();
    const target = `${path}/${id}/extensions`;
    const post = (options: Options) => call('extendGrant', target, { body: wish, ...options });
    await post({});
    await post({ token: await identity.humanToken(dana) });
    await post({ body: '{' });
    await post({ body: {} });
    await post({ body: JSON.stringify('x'.repeat(70_000)) });
    await post({ body: '{}', headers: { 'content-type': 'text/plain' } });
    for (const other of ['x', '%zz', requestId]) {
      await call('extendGrant', `${path}/${other}/extensions`, { body: wish });
    }
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const { GrantIssued: issued, ExtensionClosed: closed } = sample;
    await identity.append(id, { ...issued, data: { ...issued.data, endsAt } });
    for (let round = 2; round <= 10; round += 1) {
      await post({ body: { ...wish, reason: `round ${round}` } });
      if (round === 2) await post({});
      await identity.append(id, { ...closed, data: { round, outcome: 'lapsed' } });
    }
    await post({});
  });

  it('of every refused switch of an agent', async () => {
    const admin = await identity.humanToken(bob);
    for (const name of ['disable', 'enable']) {
      const post = (options: Options) =>
        call(`${name}Agent`, `/v1/agents/${name}`, { token: admin, body: wild, ...options });
      await post({ token });
      await post({ body: '{' });
      await post({ body: {} });
      await post({ body: JSON.stringify('x'.repeat(70_000)) });
      await post({ body: '{}', headers: { 'content-type': 'text/plain' } });
    }
    await call('disableAgent', '/v1/agents/disable', { token: admin, body: wild });
    await call('listDisabledAgents', '/v1/agents/disabled');
  });

  it('of every refused end of a run', async () => {
    const post = { method: 'POST' };
    await call('endRun', '/v1/runs/-/end', post);
    await call('endRun', '/v1/runs/%zz/end', post);
  });

  it('of every refused withdrawal', async () => {
    const { id } = await submit();
    const options = { method: 'DELETE' };
    await call('withdrawAccessRequest', `${path}/${id}`, {
      ...options,
      token: await identity.humanToken(dana),
    });
    await identity.append(id, sample.AccessRequestDenied);
    await call('withdrawAccessRequest', `${path}/${id}`, options);
  });

  it('of every limit', async () => {
    const busy = await signed({ sub: 'busy' });
    for (let index = 0; index <= 40; index += 1) await submit({ token: busy });
    for (const operation of api.operations.filter(({ security }) => security.length > 0)) {
      const refused = await tooManyCalls(operation);
      expect(refused).toMatchObject({ body: { code: 'too_many_requests' } });
      api.check(operation.operationId, refused);
    }
  });
});

/** Failures that real parts rarely have, each with the operations that document it. */
const failures: readonly {
  readonly what: string;
  readonly change: (honest: Ingress) => Partial<Ingress>;
  readonly operations: readonly string[];
}[] = [
  {
    what: 'a store that always has something newer',
    change: () => ({
      requests: requestsOver({ store: brokenStore('append_conflict'), views: withRun() }),
    }),
    operations: [
      'submitAccessRequest',
      'withdrawAccessRequest',
      'answerQuestion',
      'extendGrant',
      'endRun',
    ],
  },
  {
    what: 'a store that does not answer',
    change: () => ({
      requests: requestsOver({ store: brokenStore('event_store_unavailable'), views: withRun() }),
    }),
    operations: [
      'submitAccessRequest',
      'withdrawAccessRequest',
      'answerQuestion',
      'extendGrant',
      'endRun',
    ],
  },
  {
    what: 'a store that cannot be read',
    change: () => ({ requests: requestsOver({ store: unreadableStore() }) }),
    operations: ['findAccessRequest'],
  },
  {
    what: 'a store of stops that always has something newer',
    change: () => ({ ...asAdmin, agents: agentsOver({ store: brokenStops('append_conflict') }) }),
    operations: ['disableAgent', 'enableAgent'],
  },
  {
    what: 'a store of stops that does not answer',
    change: () => ({
      ...asAdmin,
      agents: agentsOver({ store: brokenStops('event_store_unavailable') }),
    }),
    operations: ['disableAgent', 'enableAgent'],
  },
  {
    what: 'more agents than can be disabled',
    change: () => ({ ...asAdmin, agents: agentsOver({ disabled: manyDisabled() }) }),
    operations: ['disableAgent'],
  },
  {
    what: 'views that are behind',
    change: () => ({ follower: { whenCurrent: () => Promise.resolve(false) } }),
    operations: [
      'submitAccessRequest',
      'listAccessRequests',
      'findAccessRequest',
      'answerQuestion',
      'extendGrant',
      'endRun',
      'withdrawAccessRequest',
    ],
  },
  {
    what: 'too many waiters',
    change: ({ views }) => {
      views.fold(recorded(sample.AccessRequested, 1));
      return {
        requests: requestsOver({ views }),
        waits: new OpenWaits({ total: 0, perCaller: 0 }),
      };
    },
    operations: ['findAccessRequest?wait=1'],
  },
  {
    what: 'a gateway whose authority is missing',
    change: () => ({
      discovery: () => Promise.reject(new IngressRefused('discovery_unavailable', 'not there')),
    }),
    operations: ['discover'],
  },
  {
    what: 'bugs',
    change: () => ({
      calls: Object.assign(new RateLimit({ burst: 1, perMinute: 1 }), { take: bug }),
      discovery: bug,
      document: bug,
    }),
    operations: [
      'submitAccessRequest',
      'explainAccessRequest',
      'listAccessRequests',
      'findAccessRequest',
      'answerQuestion',
      'extendGrant',
      'endRun',
      'withdrawAccessRequest',
      'disableAgent',
      'enableAgent',
      'listDisabledAgents',
      'me',
      'trustStatus',
      'refreshTrust',
      'discover',
      'describeApi',
    ],
  },
];

function bug(): never {
  throw new TypeError('secret detail of a bug');
}

const admin = human('bob', ['admins']);
const asAdmin: Pick<Ingress, 'verifier'> = {
  verifier: {
    verify: () => Promise.resolve({ principal: admin, expiresAt: new Date(Date.now() + 600_000) }),
  },
};

function brokenStops(code: 'append_conflict' | 'event_store_unavailable') {
  const store = new InMemoryEventStore<StopEvent>();
  const load = store.load.bind(store);
  const { issuer, subject, reason } = wild;
  const event: StopEvent = { type: 'AgentDisabled', data: { by: admin, issuer, subject, reason } };
  let loads = 0;
  store.append = () => Promise.reject(new EventStoreError(code, 'broken'));
  // So that there is something to do for both: the agent is disabled only for who enables it.
  store.load = async (id) => {
    loads += 1;
    const { position } = await load(id);
    const isEnabling = loads > (code === 'append_conflict' ? 8 : 1);
    return { position, events: isEnabling ? [stopAt(id, event, 1)] : [] };
  };
  return store;
}

const stopAt = (aggregateId: string, event: StopEvent, sequence: number) => ({
  ...recorded(sample.AccessRequested, sequence),
  aggregateId,
  event,
});

function manyDisabled(): DisabledAgents {
  const disabled = new DisabledAgents();
  for (let index = 1; index <= 1_000; index += 1) {
    const data = { by: admin, issuer: agent.issuer, subject: `agent-${index}`, reason: 'wild' };
    disabled.take(stopAt(`d_${index}`, { type: 'AgentDisabled', data }, index));
  }
  return disabled;
}

/** Views with an open request of the run that examples end. */
function withRun(): AccessViews {
  const views = new AccessViews();
  const { data } = sample.AccessRequested;
  const request = { ...data.request, connection: 'staging', runId: 'nightly' };
  views.fold(recorded({ type: 'AccessRequested', data: { ...data, request } }, 1));
  return views;
}

function brokenStore(code: 'append_conflict' | 'event_store_unavailable') {
  const store = new InMemoryEventStore<AccessEvent>();
  const { GrantIssued: issued } = sample;
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const granted = { ...issued, data: { ...issued.data, endsAt } };
  const history = [sample.AccessRequested, sample.QuestionAsked, granted];
  for (const [lastSequence, past] of history.entries()) {
    const { event, aggregateId, ...metadata } = recorded(past, lastSequence + 1);
    void store.append({ event, aggregateId, metadata, position: { lastSequence } });
  }
  store.append = () => Promise.reject(new EventStoreError(code, 'broken'));
  return store;
}

function unreadableStore() {
  const store = new InMemoryEventStore<AccessEvent>();
  store.load = () => Promise.reject(new EventStoreError('event_store_unavailable', 'broken'));
  return store;
}

describe('failures are as documented', () => {
  it.each(failures)('$what', async ({ change, operations }) => {
    const { app, url } = await startIngressUnderTest(change);
    for (const name of operations) {
      const [operationId = '', query] = name.split('?');
      const operation = api.operations.find((one) => one.operationId === operationId)!;
      const { target, options } = exampleOf(operation);
      const response = await fetch(`${url}${target}${query === undefined ? '' : `?${query}`}`, {
        method: options.method,
        headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
      const text = await response.text();
      const answer: CheckedAnswer = {
        status: response.status,
        headers: response.headers,
        text,
        body: JSON.parse(text),
      };
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(text).not.toContain('secret');
      api.check(operationId, answer);
    }
    await app.close();
  });
});

it('every answer that the document promises was seen', () => {
  const missing = [...api.promised].filter((answer) => !api.seen.has(answer));
  expect(missing).toStrictEqual([]);
});
