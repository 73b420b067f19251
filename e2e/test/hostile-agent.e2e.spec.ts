import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessRequestView, CommandRecord, isCommandLine } from '@drawbridge/contracts';
import { commandLines, connectJetStream, type JetStreamConnection } from '@drawbridge/jetstream';
import { takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, requireNothingWaits } from '@drawbridge/testing';
import { Composition } from '../src/composition.js';
import { HostileTokens } from '../src/hostile-tokens.js';
import { rawHttp, type RawAnswer } from '../src/raw-http.js';
import {
  CLUSTER_TOKEN,
  startRecordingCluster,
  type RecordingCluster,
} from '../src/recording-cluster.js';

/**
 * An agent with a valid token and bad intentions, against every service in a process of its own. Rows are those
 * of docs/threat-model.md. After each attack every process is alive, nothing was appended and nothing forwarded.
 */
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-hostile-'));
const state = takeStateDirectory(join(directory, 'state'));
let cluster: RecordingCluster;
let composition: Composition;
let tokens: HostileTokens;
let bus: JetStreamConnection;

interface Cast {
  readonly oncall: string;
  readonly reader: string;
  /** Of agent-oncall, out of its group; older than its grant. */
  readonly left: string;
  readonly alice: string;
  readonly bob: string;
  readonly dana: string;
  readonly erin: string;
}
let cast: Cast;
/** An open request of agent-oncall that waits for humans. */
let pending: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  cluster = await startRecordingCluster();
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access, {
    identity: { MAX_OPEN_REQUESTS: '100', REQUESTS_PER_MINUTE: '5000' },
  });
  closers.add(() => composition.stop());
  const { nats, identityProvider } = composition.standIns;
  bus = await connectJetStream({ servers: nats.url, name: 'test' });
  closers.add(() => bus.close());
  tokens = new HostileTokens(identityProvider);
  cast = {
    oncall: await tokens.agent(),
    reader: await tokens.agent({ sub: 'agent-reader', groups: ['readers'] }),
    left: await tokens.agent({ groups: ['readers'] }),
    alice: await tokens.human('alice', ['sre-oncall']),
    bob: await tokens.human('bob', ['sre-oncall', 'auditors']),
    dana: await tokens.human('dana', ['sre-oncall']),
    erin: await tokens.human('erin', ['developers']),
  };
  await granted(await submitted('checkout'));
  pending = await submitted('other');
  await until(pending, 'pending');
  await answered();
  await ended();
});

afterAll(() => closers.close());

const deployment = '/apis/apps/v1/namespaces/payments/deployments/checkout';
const ask = (name: string, more: object = {}) =>
  JSON.stringify({
    connection: 'prod-eks',
    scope: { action: 'rollout-restart', parameters: { namespace: 'payments', deployment: name } },
    durationSeconds: 600,
    reason: 'readiness probe failing',
    ticket: 'INC-4211',
    ...more,
  });

type Service = 'gateway' | 'ingress' | 'approvals' | 'audit';

interface Attack {
  readonly to?: Service;
  readonly line: string;
  readonly token?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Bytes behind the request, on the same connection. */
  readonly behind?: string;
}

