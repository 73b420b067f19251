import { UnseenPage } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ClusterAuditRig,
  eventOf,
  GATEWAY,
  newId,
  now,
  startedNow,
  token,
} from './cluster-audit-rig.js';
import { tokenOf } from './demo-tokens.js';
import { commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import type { TestAudit } from './test-audit.js';

let rig: ClusterAuditRig;
let audit: TestAudit;
beforeAll(async () => {
  rig = await ClusterAuditRig.start();
  ({ audit } = rig);
});
afterAll(() => rig.stop());

describe('a call that a cluster saw', () => {
  it('and that the record has is no alarm, in whatever stages it comes, however often', async () => {
    const id = newId();
    await recordCommands(audit.connection, startedNow(id));
    const seen = eventOf({ auditID: id });
    await rig.tell(
      'prod-eks',
      { ...seen, stage: 'RequestReceived', responseStatus: undefined },
      seen,
    );
    await rig.tell('prod-eks', seen);
    await rig.settled();
    expect(await rig.alarmsOf(id)).toStrictEqual([]);
  });

  it('and that nobody recorded is an alarm, once, with what the cluster said', async () => {
    const seen = eventOf({
      verb: 'get',
      requestURI: '/api/v1/namespaces/payments/secrets/db?token=sesame',
      objectRef: { resource: 'secrets', namespace: 'payments', name: 'db', apiVersion: 'v1' },
    });
    await rig.tell('prod-eks', seen);
    await rig.tell('prod-eks', seen);
    await rig.settled();
    await audit.restart();
    await rig.tell('prod-eks', { ...seen, stage: 'RequestReceived' });
    // Its record might still be on its way.
    await eventually(async () => expect(await rig.alarmsOf(seen.auditID)).toHaveLength(1));
    await rig.settled();
    const found = await rig.alarmsOf(seen.auditID);
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
    await rig.tell(
      'prod-eks',
      eventOf({ auditID: other, verb: 'delete' }),
      eventOf({ auditID: refusedId }),
    );
    await rig.tell('staging', eventOf({ auditID: elsewhere }));
    await rig.settled();
    const reasons = await Promise.all(
      [other, elsewhere, refusedId].map(async (id) =>
        (await rig.alarmsOf(id)).map((a) => a.reason),
      ),
    );
    expect(reasons).toStrictEqual([['other_call'], ['other_connection'], ['refused_command']]);
  });

  it('with the id of a command that the cluster saw already is one alarm, whichever came first', async () => {
    const id = newId();
    await recordCommands(audit.connection, startedNow(id));
    const [first, second] = [eventOf({ auditID: id }), eventOf({ auditID: id })];
    // The later one is told first, as of another API server.
    await rig.tell('prod-eks', second);
    await rig.settled();
    expect(await rig.alarmsOf(id)).toStrictEqual([]);
    await rig.tell('prod-eks', first);
    await rig.settled();
    expect(await rig.alarmsOf(id)).toMatchObject([{ reason: 'id_used_again', commandId: id }]);
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
    await rig.tell(
      'staging',
      eventOf({ auditID: nobody, requestReceivedTimestamp }),
      eventOf({ auditID: asAgent, impersonatedUser, requestReceivedTimestamp }),
    );
    await rig.settled();
    expect(await rig.alarmsOf(nobody)).toMatchObject([{ reason: 'other_identity' }]);
    expect(await rig.alarmsOf(asAgent)).toStrictEqual([]);
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
    await rig.tell('staging', received(good), received(bad));
    await rig.settled();
    expect([...(await rig.alarmsOf(good)), ...(await rig.alarmsOf(bad))]).toStrictEqual([]);
    const extra = { 'drawbridge.dev/command': [good], 'drawbridge.dev/grant': [grantId] };
    const impersonatedUser = { username: 'drawbridge:agent', extra };
    await rig.tell(
      'staging',
      eventOf({ auditID: good, requestReceivedTimestamp, impersonatedUser }),
      eventOf({ auditID: bad, requestReceivedTimestamp }),
    );
    await eventually(
      async () => expect(await rig.alarmsOf(bad)).toMatchObject([{ reason: 'other_identity' }]),
      { timeoutMs: 45_000 },
    );
    expect(await rig.alarmsOf(good)).toStrictEqual([]);
  });

  it('of a command that never ended is one call, also days later', async () => {
    const at = new Date(Date.now() - 50 * 3_600_000).toISOString();
    const id = commandIdAt(at);
    await recordCommands(audit.connection, started(id, { at }));
    await rig.tell('prod-eks', eventOf({ auditID: id, requestReceivedTimestamp: at }));
    await rig.settled();
    expect(await rig.alarmsOf(id)).toStrictEqual([]);
    await rig.tell('prod-eks', eventOf({ auditID: id }));
    await eventually(
      async () => expect(await rig.alarmsOf(id)).toMatchObject([{ reason: 'id_used_again' }]),
      { timeoutMs: 45_000 },
    );
  });

  it('that a gateway made for itself is no alarm, unless somebody uses its id again', async () => {
    const target = '/apis/rbac.authorization.k8s.io/v1/roles?limit=500';
    const call = { connection: 'prod-eks', method: 'GET', target };
    const list = { verb: 'list', requestURI: target, objectRef: { resource: 'roles' } };
    const [once, again] = [
      rig.keys.idFor(call, now()),
      rig.keys.idFor(call, new Date(Date.now() + 1)),
    ];
    await rig.tell('prod-eks', eventOf({ ...list, auditID: once }));
    await rig.tell(
      'prod-eks',
      eventOf({ ...list, auditID: again }),
      eventOf({ ...list, auditID: again }),
    );
    const stolen = rig.keys.idFor(call, new Date(Date.now() + 2));
    await rig.tell('prod-eks', eventOf({ auditID: stolen }));
    await rig.settled();
    expect(await rig.alarmsOf(once)).toStrictEqual([]);
    expect(await rig.alarmsOf(again)).toMatchObject([{ reason: 'id_used_again' }]);
    expect(await rig.alarmsOf(stolen)).toMatchObject([{ reason: 'no_such_command' }]);
  });

  it('of somebody else is nobody’s business', async () => {
    const user = (username: string) => ({ user: { username } });
    const human = eventOf(user('alice@corp.test'));
    const role = eventOf(user('arn:aws:sts::1:assumed-role/gateway/session-7'));
    await rig.tell('prod-eks', human, role);
    await rig.settled();
    expect(await rig.alarmsOf(human.auditID)).toStrictEqual([]);
    expect(await rig.alarmsOf(role.auditID)).toHaveLength(1);
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
    await rig.tell('prod-eks', eventOf({ auditID: id }));
    await rig.settled();
    expect(await rig.alarmsOf(id)).toStrictEqual([]);
  });

  it('is one alarm of many when there are thousands, and the rest is said to be more', async () => {
    const minute = '2026-01-05T09:30:';
    const flood = Array.from({ length: 150 }, (_, index) =>
      eventOf({
        auditID: `flood ${index}`,
        requestReceivedTimestamp: `${minute}00.${String(index).padStart(6, '0')}Z`,
      }),
    );
    await rig.tell('prod-eks', ...flood);
    await rig.settled();
    const found = (await rig.alarms()).filter(({ auditId }) => auditId.startsWith('flood'));
    expect(found.filter(({ andMore }) => andMore !== true)).toHaveLength(100);
    expect(found.filter(({ andMore }) => andMore === true)).toHaveLength(1);
  });
});

describe('an alarm', () => {
  it('is counted until somebody has said that they know of it', async () => {
    await rig.settled();
    const figure = async (): Promise<unknown> => {
      const body: unknown = await (await fetch(`${audit.url()}/readyz`)).json();
      return (body as { figures: Record<string, number> }).figures['unrecordedCalls'];
    };
    const open = await rig.alarms('?limit=1000');
    await eventually(async () => expect(await figure()).toBe(open.length), { timeoutMs: 45_000 });
    const [one] = open;
    const review = async (id: string, body: object) =>
      rig.asAuditor(`alarms/${id}/review`, { method: 'POST', body: JSON.stringify(body) });
    expect((await review(one!.id, { comment: 'the token was rotated' })).status).toBe(200);
    expect((await review(one!.id, { comment: 'once more' })).status).toBe(200);
    await eventually(async () => expect(await figure()).toBe(open.length - 1), {
      timeoutMs: 45_000,
    });
    expect(await rig.alarms('?state=reviewed')).toMatchObject([
      { id: one!.id, review: { by: 'bob', comment: 'the token was rotated' } },
    ]);
    expect((await rig.alarms('?limit=1000')).map(({ id }) => id)).not.toContain(one!.id);
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
      expect((await rig.asAuditor(query)).status).toBe(400);
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
    await rig.tell('prod-eks', eventOf({ auditID: seen }));
    await rig.settled();
    const ids = async (query: string) =>
      UnseenPage.parse(await (await rig.asAuditor(`unseen?${query}`)).json()).items;
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
      UnseenPage.parse(await (await rig.asAuditor(`unseen?connection=${connection}`)).json())
        .logSeen;
    expect(await whether('prod-eks')).toBe(true);
    // Of a cluster that nobody reads the log of, nothing can be said to be missing.
    expect(await whether('nobody-reads-it')).toBe(false);
  });
});
