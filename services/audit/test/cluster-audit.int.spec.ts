import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlarmPage, UnseenPage, type CallAlarmView } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { OwnCallKeys } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const GATEWAY = 'system:serviceaccount:drawbridge:gateway';
const token = randomBytes(24).toString('base64url');
const digest = createHash('sha256').update(token).digest('hex');
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-cluster-audit-'));
const log = join(directory, 'audit.log');
const keysFile = join(directory, 'own-call-keys');
writeFileSync(keysFile, randomBytes(32).toString('base64'));
const keys = OwnCallKeys.read('OWN_CALL_KEYS_FILE', keysFile);
const connectionOf = (name: string, more: object = {}) =>
  JSON.stringify({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name },
    spec: {
      environment: 'test',
      server: 'https://cluster.test',
      credential: { type: 'bearerToken', file: 'token' },
      ...more,
    },
  });
const clusterAudit = { users: [GATEWAY, 'arn:aws:sts::1:assumed-role/gateway/*'] };

let audit: TestAudit;
beforeAll(async () => {
  const config = join(directory, 'connections.yaml');
  const documents = [
    connectionOf('prod-eks', {
      clusterAudit: { ...clusterAudit, file: log, tokenDigests: [`sha256:${digest}`] },
    }),
    connectionOf('staging', {
      clusterAudit: { ...clusterAudit, tokenDigests: [`sha256:${digest}`] },
      identity: { mode: 'impersonate' },
    }),
    ...['large', 'malformed'].map((name) =>
      connectionOf(name, { clusterAudit: { ...clusterAudit, tokenDigests: [`sha256:${digest}`] } }),
    ),
    connectionOf('plain'),
  ];
  writeFileSync(config, documents.join('\n---\n'));
  writeFileSync(log, `${JSON.stringify(eventOf({ auditID: 'of before audit was there' }))}\n`);
  audit = await startTestAudit({ CONFIG_DIR: directory, OWN_CALL_KEYS_FILE: keysFile });
  // The log is followed from its end: from here on.
  await eventually(async () =>
    expect(await audit.store.rows('SELECT * FROM drawbridge.cluster_log_positions')).toHaveLength(
      1,
    ),
  );
});
afterAll(async () => {
  await audit.stop();
  rmSync(directory, { recursive: true });
});

const now = () => new Date();
const newId = () => commandIdAt(now().toISOString());
let microseconds = 0;
/** No two requests are received in the same microsecond. */
const instant = () => {
  microseconds = (microseconds + 1) % 1_000;
  return now()
    .toISOString()
    .replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
};

function eventOf(change: object = {}) {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: newId(),
    stage: 'ResponseComplete',
    requestURI:
      '/apis/apps/v1/namespaces/payments/deployments/checkout?fieldManager=kubectl-rollout',
    verb: 'patch',
    user: { username: GATEWAY, groups: ['system:serviceaccounts'] },
    sourceIPs: ['203.0.113.7'],
    userAgent: 'curl/8',
    objectRef: {
      resource: 'deployments',
      namespace: 'payments',
      name: 'checkout',
      apiGroup: 'apps',
      apiVersion: 'v1',
    },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: instant(),
    stageTimestamp: instant(),
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...change,
  };
}