function send({ to = 'gateway', line, ...more }: Attack): Promise<RawAnswer> {
  const { addresses } = composition.standIns;
  const { token, headers = [], body, behind = '' } = more;
  const own = [
    ...(headers.some((header) => /^host:/i.test(header)) ? [] : [`Host: ${hostOf(to)}`]),
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  const head = [`${line} HTTP/1.1`, ...own, ...headers, '', ''].join('\r\n');
  const target = { url: addresses[to], ca: composition.gateway.ca };
  return rawHttp(target, `${head}${body ?? ''}${behind}`);
}

const hostOf = (to: Service): string => new URL(composition.standIns.addresses[to]).host;
const gatewayLine = (path: string, method = 'GET') => `${method} /connections/prod-eks${path}`;
const json = 'Content-Type: application/json';

async function api(to: Service, line: string, more: Omit<Attack, 'line' | 'to'> = {}) {
  const { status, text } = await send({ to, line, ...more });
  return { status, body: JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as unknown };
}

async function submitted(name: string): Promise<string> {
  const more = { token: cast.oncall, headers: [json], body: ask(name) };
  const { body } = await api('ingress', 'POST /v1/access-requests', more);
  return AccessRequestView.parse(body).id;
}

async function viewOf(id: string): Promise<AccessRequestView> {
  const { body } = await api('ingress', `GET /v1/access-requests/${id}`, { token: cast.oncall });
  return AccessRequestView.parse(body);
}

const until = (id: string, status: AccessRequestView['status']) =>
  eventually(async () => {
    expect((await viewOf(id)).status).toBe(status);
  });

const decide = (id: string, token: string, decision: 'approve' | 'deny') =>
  send({ to: 'approvals', line: `POST /v1/access-requests/${id}/${decision}`, token });

async function granted(id: string): Promise<void> {
  await until(id, 'pending');
  expect(await decide(id, cast.alice, 'approve')).toMatchObject({ status: 200 });
  await until(id, 'granted');
  await eventually(async () => {
    const answer = await send({ line: gatewayLine(deployment), token: cast.oncall });
    expect(answer.status).toBe(200);
  });
}

async function lastSequence(stream: string): Promise<number> {
  return (await bus.manager.streams.info(stream)).state.last_seq;
}

/** Resolves when nobody has an answer to an event of a request left to give, and audit has stored all of them. */
const answered = () =>
  eventually(async () => {
    for (const durable of ['policy', 'approval', 'audit']) {
      await requireNothingWaits(bus.manager, 'ACCESS', durable);
    }
  });

async function recordsSince(sequence: number): Promise<CommandRecord[]> {
  const last = await lastSequence('COMMANDS');
  const records: CommandRecord[] = [];
  for (let seq = sequence + 1; seq <= last; seq += 1) {
    const message = await bus.manager.streams.getMessage('COMMANDS', { seq });
    if (message === null) continue;
    for (const line of commandLines({ headers: message.header, data: message.data })) {
      const text = new TextDecoder().decode(line);
      if (isCommandLine(text)) records.push(CommandRecord.parse(JSON.parse(text)));
    }
  }
  return records;
}

/** Resolves when the end of every call so far is on the record: it comes behind the answer. */
const ended = () =>
  eventually(async () => {
    const records = await recordsSince(0);
    const idsOf = (type: CommandRecord['type']) =>
      records.filter((record) => record.type === type).map(({ commandId }) => commandId);
    expect(idsOf('CommandEnded').toSorted()).toStrictEqual(idsOf('CommandStarted').toSorted());
  });

/** Name, attack, and how it ends; status 0: the connection ends without an answer. */
type Expected = readonly [string, () => Attack | Promise<Attack>, number, string];

/** Each attack is refused with its code, and leaves no trace but its refusal. */
function refuses(attacks: readonly Expected[]): void {
  let before: { forwarded: number; events: number; commands: number };
  beforeEach(async () => {
    const [events, commands] = [await lastSequence('ACCESS'), await lastSequence('COMMANDS')];
    before = { forwarded: cluster.received.length, events, commands };
  });
  afterEach(async () => {
    expect(composition.dead).toEqual([]);
    expect(cluster.received.slice(before.forwarded)).toEqual([]);
    expect(await lastSequence('ACCESS')).toBe(before.events);
    const types = (await recordsSince(before.commands)).map(({ type }) => type);
    expect(types.filter((type) => type !== 'CommandRefused')).toEqual([]);
  });
  it.each(attacks)('%s', async (...[, attack, status, code]) => {
    const answer = await send(await attack());
    expect({ status: answer.status, code: answer.code }, answer.text).toEqual({ status, code });
  });
}

const withToken = (token: () => string | Promise<string>) => async (): Promise<Attack> => ({
  line: gatewayLine(deployment),
  token: await token(),
});
const calling =
  (path: string, more: Partial<Attack> = {}) =>
  (): Attack => ({
    line: gatewayLine(path),
    token: cast.oncall,
    ...more,
  });
const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

describe('T5 tokens', () => {
  const genuine = { alg: 'RS256', typ: 'at+jwt' };
  refuses([
    ['none', () => ({ line: gatewayLine(deployment) }), 401, 'token_missing'],
    ['empty', withToken(() => ''), 401, 'token_missing'],
    ['null', withToken(() => 'null'), 401, 'token_malformed'],
    ['alg none', withToken(() => tokens.unsigned({ alg: 'none' })), 401, 'token_algorithm_refused'],
    [
      'HS256 with the public key',
      withToken(() => tokens.hmacWithPublicKey()),
      401,
      'token_algorithm_refused',
    ],
    [
      'unknown kid',
      withToken(() => tokens.withHeader({ ...genuine, kid: '../../x' })),
      401,
      'token_key_unknown',
    ],
    [
      'a key of its own',
      withToken(() => tokens.withHeader({ ...genuine, jwk: { kty: 'oct', k: 'AA' } })),
      401,
      'token_malformed',
    ],
    [
      'a logout token',
      withToken(() => tokens.withHeader({ ...genuine, typ: 'logout+jwt' })),
      401,
      'token_type_refused',
    ],
    [
      'wrong audience',
      withToken(() => tokens.agent({ aud: 'other' })),
      401,
      'token_audience_wrong',
    ],
    [
      'wrong issuer',
      withToken(() => tokens.agent({ iss: 'https://idp.evil.test' })),
      401,
      'token_issuer_unknown',
    ],
    ['expired', withToken(() => tokens.agent({ exp: ago(600) })), 401, 'token_expired'],
    [
      'not valid yet',
      withToken(() => tokens.agent({ nbf: ago(-600) })),
      401,
      'token_not_yet_valid',
    ],
    [
      'oversized',
      withToken(() => tokens.agent({ fat: 'x'.repeat(20_000) })),
      401,
      'token_too_large',
    ],
    ['in the query', calling(`${deployment}?access_token=x`), 401, 'token_in_query'],
    [
      'twice',
      calling(deployment, { headers: ['Authorization: Bearer x'] }),
      400,
      'malformed_request',
    ],
  ]);
});

describe('T3 T4 T17 T31 somebody else, or no longer the same', () => {
  refuses([
    ['T3 blank subject', withToken(() => tokens.agent({ sub: ' ' })), 403, 'token_claims_invalid'],
    [
      'T3 groups that are an object',
      withToken(() => tokens.agent({ groups: { a: 1 } })),
      403,
      'token_claims_invalid',
    ],
    [
      'T3 neither agent nor human',
      withToken(() => tokens.agent({ principal_type: ['agent'] })),
      403,
      'token_claims_invalid',
    ],
    ['T4 the grant of another agent', withToken(() => cast.reader), 403, 'no_grant'],
    [
      'T4 another connection',
      () => ({ line: 'GET /connections/other/api', token: cast.oncall }),
      404,
      'connection_unknown',
    ],
    [
      'T17 out of the group meanwhile',
      // One that is younger than the grant would end it, also for what comes later.
      withToken(() => cast.left),
      403,
      'grant_group_lost',
    ],
    ['T31 a human at the gateway', withToken(() => cast.alice), 403, 'no_grant'],
    [
      'T31 an agent that approves',
      () => ({
        to: 'approvals',
        line: `POST /v1/access-requests/${pending}/approve`,
        token: cast.oncall,
      }),
      403,
      'approver_not_human',
    ],
    [
      'T31 an agent with the groups of humans',
      async () => ({
        to: 'audit',
        line: 'GET /v1/audit/commands',
        token: await tokens.agent({ groups: ['auditors'] }),
      }),
      403,
      'auditor_required',
    ],
    [
      'T31 a secret of Slack as token',
      () => ({
        to: 'approvals',
        line: 'GET /v1/approvals',
        token: composition.standIns.slack.signingSecret,
      }),
      401,
      'token_malformed',
    ],
  ]);
});

describe('T2 impersonation', () => {
  const names = [
    'Impersonate-User: system:admin',
    'impersonate-group: system:masters',
    'IMPERSONATE-UID: 1',
    'Impersonate-Extra-a%2fb: x',
    'Impersonate_User: x',
    'Impersonate%2DUser: x',
    'X-Remote-Impersonate-User: x',
  ];
  refuses(
    names.map((header): Expected => [
      header,
      calling(deployment, { headers: [header] }),
      403,
      'impersonation_refused',
    ]),
  );
});

describe('T6 T9 T10 paths', () => {
  const malformed = [
    '/api//v1/pods',
    '/api/v1/namespaces/payments/../kube-system/pods',
    '/api/v1/namespaces/payments%2fsecrets/db',
    '/api/v1/%2e%2e/secrets',
    '/api/v1/namespaces/payments/pods/a%00b',
    '/api/v1/namespaces/payments;x/pods',
    '/api/v1/namespaces\\payments/pods',
    '/api/v1/pods/%c0%ae%c0%ae',
    '/api/v1/pods#x',
    `/api/v1/pods/${"'".repeat(120_000)}`,
  ];
  const odd = ['?watch=0&watch=1', '?a;b', '?x=%zz', `?${'a&b&'.repeat(300)}`];
  const pod = '/api/v1/namespaces/payments/pods/web-0';
  refuses([
    ...malformed.map((path): Expected => [
      `T6 ${path.slice(0, 60)}`,
      calling(path),
      400,
      'malformed_kube_path',
    ]),
    ...odd.map((query): Expected => [
      `T6 ${query.slice(0, 20)}`,
      calling(`/api/v1/pods${query}`),
      400,
      'malformed_kube_query',
    ]),
    [
      'T6 an absolute target',
      () => ({ line: 'GET https://kubernetes/api', token: cast.oncall }),
      400,
      'malformed_request',
    ],
    [
      'T6 another host',
      calling(deployment, { headers: ['Host: kubernetes.default'] }),
      421,
      'host_unknown',
    ],
    [
      'T6 around the prefix',
      () => ({ line: 'GET /connections/prod%2deks/api', token: cast.oncall }),
      404,
      'path_unknown',
    ],
    ['T9 exec by GET', calling(`${pod}/exec?command=sh`), 403, 'not_in_scope'],
    ['T9 node proxy', calling('/api/v1/nodes/n1/proxy/run'), 403, 'proxy_subresource_refused'],
    [
      'T9 the proxy prefix',
      calling('/api/v1/proxy/namespaces/payments/pods/web-0'),
      403,
      'proxy_subresource_refused',
    ],
    [
      'T10 the watch prefix',
      calling('/api/v1/watch/namespaces/payments/secrets'),
      403,
      'not_in_scope',
    ],
    [
      'T10 a trailing slash',
      calling('/api/v1/namespaces/payments/secrets/db/'),
      403,
      'not_in_scope',
    ],
    [
      'T10 the object by selector',
      calling('/apis/apps/v1/deployments?fieldSelector=metadata.name%3Dcheckout'),
      403,
      'not_in_scope',
    ],
    [
      'T18 the collection',
      calling('', { line: gatewayLine(deployment.replace('/checkout', ''), 'DELETE') }),
      403,
      'not_in_scope',
    ],
    [
      'a credential of the cluster',
      calling('', {
        line: gatewayLine('/api/v1/namespaces/payments/serviceaccounts/a/token', 'POST'),
        body: '{}',
      }),
      403,
      'token_request_refused',
    ],
    ['metrics of the cluster', calling('/metrics'), 403, 'path_not_allowed'],
  ]);
});

describe('T7 T23 connections and framing', () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const raw = (lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`;
  refuses([
    [
      'T7 an upgrade with more behind it',
      () => ({
        ...calling(deployment, { headers: upgrade })(),
        behind: raw(['GET / HTTP/1.1']),
      }),
      403,
      'upgrade_unsupported',
    ],
    [
      'T7 an upgrade behind an open call, without any token',
      () => ({
        line: gatewayLine('/version'),
        behind: raw([`GET /x HTTP/1.1`, `Host: ${hostOf('gateway')}`, ...upgrade]),
      }),
      0,
      '',
    ],
    [
      'T7 an upgrade behind an expectation that is refused',
      () => ({
        line: gatewayLine('/version'),
        headers: ['Expect: tea'],
        behind: raw([`GET /x HTTP/1.1`, `Host: ${hostOf('gateway')}`, ...upgrade]),
      }),
      417,
      'expectation_failed',
    ],
    [
      'T7 CONNECT behind an open call',
      () => ({
        line: gatewayLine('/version'),
        behind: raw(['CONNECT a:1 HTTP/1.1', `Host: ${hostOf('gateway')}`]),
      }),
      0,
      '',
    ],
    [
      'T23 two lengths',
      calling(deployment, { headers: ['Content-Length: 1', 'Transfer-Encoding: chunked'] }),
      400,
      'malformed_request',
    ],
    [
      'T23 an unusual coding',
      calling(deployment, {
        line: gatewayLine(deployment, 'POST'),
        headers: ['Transfer-Encoding: identity, chunked'],
      }),
      400,
      'malformed_request',
    ],
    [
      'T23 a folded header',
      calling(deployment, { headers: ['X-A: b', ' Impersonate-User: x'] }),
      400,
      'malformed_request',
    ],
    [
      'T23 two hosts',
      calling(deployment, { headers: ['Host: localhost', 'Host: other'] }),
      400,
      'malformed_request',
    ],
    [
      'T23 a body with GET',
      calling(deployment, { body: 'GET / HTTP/1.1' }),
      400,
      'malformed_request',
    ],
    [
      'T23 HTTP/1.0',
      () => ({ line: `${gatewayLine(deployment)} HTTP/1.0\r\nX:` }),
      505,
      'http_version_unsupported',
    ],
  ]);
});

describe('T24 bombs', () => {
  const inSpaces = `?labelSelector=a+in+(${',++'.repeat(40_000)}!)`;
  const post =
    (body: string, headers: readonly string[] = [json]) =>
    (): Attack => ({
      to: 'ingress',
      line: 'POST /v1/access-requests',
      token: cast.oncall,
      headers,
      body,
    });
  refuses([
    [
      'a selector that could be read in very many ways',
      () => ({ line: gatewayLine(`/api/v1/pods${inSpaces}`) }),
      401,
      'token_missing',
    ],
    [
      'a selector of commas',
      () => ({ line: gatewayLine(`/api/v1/pods?labelSelector=${','.repeat(120_000)}`) }),
      401,
      'token_missing',
    ],
    [
      'a head without end',
      calling(deployment, { headers: [`X-A: ${'x'.repeat(300_000)}`] }),
      431,
      'headers_too_large',
    ],
    [
      'very many headers',
      calling(deployment, {
        headers: Array.from({ length: 500 }, (_, index) => `X-${index}: y`),
      }),
      431,
      'headers_too_large',
    ],
    [
      'a huge body, announced',
      calling(deployment, {
        line: gatewayLine(deployment, 'PATCH'),
        headers: ['Content-Length: 99999999'],
      }),
      413,
      'body_too_large',
    ],
    [
      'gzip at the gateway',
      calling(deployment, {
        line: gatewayLine(deployment, 'PATCH'),
        headers: ['Content-Encoding: gzip'],
        body: 'x',
      }),
      400,
      'malformed_request',
    ],
    [
      'gzip at the ingress',
      post('x', [json, 'Content-Encoding: gzip']),
      415,
      'content_type_unsupported',
    ],
    ['a large body at the ingress', post(' '.repeat(70_000)), 413, 'body_too_large'],
    ['deep JSON', post('['.repeat(30_000) + ']'.repeat(30_000)), 400, 'body_invalid'],
    ['a prototype', post('{"__proto__":{"kind":"human"}}'), 400, 'body_malformed'],
    ['a key twice', post(`{"reason":"a",${ask('x').slice(1)}`), 400, 'body_malformed'],
    [
      'an inherited parameter',
      post(ask('x', { scope: { action: 'constructor', parameters: 'toString' } })),
      400,
      'body_invalid',
    ],
    [
      'T21 an escape sequence as reason',
      post(ask('x', { reason: 'a\u001b[2Jb' })),
      400,
      'body_invalid',
    ],
    [
      'T21 text that runs backwards',
      post(ask('x', { ticket: 'INC?1' }).replace('?', '\\u202e')),
      400,
      'body_invalid',
    ],
    ['a grant for ever', post(ask('x', { durationSeconds: 1e9 })), 400, 'body_invalid'],
    [
      'a key that is none',
      post(ask('x'), [json, 'Idempotency-Key: a, b']),
      400,
      'idempotency_key_invalid',
    ],
  ]);
});

describe('T15 T16 requests and decisions of others', () => {
  const request = (method: string, path: string, token: () => string) => (): Attack => ({
    to: 'ingress',
    line: `${method} /v1/access-requests/${pending}${path}`,
    token: token(),
  });
  const approve = (token: () => string): (() => Attack) => {
    const decision = request('POST', '/approve', token);
    return () => ({ ...decision(), to: 'approvals' });
  };
  refuses([
    [
      'T4 read by another agent',
      request('GET', '', () => cast.reader),
      404,
      'access_request_unknown',
    ],
    [
      'T4 followed by another agent',
      () => ({
        ...request('GET', '', () => cast.reader)(),
        headers: ['Accept: text/event-stream'],
      }),
      404,
      'access_request_unknown',
    ],
    [
      'T4 withdrawn by another agent',
      request('DELETE', '', () => cast.reader),
      404,
      'access_request_unknown',
    ],
    [
      'T15 withdrawn by an approver',
      request('DELETE', '', () => cast.alice),
      403,
      'withdrawal_not_allowed',
    ],
    ['T15 approved by the owner', approve(() => cast.dana), 403, 'owner_approval'],
    [
      'T15 approved by somebody of another group',
      approve(() => cast.erin),
      403,
      'approver_not_in_group',
    ],
    [
      'T15 approved under a name with wildcards',
      () => ({
        to: 'approvals',
        line: 'POST /v1/access-requests/*/approve',
        token: cast.alice,
      }),
      404,
      'approval_unknown',
    ],
    [
      'T20 the state of trust',
      () => ({ to: 'ingress', line: 'GET /v1/trust', token: cast.oncall }),
      403,
      'readers_only',
    ],
    [
      'the record, by who may approve',
      () => ({ to: 'audit', line: 'GET /v1/audit/events', token: cast.alice }),
      403,
      'auditor_required',
    ],
    [
      'the record, by a cursor of SQL',
      () => ({
        to: 'audit',
        line: `GET /v1/audit/commands?cursor=${Buffer.from(`["' OR 1=1","x","y"]`).toString('base64url')}`,
        token: cast.bob,
      }),
      400,
      'query_invalid',
    ],
  ]);
});

describe('T22 clicks that Slack did not send', () => {
  const click =
    (secret: () => string, seconds = 0) =>
    (): Attack => {
      const { teamId, users } = composition.standIns.slack;
      const payload = {
        type: 'block_actions',
        team: { id: teamId },
        api_app_id: composition.standIns.slack.appId,
        user: { id: users.alice },
        trigger_id: 'forged',
        container: { type: 'message', message_ts: '1.1', channel_id: 'C1' },
        actions: [{ action_id: 'drawbridge_approve', value: pending }],
      };
      const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
      const timestamp = ago(seconds);
      const hmac = createHmac('sha256', secret()).update(`v0:${timestamp}:${body}`);
      const headers = [
        'Content-Type: application/x-www-form-urlencoded',
        `X-Slack-Request-Timestamp: ${timestamp}`,
        `X-Slack-Signature: v0=${hmac.digest('hex')}`,
      ];
      return { to: 'approvals', line: 'POST /slack/events', headers, body };
    };
  const genuine = () => composition.standIns.slack.signingSecret;
  refuses([
    ['signed with a guess', click(() => 'guess'), 401, ''],
    ['signed ten minutes ago', click(genuine, 600), 401, ''],
    ['signed in the future', click(genuine, -600), 401, ''],
    ['genuine, but not on our card', click(genuine), 200, ''],
  ]);
});

describe('T19 addresses that a token names', () => {
  let asked = 0;
  const canary = createServer((_request, response) => {
    asked += 1;
    response.end('{}');
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => canary.close());
  const address = () => `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
  afterEach(() => {
    expect(asked).toBe(0);
  });
  refuses([
    ['as issuer', withToken(() => tokens.agent({ iss: address() })), 401, 'token_issuer_unknown'],
    [
      'as jku and x5u',
      withToken(() =>
        tokens.withHeader({ alg: 'RS256', kid: 'x', jku: address(), x5u: address() }),
      ),
      401,
      'token_key_unknown',
    ],
  ]);
});

describe('all at once', () => {
  it('T27 one key with six bodies is one request', async () => {
    await answered();
    const before = await lastSequence('ACCESS');
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        send({
          to: 'ingress',
          line: 'POST /v1/access-requests',
          token: cast.oncall,
          headers: [json, 'Idempotency-Key: race'],
          body: ask(`race-${index}`),
        }),
      ),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 201).map(({ code }) => code);
    expect(new Set(others)).toEqual(new Set(['idempotency_key_reused']));
    const [{ text } = { text: '' }] = created;
    const [, id = ''] = /location: \/v1\/access-requests\/(\S+)/i.exec(text) ?? [];
    await until(id, 'pending');
    await answered();
    expect(await lastSequence('ACCESS')).toBe(before + 3);
  });

  it('T15 approve, deny and withdraw leave one outcome, and no grant beside another', async () => {
    for (const name of ['a', 'b', 'c']) {
      const id = await submitted(`outcome-${name}`);
      await until(id, 'pending');
      await Promise.all([
        decide(id, cast.alice, 'approve'),
        decide(id, cast.alice, 'approve'),
        decide(id, cast.bob, 'deny'),
        send({ to: 'ingress', line: `DELETE /v1/access-requests/${id}`, token: cast.oncall }),
      ]);
      await answered();
      const line = `GET /v1/audit/events?request=${id}`;
      const { body } = await api('audit', line, { token: cast.bob });
      const types = (body as { items: { type: string }[] }).items.map(({ type }) => type);
      const ends = ['AccessRequestRejected', 'AccessRequestWithdrawn', 'AccessRequestLapsed'];
      expect(types.filter((type) => ends.includes(type)).length, types.join()).toBeLessThan(2);
      expect(types.filter((type) => type === 'GrantIssued').length).toBeLessThan(2);
      await eventually(async () => {
        expect(['rejected', 'withdrawn', 'revoked']).toContain((await viewOf(id)).status);
      });
    }
    expect(composition.dead).toEqual([]);
  });
});

