import { ApprovalView, Problem, WaitingApprovals, type Principal } from '@drawbridge/contracts';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import type { TokenOptions } from './demo-tokens.js';
import { agent, alice, bob, dana, decideBy, erin, validated, withdrawn } from './sample-events.js';

let world: World;
let approval: Replica;

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start({ slack: false });
});
afterAll(() => world.stop());

interface Call {
  readonly as?: Principal;
  readonly token?: TokenOptions;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}
async function call(method: string, path: string, { as = alice, token, body, headers }: Call = {}) {
  const response = await fetch(`${approval.url}${path}`, {
    method,
    headers: {
      Authorization: await world.tokens.bearer(as, token),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, json: await response.json() };
}
const refusalOf = async (answer: ReturnType<typeof call>) => {
  const { status, type, json } = await answer;
  expect(type).toBe('application/problem+json');
  const problem = Problem.parse(json);
  expect(problem.status).toBe(status);
  return `${status} ${problem.code}`;
};
const approve = (id: string, options?: Call) =>
  call('POST', `/v1/access-requests/${id}/approve`, options);
const deny = (id: string, options?: Call) =>
  call('POST', `/v1/access-requests/${id}/deny`, options);
const waiting = async (options?: Call) =>
  WaitingApprovals.parse((await call('GET', '/v1/approvals?limit=100', options)).json);
const pending = async (options?: Parameters<World['ask']>[0]) => {
  const requestId = await world.ask(options);
  await world.eventOf(requestId, 'ApprovalRequested');
  return requestId;
};
const withoutOwner = ({ kind, issuer, subject, groups }: Principal): Principal => ({
  kind,
  issuer,
  subject,
  groups,
});
const decisionsOf = async (id: string) =>
  (await world.history(id))
    .map(({ event }) => event.type)
    .filter((type) => type === 'ApprovalGiven' || type === 'ApprovalDenied');

describe('a question over HTTP', () => {
  const ask = (id: string, body: unknown, as = alice) =>
    call('POST', `/v1/access-requests/${id}/questions`, { as, body });

  it('is recorded, once for each id', async () => {
    const requestId = await pending();
    const questionId = crypto.randomUUID();
    const body = { text: 'why now?', questionId };
    await ask(requestId, body);
    const { status, json } = await ask(requestId, body);
    expect(status).toBe(200);
    expect(ApprovalView.parse(json).questions).toMatchObject([
      { id: questionId, by: 'alice@corp.test', text: 'why now?' },
    ]);
    const asked = await world.eventOf(requestId, 'QuestionAsked');
    expect(asked.actor).toStrictEqual({ kind: 'human', id: 'https://idp.corp.test#alice' });
    await ask(requestId, { text: 'and why payments?' }, bob);
    const types = (await world.history(requestId)).map(({ event }) => event.type);
    expect(types.filter((type) => type === 'QuestionAsked')).toHaveLength(2);
  });

  it('shows what the requester answered', async () => {
    const requestId = await pending();
    const questionId = crypto.randomUUID();
    await ask(requestId, { text: 'why now?', questionId });
    await world.append(requestId, {
      type: 'QuestionAnswered',
      data: { questionId, by: agent, text: 'it is red' },
    });
    const view = ApprovalView.parse((await approve(requestId)).json);
    expect(view.questions).toMatchObject([{ answer: { text: 'it is red' } }]);
  });

  it.each<{ readonly says: string; readonly as: Principal }>([
    { says: '403 owner_approval', as: dana },
    { says: '403 approver_not_in_group', as: erin },
    { says: '403 approver_not_human', as: { ...agent, groups: ['sre-oncall'] } },
  ])('is refused with $says to $as.subject', async ({ says, as }) => {
    expect(await refusalOf(ask(await pending(), { text: 'why?' }, as))).toBe(says);
  });

  it('is refused without a text that a person can read', async () => {
    const requestId = await pending();
    const bad = [
      {},
      { text: '' },
      { text: 'a\nb' },
      { text: 'a\u202eb' },
      { text: 'x'.repeat(501) },
    ];
    const odd = [
      { text: 'why?', questionId: 'x' },
      { text: 'why?', by: 'bob' },
    ];
    for (const body of [...bad, ...odd]) {
      expect(await refusalOf(ask(requestId, body))).toBe('400 body_invalid');
    }
    expect(await refusalOf(ask('nonsense', { text: 'why?' }))).toBe('404 approval_unknown');
  });
});

describe('a decision over HTTP', () => {
  it('approves with a comment', async () => {
    const requestId = await pending();
    const { status, json } = await approve(requestId, { body: { comment: 'go ahead' } });
    expect(status).toBe(200);
    expect(ApprovalView.parse(json)).toMatchObject({
      id: requestId,
      plainWords: [
        'change (patch) deployment checkout in payments',
        'read (get) deployment checkout in payments',
      ],
      approvals: [{ approver: 'alice@corp.test', via: 'http', comment: 'go ahead' }],
    });
    const given = await world.eventOf(requestId, 'ApprovalGiven');
    expect(given).toMatchObject({
      actor: { kind: 'human', id: 'https://idp.corp.test#alice' },
      event: { data: { via: 'http', comment: 'go ahead' } },
    });
    await world.eventOf(requestId, 'AccessRequestApproved');
  });

  it('denies with a reason', async () => {
    const requestId = await pending();
    expect((await deny(requestId, { as: bob, body: { reason: 'no' } })).status).toBe(200);
    const rejected = await world.eventOf(requestId, 'AccessRequestRejected');
    expect(rejected.event.data).toMatchObject({ by: { subject: 'bob' }, reason: 'no' });
  });

  it('needs no body, and may be repeated', async () => {
    const requestId = await pending();
    expect((await approve(requestId)).status).toBe(200);
    expect((await approve(requestId)).status).toBe(200);
    await world.eventOf(requestId, 'AccessRequestApproved');
    expect((await approve(requestId)).status).toBe(200);
    expect(await decisionsOf(requestId)).toStrictEqual(['ApprovalGiven']);
  });

  it.each<{ readonly says: string; readonly as: Principal }>([
    { says: '403 owner_approval', as: dana },
    { says: '403 owner_approval', as: { ...dana, email: 'DANA@corp.test' } },
    { says: '403 approver_not_in_group', as: erin },
    { says: '403 approver_not_in_group', as: { ...alice, groups: [] } },
    { says: '403 approver_not_human', as: { ...agent, groups: ['sre-oncall'] } },
    { says: '403 self_approval', as: { ...alice, subject: agent.subject } },
  ])('is refused with $says to $as.kind $as.subject', async ({ says, as }) => {
    const requestId = await pending();
    expect(await refusalOf(approve(requestId, { as }))).toBe(says);
    expect(await refusalOf(deny(requestId, { as }))).toBe(says);
    expect(await decisionsOf(requestId)).toStrictEqual([]);
  });

  it('is refused when the agent has no owner to exclude', async () => {
    const orphan = withoutOwner(agent);
    const requestId = await pending({ requester: orphan });
    expect(await refusalOf(approve(requestId))).toBe('422 owner_unknown');
  });

  it('is refused once it is too late to change anything', async () => {
    const approved = await pending();
    await approve(approved, { as: bob });
    await world.eventOf(approved, 'AccessRequestApproved');
    expect(await refusalOf(approve(approved))).toBe('409 request_not_pending');
    expect(await refusalOf(deny(approved))).toBe('409 request_not_pending');
    const gone = await pending();
    await world.append(gone, withdrawn);
    expect(await refusalOf(approve(gone))).toBe('409 request_not_pending');
    const unneeded = uuidV7(new Date());
    await world.append(unneeded, validated({ type: 'none' }));
    expect(await refusalOf(approve(unneeded))).toBe('409 request_not_pending');
  });

  it.each([
    ['an id that nobody has', () => uuidV7(new Date())],
    ['an id that is none', () => 'nonsense'],
    ['a wildcard of the bus', () => '%3E'],
    ['another wildcard', () => '*'],
    ['a path', () => '..%2f..%2fapprovals'],
  ])('is refused for %s', async (_, id) => {
    expect(await refusalOf(approve(id()))).toBe('404 approval_unknown');
    expect(await refusalOf(deny(id()))).toBe('404 approval_unknown');
  });

  it.each([
    { what: 'another field', body: { comment: 'x', approver: 'alice' }, field: '/approver' },
    { what: 'no text', body: { comment: 5 }, field: '/comment' },
    { what: 'an empty text', body: { comment: ' ' }, field: '/comment' },
    { what: 'a long text', body: { comment: 'x'.repeat(501) }, field: '/comment' },
    { what: 'control characters', body: { comment: 'a\u001b[31m' }, field: '/comment' },
    { what: 'text that changes direction', body: { comment: 'a\u202eb' }, field: '/comment' },
    { what: 'a list', body: [], field: '' },
    { what: 'null', body: null, field: '' },
  ])('is refused with a body of $what', async ({ body, field }) => {
    const requestId = await pending();
    const { status, json } = await approve(requestId, { body });
    expect(status).toBe(400);
    const { code, errors } = Problem.parse(json);
    expect(code).toBe('body_invalid');
    expect(errors?.map((error) => error.field)).toContain(field);
    const reason = await deny(requestId, {
      body: body === null ? null : ({ reason: 'x', ...Object(body), extra: 1 } as unknown),
    });
    expect(reason.status).toBe(400);
    expect(await decisionsOf(requestId)).toStrictEqual([]);
  });

  it.each([
    ['no JSON', '{', '400 body_malformed'],
    ['a key twice', '{"comment":"a","comment":"b"}', '400 body_malformed'],
    ['megabytes', JSON.stringify({ comment: 'x'.repeat(1_000_000) }), '413 body_too_large'],
  ])('is refused with a body that is %s', async (_, body, says) => {
    const requestId = await pending();
    expect(await refusalOf(approve(requestId, { body }))).toBe(says);
    expect(await decisionsOf(requestId)).toStrictEqual([]);
  });
});

describe('every route', () => {
  const routes = [
    { method: 'GET', route: 'approvals', path: () => '/v1/approvals' },
    { method: 'POST', route: 'approve', path: () => `/v1/access-requests/${shared}/approve` },
    { method: 'POST', route: 'deny', path: () => `/v1/access-requests/${shared}/deny` },
  ];
  let shared = '';
  beforeAll(async () => {
    shared = await pending();
  });
  const callers: readonly {
    readonly who: string;
    readonly says: string;
    readonly options: Call;
  }[] = [
    { who: 'nobody', says: '401 token_missing', options: { headers: { Authorization: '' } } },
    {
      who: 'a password',
      says: '401 token_malformed',
      options: { headers: { Authorization: 'Basic YTpi' } },
    },
    {
      who: 'nonsense',
      says: '401 token_malformed',
      options: { headers: { Authorization: 'Bearer null' } },
    },
    {
      who: 'a stranger',
      says: '401 token_signature_invalid',
      options: { token: { stranger: true } },
    },
    {
      who: 'another audience',
      says: '401 token_audience_wrong',
      options: { token: { audience: 'kubernetes' } },
    },
    { who: 'yesterday', says: '401 token_expired', options: { token: { expiresIn: -30 } } },
    { who: 'an agent', says: '403 approver_not_human', options: { as: agent } },
    {
      who: 'an agent of the approver group',
      says: '403 approver_not_human',
      options: { as: { ...agent, groups: ['sre-oncall'] } },
    },
  ];
  it.each(routes.flatMap((route) => callers.map((caller) => ({ ...route, ...caller }))))(
    'refuses $who: $route',
    async ({ method, path, options, says }) => {
      expect(await refusalOf(call(method, path(), options))).toBe(says);
      expect(await decisionsOf(shared)).toStrictEqual([]);
    },
  );

  it.each(routes)('refuses a token in the address: $route', async ({ method, path }) => {
    const [, token = ''] = (await world.tokens.bearer(alice)).split(' ');
    const answer = call(method, `${path()}?access_token=${token}`, {
      headers: { Authorization: '' },
    });
    expect(await refusalOf(answer)).toBe('401 token_in_query');
  });

  it.each(routes)('refuses two identities at once: $route', async ({ method, path }) => {
    const both = `${await world.tokens.bearer(alice)}, ${await world.tokens.bearer(bob)}`;
    const answer = call(method, path(), { headers: { Authorization: both } });
    expect(await refusalOf(answer)).toMatch(/^401 token_/);
  });

  it('has no other method', async () => {
    expect(await refusalOf(call('DELETE', '/v1/approvals'))).toBe('405 method_not_allowed');
    expect(
      await refusalOf(call('PUT', `/v1/access-requests/${shared}/approve`, { body: {} })),
    ).toBe('405 method_not_allowed');
    expect(await refusalOf(call('POST', '/slack/events', { body: {} }))).toBe('404 route_unknown');
  });
});

describe('what waits for me', () => {
  it('is what I may decide and have not approved, the most urgent first', async () => {
    const late = await pending({ count: 2, timeoutSeconds: 3600 });
    const soon = await pending({ count: 2, timeoutSeconds: 600 });
    const idsFor = async (as: Principal) => (await waiting({ as })).items.map(({ id }) => id);
    await eventually(async () => {
      const mine = (await idsFor(alice)).filter((id) => id === late || id === soon);
      expect(mine).toStrictEqual([soon, late]);
    });
    expect(await idsFor(dana)).toStrictEqual([]);
    expect(await idsFor(erin)).toStrictEqual([]);
    await approve(soon);
    await expect.poll(() => idsFor(alice)).not.toContain(soon);
    expect(await idsFor(bob)).toContain(soon);
    await world.append(late, withdrawn);
    await expect.poll(() => idsFor(bob)).not.toContain(late);
  });

  it('is bounded, and says how much there is', async () => {
    await pending();
    await pending();
    await expect.poll(async () => (await waiting()).total).toBeGreaterThanOrEqual(2);
    const one = WaitingApprovals.parse((await call('GET', '/v1/approvals?limit=1')).json);
    expect(one.items).toHaveLength(1);
    expect(one.total).toBeGreaterThanOrEqual(2);
    expect(Date.parse(one.items[0]?.decideBy ?? '')).toBeGreaterThan(Date.parse(decideBy));
  });

  it.each(['limit=0', 'limit=101', 'limit=-1', 'limit=x', 'limit=1&limit=2', 'page=2'])(
    'refuses ?%s',
    async (query) => {
      expect(await refusalOf(call('GET', `/v1/approvals?${query}`))).toBe('400 query_invalid');
    },
  );
});