const send = (connection: string, body: unknown, authorization = `Bearer ${token}`) =>
  fetch(`${audit.url()}/v1/cluster-audit/${connection}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const tell = async (connection: string, ...items: object[]) => {
  const answer = await send(connection, {
    kind: 'EventList',
    apiVersion: 'audit.k8s.io/v1',
    items,
  });
  expect(answer.status).toBe(200);
  return answer.json();
};
const asAuditor = (path: string, init: RequestInit = {}) =>
  fetch(`${audit.url()}/v1/audit/${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${tokenOf('bob', 'human', ['auditors'])}`,
      'content-type': 'application/json',
    },
  });
const alarms = async (query = '?state=all&limit=1000'): Promise<CallAlarmView[]> =>
  AlarmPage.parse(await (await asAuditor(`alarms${query}`)).json()).items.flatMap((alarm) =>
    'call' in alarm ? [alarm] : [],
  );
const alarmsOf = async (auditId: string) =>
  (await alarms()).filter((alarm) => alarm.auditId === auditId);
const lossesOf = async (connection: string) =>
  (await alarms()).filter((one) => one.connection === connection).map(({ reason }) => reason);
const startedNow = (id: string, change: object = {}) =>
  started(id, { at: now().toISOString(), ...change });
/** Once this has been found, all that was told before has been judged. */
const settled = async () => {
  const auditID = `marker ${randomBytes(8).toString('hex')}`;
  await tell('prod-eks', eventOf({ auditID }));
  await eventually(async () => expect(await alarmsOf(auditID)).toHaveLength(1), {
    timeoutMs: 45_000,
  });
};

describe('a call that a cluster saw', () => {
  it('and that the record has is no alarm, in whatever stages it comes, however often', async () => {
    const id = newId();
    await recordCommands(audit.connection, startedNow(id));
    const seen = eventOf({ auditID: id });
    await tell('prod-eks', { ...seen, stage: 'RequestReceived', responseStatus: undefined }, seen);
    await tell('prod-eks', seen);
    await settled();
    expect(await alarmsOf(id)).toStrictEqual([]);
  });

  it('and that nobody recorded is an alarm, once, with what the cluster said', async () => {
    const seen = eventOf({
      verb: 'get',
      requestURI: '/api/v1/namespaces/payments/secrets/db?token=sesame',
      objectRef: { resource: 'secrets', namespace: 'payments', name: 'db', apiVersion: 'v1' },
    });
    await tell('prod-eks', seen);
    await tell('prod-eks', seen);
    await settled();
    await audit.restart();
    await tell('prod-eks', { ...seen, stage: 'RequestReceived' });
    await settled();
    const found = await alarmsOf(seen.auditID);
    expect(found).toMatchObject([
      {
        connection: 'prod-eks',
        reason: 'no_such_command',
        call: {
          receivedAt: seen.requestReceivedTimestamp,
          user: GATEWAY,
          resource: 'secrets',
          path: '/api/v1/namespaces/payments/secrets/db',
          statusCode: 200,
          sourceAddresses: ['203.0.113.7'],
          userAgent: 'curl/8',
        },
      },
    ]);
    expect(JSON.stringify(found)).not.toContain('sesame');
    const stored = await audit.store.rows('SELECT * FROM drawbridge.cluster_calls');
    expect(JSON.stringify(stored)).not.toContain('sesame');
  });

  it('with the id of a command that was something else is an alarm', async () => {
    const [other, elsewhere, refusedId] = [newId(), newId(), newId()];
    await recordCommands(audit.connection, startedNow(other));
    await recordCommands(audit.connection, startedNow(elsewhere));
    await recordCommands(audit.connection, refused(refusedId, { at: now().toISOString() }));
    await tell(
      'prod-eks',
      eventOf({ auditID: other, verb: 'delete' }),
      eventOf({ auditID: refusedId }),
    );
    await tell('staging', eventOf({ auditID: elsewhere }));
    await settled();
    const reasons = await Promise.all(
      [other, elsewhere, refusedId].map(async (id) => (await alarmsOf(id)).map((a) => a.reason)),
    );
    expect(reasons).toStrictEqual([['other_call'], ['other_connection'], ['refused_command']]);
  });

  it('with the id of a command that the cluster saw already is one alarm, whichever came first', async () => {
    const id = newId();
    await recordCommands(audit.connection, startedNow(id));
    const [first, second] = [eventOf({ auditID: id }), eventOf({ auditID: id })];
    // The later one is told first, as of another API server.
    await tell('prod-eks', second);
    await settled();
    expect(await alarmsOf(id)).toStrictEqual([]);
    await tell('prod-eks', first);
    await settled();
    expect(await alarmsOf(id)).toMatchObject([{ reason: 'id_used_again', commandId: id }]);
  });

  it('as nobody, where agents are impersonated, is an alarm; as the agent it is none', async () => {
    const [nobody, asAgent] = [newId(), newId()];
    const extra = { 'drawbridge.dev/command': [asAgent], 'drawbridge.dev/grant': [grantId] };
    for (const id of [nobody, asAgent]) {
      await recordCommands(audit.connection, startedNow(id, { connection: 'staging' }));
    }
    // A change of the configuration is given a minute.
    const requestReceivedTimestamp = new Date(Date.now() + 120_000).toISOString();
    const impersonatedUser = { username: 'drawbridge:https://idp.test#agent-oncall', extra };
    await tell(
      'staging',
      eventOf({ auditID: nobody, requestReceivedTimestamp }),
      eventOf({ auditID: asAgent, impersonatedUser, requestReceivedTimestamp }),
    );
    await settled();
    expect(await alarmsOf(nobody)).toMatchObject([{ reason: 'other_identity' }]);
    expect(await alarmsOf(asAgent)).toStrictEqual([]);
  });

  it('is judged by its latest stage: whom it is for is not said when it is received', async () => {
    const [good, bad] = [newId(), newId()];
    await recordCommands(
      audit.connection,
      startedNow(good, { connection: 'staging' }),
      startedNow(bad, { connection: 'staging' }),
    );
    // A change of the configuration is given a minute.
    const requestReceivedTimestamp = new Date(Date.now() + 120_000).toISOString();
    const received = (auditID: string) =>
      eventOf({ auditID, requestReceivedTimestamp, stage: 'RequestReceived' });
    await tell('staging', received(good), received(bad));
    await settled();
    expect([...(await alarmsOf(good)), ...(await alarmsOf(bad))]).toStrictEqual([]);
    const extra = { 'drawbridge.dev/command': [good], 'drawbridge.dev/grant': [grantId] };
    const impersonatedUser = { username: 'drawbridge:agent', extra };
    await tell(
      'staging',
      eventOf({ auditID: good, requestReceivedTimestamp, impersonatedUser }),
      eventOf({ auditID: bad, requestReceivedTimestamp }),
    );
    await eventually(
      async () => expect(await alarmsOf(bad)).toMatchObject([{ reason: 'other_identity' }]),
      { timeoutMs: 45_000 },
    );
    expect(await alarmsOf(good)).toStrictEqual([]);
  });

  it('of a command that never ended is one call, also days later', async () => {
    const at = new Date(Date.now() - 50 * 3_600_000).toISOString();
    const id = commandIdAt(at);
    await recordCommands(audit.connection, started(id, { at }));
    await tell('prod-eks', eventOf({ auditID: id, requestReceivedTimestamp: at }));
    await settled();
    expect(await alarmsOf(id)).toStrictEqual([]);
    await tell('prod-eks', eventOf({ auditID: id }));
    await eventually(
      async () => expect(await alarmsOf(id)).toMatchObject([{ reason: 'id_used_again' }]),
      { timeoutMs: 45_000 },
    );
  });

  it('that a gateway made for itself is no alarm, unless somebody uses its id again', async () => {
    const target = '/apis/rbac.authorization.k8s.io/v1/roles?limit=500';
    const call = { connection: 'prod-eks', method: 'GET', target };
    const list = { verb: 'list', requestURI: target, objectRef: { resource: 'roles' } };
    const [once, again] = [keys.idFor(call, now()), keys.idFor(call, new Date(Date.now() + 1))];
    await tell('prod-eks', eventOf({ ...list, auditID: once }));
    await tell(
      'prod-eks',
      eventOf({ ...list, auditID: again }),
      eventOf({ ...list, auditID: again }),
    );
    const stolen = keys.idFor(call, new Date(Date.now() + 2));
    await tell('prod-eks', eventOf({ auditID: stolen }));
    await settled();
    expect(await alarmsOf(once)).toStrictEqual([]);
    expect(await alarmsOf(again)).toMatchObject([{ reason: 'id_used_again' }]);
    expect(await alarmsOf(stolen)).toMatchObject([{ reason: 'no_such_command' }]);
  });

  it('of somebody else is nobody’s business', async () => {
    const user = (username: string) => ({ user: { username } });
    const human = eventOf(user('alice@corp.test'));
    const role = eventOf(user('arn:aws:sts::1:assumed-role/gateway/session-7'));
    await tell('prod-eks', human, role);
    await settled();
    expect(await alarmsOf(human.auditID)).toStrictEqual([]);
    expect(await alarmsOf(role.auditID)).toHaveLength(1);
    const rows = await audit.store.rows(
      "SELECT * FROM drawbridge.cluster_calls WHERE user = 'alice@corp.test'",
    );
    expect(rows).toStrictEqual([]);
  });

  it('is not judged before all is stored that was recorded until then', async () => {
    const id = newId();
    await audit.pause();
    await recordCommands(audit.connection, startedNow(id));
    await audit.restart();
    await tell('prod-eks', eventOf({ auditID: id }));
    await settled();
    expect(await alarmsOf(id)).toStrictEqual([]);
  });

  it('is one alarm of many when there are thousands, and the rest is said to be more', async () => {
    const minute = '2026-01-05T09:30:';
    const flood = Array.from({ length: 150 }, (_, index) =>
      eventOf({
        auditID: `flood ${index}`,
        requestReceivedTimestamp: `${minute}00.${String(index).padStart(6, '0')}Z`,
      }),
    );
    await tell('prod-eks', ...flood);
    await settled();
    const found = (await alarms()).filter(({ auditId }) => auditId.startsWith('flood'));
    expect(found.filter(({ andMore }) => andMore !== true)).toHaveLength(100);
    expect(found.filter(({ andMore }) => andMore === true)).toHaveLength(1);
  });
});

describe('an alarm', () => {
  it('is counted until somebody has said that they know of it', async () => {
    await settled();
    const figure = async (): Promise<unknown> => {
      const body: unknown = await (await fetch(`${audit.url()}/readyz`)).json();
      return (body as { figures: Record<string, number> }).figures['unrecordedCalls'];
    };
    const open = await alarms('?limit=1000');
    await eventually(async () => expect(await figure()).toBe(open.length), { timeoutMs: 45_000 });
    const [one] = open;
    const review = async (id: string, body: object) =>
      asAuditor(`alarms/${id}/review`, { method: 'POST', body: JSON.stringify(body) });
    expect((await review(one!.id, { comment: 'the token was rotated' })).status).toBe(200);
    expect((await review(one!.id, { comment: 'once more' })).status).toBe(200);
    await eventually(async () => expect(await figure()).toBe(open.length - 1), {
      timeoutMs: 45_000,
    });
    expect(await alarms('?state=reviewed')).toMatchObject([
      { id: one!.id, review: { by: 'bob', comment: 'the token was rotated' } },
    ]);
    expect((await alarms('?limit=1000')).map(({ id }) => id)).not.toContain(one!.id);
    expect((await review(`u_${'0'.repeat(32)}`, { comment: 'x' })).status).toBe(404);
    for (const [id, body] of [
      [one!.id, {}],
      [one!.id, { comment: '' }],
      [one!.id, { comment: 'a\nb' }],
      ['all', { comment: 'x' }],
    ] as const) {
      expect((await review(id, body)).status).toBe(400);
    }
  });

  it('is for auditors only, and names bad filters', async () => {
    const as = (who: string, path: string, method = 'GET') =>
      fetch(`${audit.url()}/v1/audit/${path}`, {
        method,
        headers: { authorization: `Bearer ${who}` },
      });
    const paths = [
      ['alarms', 'GET'],
      ['unseen?connection=prod-eks', 'GET'],
      [`alarms/u_${'0'.repeat(32)}/review`, 'POST'],
    ] as const;
    for (const [path, method] of paths) {
      expect((await as(tokenOf('erin', 'human', ['developers']), path, method)).status).toBe(403);
      expect((await as(tokenOf('agent', 'agent', ['auditors']), path, method)).status).toBe(403);
      expect((await as(token, path, method)).status).toBe(401);
    }
    for (const query of [
      'alarms?state=x',
      'alarms?limit=0',
      'alarms?since=x',
      'unseen',
      'unseen?connection=a&until=x',
    ]) {
      expect((await asAuditor(query)).status).toBe(400);
    }
  });
});

describe('a command that was forwarded', () => {
  it('and that the cluster never saw is named when one asks', async () => {
    const [seen, unseen, denied, failed] = [newId(), newId(), newId(), newId()];
    for (const id of [seen, unseen, failed]) await recordCommands(audit.connection, startedNow(id));
    await recordCommands(audit.connection, ended(unseen, { at: now().toISOString() }));
    await recordCommands(
      audit.connection,
      ended(failed, { at: now().toISOString(), outcome: 'upstream_failed' }),
    );
    await recordCommands(audit.connection, refused(denied));
    await tell('prod-eks', eventOf({ auditID: seen }));
    await settled();
    const ids = async (query: string) =>
      UnseenPage.parse(await (await asAuditor(`unseen?${query}`)).json()).items;
    const found = await ids('connection=prod-eks&limit=1000');
    expect(found.find(({ commandId }) => commandId === unseen)).toMatchObject({
      connection: 'prod-eks',
      agent: 'agent-oncall',
      verb: 'patch',
      outcome: 'completed',
      statusCode: 200,
    });
    const known = found.map(({ commandId }) => commandId);
    for (const id of [seen, denied, failed]) expect(known).not.toContain(id);
    expect(await ids('connection=prod-eks&until=2026-01-01T00:00:00Z')).toStrictEqual([]);
    const whether = async (connection: string) =>
      UnseenPage.parse(await (await asAuditor(`unseen?connection=${connection}`)).json()).logSeen;
    expect(await whether('prod-eks')).toBe(true);
    // Of a cluster that nobody reads the log of, nothing can be said to be missing.
    expect(await whether('nobody-reads-it')).toBe(false);
  });
});

describe('the log file of an API server', () => {
  const write = (...events: object[]) =>
    appendFileSync(log, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const found = (id: string) =>
    eventually(async () => expect(await alarmsOf(id)).toHaveLength(1), { timeoutMs: 45_000 });

  it('is followed as it grows, also when a line comes in parts', async () => {
    const [one, two] = [eventOf(), eventOf()];
    write(one);
    const text = JSON.stringify(two);
    appendFileSync(log, text.slice(0, 40));
    await found(one.auditID);
    appendFileSync(log, `${text.slice(40)}\n`);
    await found(two.auditID);
  });

  it('is followed through rotation, and through a restart, without a gap', async () => {
    const [before, after, meanwhile, rotated, last] = [1, 2, 3, 4, 5].map(() => eventOf());
    write(before!);
    renameSync(log, join(directory, 'audit-2026-11-22T10-00-00.000.log'));
    write(after!);
    await found(before!.auditID);
    await found(after!.auditID);
    await audit.pause();
    write(meanwhile!);
    renameSync(log, join(directory, 'audit-2026-11-22T11-00-00.000.log'));
    write(rotated!);
    await audit.restart();
    await found(meanwhile!.auditID);
    await found(rotated!.auditID);
    truncateSync(log, 0);
    await eventually(async () => {
      const query = 'SELECT offset FROM drawbridge.cluster_log_positions FINAL';
      expect(await audit.store.rows(query)).toStrictEqual([{ offset: 0 }]);
    });
    write(last!);
    await found(last!.auditID);
  });

  it('is read on behind what cannot be read, which is counted', async () => {
    const figure = async (): Promise<unknown> => {
      const body: unknown = await (await fetch(`${audit.url()}/readyz`)).json();
      return (body as { figures: Record<string, number> }).figures['clusterEventsUnreadable'];
    };
    const unreadable = Number(await figure());
    const good = eventOf();
    appendFileSync(
      log,
      `{"kind":"Event","user":{"usern\n\n[1]\n${JSON.stringify({ ...eventOf(), verb: 7 })}\n`,
    );
    write(good);
    await found(good.auditID);
    expect(Number(await figure()) - unreadable).toBe(3);
  });

  it('says nothing of what stood in it before audit was there', async () => {
    await settled();
    expect(await alarmsOf('of before audit was there')).toStrictEqual([]);
  });
});