describe('an auditor who is no auditor of ours', () => {
  it.each(["agent=' OR 1=1 --", 'name=%27)%20OR%20(1=1', 'connection={grant:UUID}'])(
    'finds nothing by %s',
    async (query) => {
      const line = `GET /v1/audit/commands?${query.replaceAll(' ', '%20')}`;
      expect(await api('audit', line, { token: cast.bob })).toEqual({
        status: 200,
        body: { items: [] },
      });
    },
  );
});

describe('T11 T26 while a call is under way', () => {
  it('T26 nothing is forwarded off the record, though the bus dies in between', async () => {
    const before = await lastSequence('COMMANDS');
    const from = cluster.received.length;
    let running = true;
    const load = Array.from({ length: 4 }, async () => {
      while (running) await send({ line: gatewayLine(deployment), token: cast.oncall });
    });
    await delay(600);
    await composition.kill('nats');
    const whenDead = cluster.received.length;
    await delay(1_000);
    expect(cluster.received.length - whenDead).toBeLessThan(5);
    await composition.startAgain('nats');
    running = false;
    await Promise.all(load);
    const started = (await recordsSince(before))
      .filter(({ type }) => type === 'CommandStarted')
      .map(({ commandId }) => commandId);
    const forwarded = cluster.received.slice(from).map(({ commandId }) => commandId);
    expect(forwarded.length).toBeGreaterThan(0);
    expect(forwarded.filter((id) => !started.includes(id))).toEqual([]);
    expect(composition.dead).toEqual([]);
  });

  it('T11 a watch ends with the withdrawal, and says why', async () => {
    const id = await submitted('watched');
    await granted(id);
    const path = '/apis/apps/v1/namespaces/payments/deployments';
    const line = `${path}?watch=1&fieldSelector=metadata.name%3Dwatched`;
    const watch = openWatch(line);
    await watch.opened;
    await send({ to: 'ingress', line: `DELETE /v1/access-requests/${id}`, token: cast.oncall });
    expect(await watch.ended).toContain('grant_withdrawn');
    const again = await send({ line: gatewayLine(line), token: cast.oncall });
    expect(again).toMatchObject({ status: 403, code: 'not_in_scope' });
  });
});