describe('who sends the log of a cluster', () => {
  const list = () => ({ kind: 'EventList', items: [eventOf()] });

  it.each([
    ['without a token', ''],
    ['with another token', `Bearer ${'x'.repeat(32)}`],
    ['with a longer token', `Bearer ${token}x`],
    ['with the digest of the token', `Bearer sha256:${digest}`],
    ['with another scheme', `Basic ${token}`],
    ['with a token of a human', `Bearer ${tokenOf('bob', 'human', ['auditors'])}`],
  ])('%s is refused, and nothing is read', async (_, authorization) => {
    const answer = await send('prod-eks', list(), authorization);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'cluster_token_refused' });
  });

  it('is refused alike for connections without a log and those that there are not', async () => {
    for (const connection of ['plain', 'nowhere', '..%2fprod-eks', 'prod-eks%00']) {
      const answer = await send(connection, list());
      expect([connection, answer.status]).toStrictEqual([connection, 401]);
    }
  });

  it.each([
    ['no JSON', '{"kind":'],
    ['no list', '{"kind":"PodList","items":[]}'],
    ['nothing', ''],
    ['a number', '7'],
  ])('is refused for %s', async (_, body) => {
    const answer = await send('prod-eks', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'cluster_log_malformed' });
  });

  it('is refused for a body that is too large, without reading it', async () => {
    const answer = await send('prod-eks', 'x'.repeat(17 * 1024 * 1024));
    expect(answer.status).toBe(413);
  });

  it.each([
    ['too large', 'x'.repeat(17 * 1024 * 1024), 'large'],
    ['no list', 'x', 'malformed'],
  ])('is an alarm when it is %s: it is not sent again', async (_, body, connection) => {
    expect((await send(connection, body, 'Bearer x')).status).toBe(401);
    expect(await lossesOf(connection)).toStrictEqual([]);
    expect((await send(connection, body)).status).toBeGreaterThanOrEqual(400);
    await eventually(
      async () => expect(await lossesOf(connection)).toStrictEqual(['log_unreadable']),
      { timeoutMs: 45_000 },
    );
    // One for an hour, however often; the test may run into the next one.
    await send(connection, body);
    await settled();
    expect((await lossesOf(connection)).length).toBeLessThanOrEqual(2);
  });

  it('is told how much of it could be read', async () => {
    const good = eventOf({ userAgent: '\u202e'.repeat(5_000), auditID: 'y'.repeat(5_000) });
    const items = [good, { ...eventOf(), stage: 'x' }, null, 'x', { user: { username: 7 } }];
    const answer = await send('prod-eks', { kind: 'EventList', items });
    expect(await answer.json()).toStrictEqual({ ours: 1, unreadable: 4 });
    await eventually(async () => expect(await alarmsOf('y'.repeat(128))).toHaveLength(1), {
      timeoutMs: 45_000,
    });
  });
});