function openWatch(path: string): { opened: Promise<void>; ended: Promise<string> } {
  const opened = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<string>();
  const { base, ca } = composition.gateway;
  const headers = { authorization: `Bearer ${cast.oncall}` };
  httpsRequest(`${base}${path}`, { ca, agent: false, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      opened.resolve(undefined);
    });
    response.on('error', () => undefined).on('close', () => ended.resolve(text));
  })
    .on('error', ended.reject)
    .end();
  return { opened: opened.promise, ended: ended.promise };
}

describe('T20 afterwards', () => {
  it('the refusals of the session stand in the record under its request', async () => {
    const { body } = await api('ingress', 'GET /v1/access-requests?status=granted', {
      token: cast.oncall,
    });
    const [request] = (body as { items: { id: string }[] }).items;
    const line = `GET /v1/audit/commands?decision=deny&request=${request?.id}`;
    await eventually(async () => {
      const { body: page } = await api('audit', line, { token: cast.bob });
      const reasons = (page as { items: { decision: { reason: string } }[] }).items;
      expect(reasons.map(({ decision }) => decision.reason)).toContain('not_in_scope');
    });
  });

  it('no secret stands in a log or on an open page', async () => {
    const { addresses, slack } = composition.standIns;
    const pages = ['/readyz', '/healthz', '/openapi.json', '/.well-known/drawbridge', '/metrics'];
    const urls = Object.entries(addresses)
      .filter(([name]) => name !== 'gateway')
      .flatMap(([, address]) => pages.map((page) => `${address}${page}`));
    const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
    const everything = [composition.output, ...texts].join('\n');
    const secrets = [
      CLUSTER_TOKEN,
      slack.botToken,
      slack.signingSecret,
      ...Object.values<string>({ ...cast }),
    ];
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
    expect(composition.dead).toEqual([]);
  });
});
