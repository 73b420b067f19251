import {
  ActivityRow,
  BlockedRow,
  CallRow,
  OffHoursRow,
  Problem,
  questionPage,
  SessionDiffRow,
  TouchedRow,
  type CommandRecord,
} from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { tokenOf } from './demo-tokens.js';
import { agent, commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
const auditor = tokenOf('bob', 'human', ['auditors']);
const otherGrant = '019c0000-0000-7000-8000-000000000003';
const nobodysGrant = '019c0000-0000-7000-8000-00000000ffff';
const shopRequest = '019c0000-0000-7000-8000-000000000007';
const shopGrant = '019c0000-0000-7000-8000-000000000006';
const other = { ...agent, subject: 'agent-shop', owner: 'gina@corp.test' };
/** Of somebody else. */
const stranger = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };

const ask = (path: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit/${path}`, { headers: { authorization: `Bearer ${token}` } });

async function items<Row extends z.ZodType>(
  row: Row,
  path: string,
  token = auditor,
): Promise<z.infer<Row>[]> {
  const response = await ask(path, token);
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return questionPage(row).parse(body).items;
}

/** A command that was allowed and has ended. */
function done(
  at: string,
  change: Parameters<typeof started>[1] = {},
  end: Parameters<typeof ended>[1] = {},
): CommandRecord[] {
  const id = commandIdAt(at);
  const grant = change.grantId ?? grantId;
  return [started(id, change), ended(id, { grantId: grant, ...end })];
}

const pod = { resource: 'pods', apiGroup: '', name: 'checkout-1' };
const records: CommandRecord[] = [
  // A Monday in winter: 09:00 UTC is 10:00 in Berlin.
  ...done('2026-01-05T09:00:00Z'),
  ...done('2026-01-05T09:00:01Z', { verb: 'get', method: 'GET' }, { masked: 2 }),
  ...done('2026-01-05T09:00:02Z', {
    verb: 'create',
    ...pod,
    subresource: 'exec',
    matched: [{ rule: 'shells/note', action: 'recordOnly' }],
  }),
  ...done('2026-01-05T09:00:03Z', { verb: 'deletecollection', name: '' }),
  refused(commandIdAt('2026-01-05T09:00:04Z'), { verb: 'delete' }),
  refused(commandIdAt('2026-01-05T09:00:05Z'), {
    verb: 'delete',
    rule: 'deletion/namespaces',
    matched: [{ rule: 'deletion/namespaces', action: 'deny' }],
    decision: { effect: 'deny', reason: 'guardrail_denied', message: 'no' },
  }),
  ...done('2026-01-05T09:00:06Z', {
    verb: 'delete',
    name: 'checkout',
    rule: 'deletion/deployments',
    holdId: '019c0000-0000-7000-8000-0000000000aa',
  }),
  // The path of a namespace is one in that namespace.
  ...done('2026-01-06T10:00:00Z', {
    ...{ agent: other, grantId: shopGrant, accessRequestId: shopRequest },
    ...{ verb: 'get', method: 'GET', apiGroup: '' },
    ...{ resource: 'namespaces', namespace: 'shop', name: 'shop' },
  }),
  ...done('2026-01-06T10:00:01Z', {
    agent: other,
    grantId: shopGrant,
    accessRequestId: shopRequest,
    namespace: 'shop',
  }),
  refused(commandIdAt('2025-12-30T10:00:00Z'), {
    ...{ agent: other, grantId: shopGrant, accessRequestId: shopRequest },
    ...{ verb: 'get', apiGroup: '', resource: '', namespace: '', name: '' },
    path: '/openapi/v3',
  }),
  // A Saturday, and a Tuesday at 07:30 in Berlin.
  ...done('2026-01-10T12:00:00Z', { grantId: otherGrant }, { statusCode: 409 }),
  ...done('2026-01-13T06:30:00Z', { grantId: otherGrant, verb: 'get', method: 'GET' }),
  ...done('2026-01-05T09:00:07Z', {
    agent: stranger,
    grantId: '019c0000-0000-7000-8000-000000000004',
    rule: 'secret-rule/of-fred',
    warnings: [],
  }),
  refused(commandIdAt('2026-01-05T09:00:08Z'), {
    agent: stranger,
    grantId: '019c0000-0000-7000-8000-000000000004',
    rule: 'secret-rule/of-fred',
  }),
];
const all = '&since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z';
const checkout =
  'touched?connection=prod-eks&namespace=payments&resource=deployments&name=checkout';

beforeAll(async () => {
  audit = await startTestAudit();
  for (const record of records) await recordCommands(audit.connection, record);
  await audit.caughtUp();
  const [row] = await audit.store.rows(
    "SELECT count() AS n, countIf(effect != '' AND (effect = 'deny' OR outcome != '')) AS whole FROM drawbridge.commands FINAL",
  );
  expect(row).toEqual({ n: 14, whole: 14 });
});
afterAll(() => audit.stop());

describe('who touched an object', () => {
  it('tells each agent and grant, what they did, and calls that may have made or deleted it unnamed', async () => {
    const rows = await items(TouchedRow, `${checkout}${all}&agent=agent-oncall`);
    expect(rows).toEqual([
      expect.objectContaining({ grantId: otherGrant, reach: 'object', calls: 2, changes: 1 }),
      {
        agentIssuer: agent.issuer,
        agentSubject: 'agent-oncall',
        agentOwner: 'dana@corp.test',
        connection: 'prod-eks',
        namespace: 'payments',
        grantId,
        accessRequestId: '019c0000-0000-7000-8000-000000000002',
        reach: 'object',
        calls: 5,
        changes: 2,
        refused: 2,
        verbs: ['delete', 'get', 'patch'],
        firstAt: '2026-01-05T09:00:00.000Z',
        lastAt: '2026-01-05T09:00:06.000Z',
      },
      expect.objectContaining({ reach: 'collection', calls: 1, verbs: ['deletecollection'] }),
    ]);
  });

  it('finds it in whichever namespace when none is named, a namespace itself too', async () => {
    const rows = await items(TouchedRow, 'touched?resource=deployments&name=checkout');
    expect(new Set(rows.map(({ namespace }) => namespace))).toEqual(new Set(['payments', 'shop']));
    // Which object a create makes nobody can tell: one in another namespace is no answer.
    expect(new Set(rows.map(({ reach }) => reach))).toEqual(new Set(['object']));
    expect(await items(TouchedRow, 'touched?resource=namespaces&name=shop')).toMatchObject([
      { namespace: 'shop', calls: 1, verbs: ['get'] },
    ]);
    expect(
      await items(TouchedRow, 'touched?resource=deployments&name=checkout&namespace=shop'),
    ).toMatchObject([{ namespace: 'shop', calls: 1 }]);
  });

  it('looks at subresources, and at one of them when it is named', async () => {
    const asked = 'touched?namespace=payments&name=checkout-1';
    for (const resource of ['pods', 'pods/exec']) {
      const rows = await items(TouchedRow, `${asked}&resource=${resource}`);
      expect(rows).toMatchObject([{ calls: 1, changes: 1, verbs: ['create exec'] }]);
    }
    expect(await items(TouchedRow, `${asked}&resource=pods/log`)).toEqual([]);
    expect(await items(TouchedRow, `${asked}&resource=pods&group=apps`)).toEqual([]);
    expect(await items(TouchedRow, `${asked}&resource=pods&group=core`)).toHaveLength(1);
  });
});

describe('what an agent did', () => {
  it.each([
    ['kind', 5],
    ['day', 3],
    ['grant', 2],
  ])('by %s', async (by, count) => {
    const rows = await items(ActivityRow, `activity?agent=agent-oncall&by=${by}${all}`);
    expect(rows).toHaveLength(count);
    const sum = (field: 'calls' | 'changes' | 'refused' | 'held' | 'masked' | 'failed') =>
      rows.reduce((total, row) => total + row[field], 0);
    expect([sum('calls'), sum('changes'), sum('refused')]).toEqual([9, 5, 2]);
    expect([sum('held'), sum('masked'), sum('failed')]).toEqual([1, 1, 1]);
  });

  it('is asked of the last week when no time is given', async () => {
    const response = await ask('activity?agent=agent-oncall');
    const page = questionPage(ActivityRow).parse(await response.json());
    expect(page.items).toEqual([]);
    expect(Date.parse(page.until) - Date.parse(page.since ?? '')).toBe(7 * 86_400_000);
  });
});

describe('what was blocked', () => {
  it('is told by rule and reason', async () => {
    const rows = await items(BlockedRow, `blocked?agent=agent-oncall${all}`);
    const said = rows.map(({ kind, rule, reason, calls, passed }) => [
      ...[kind, rule, reason, calls, passed],
    ]);
    expect(said).toEqual([
      ['denied', 'deletion/namespaces', 'guardrail_denied', 1, 0],
      ['held', 'deletion/deployments', 'grant_allows', 1, 1],
      ['masked', '', 'mask', 1, 1],
      ['refused', '', 'grant_missing', 1, 0],
    ]);
  });

  it('names a call on no resource by its path', async () => {
    const december = '&since=2025-12-01T00:00:00Z&until=2026-01-01T00:00:00Z';
    expect(await items(CallRow, `blocked?by=call${december}`)).toMatchObject([
      { verb: 'get', resource: '', path: '/openapi/v3' },
    ]);
    const [deployment] = await items(CallRow, `blocked?by=call${all}`);
    expect(deployment?.path).toBe('');
  });

  it('is every call of a rule or of a kind', async () => {
    const asked = `blocked?by=call${all}`;
    const denied = await items(CallRow, `${asked}&rule=deletion/namespaces`);
    expect(denied).toMatchObject([{ verb: 'delete', outcome: 'refused', kinds: ['denied'] }]);
    expect(await items(CallRow, `${asked}&kind=held,masked`)).toHaveLength(2);
    expect(await items(CallRow, asked)).toHaveLength(5);
  });
});

describe('what ran outside of business hours', () => {
  const berlin = `off-hours?agent=agent-oncall&timeZone=Europe/Berlin&by=call${all}`;
  const at = async (path: string) =>
    (await items(CallRow, path)).map(({ receivedAt }) => receivedAt.slice(0, 16));

  it.each([
    ['', ['2026-01-13T06:30', '2026-01-10T12:00']],
    ['&hours=07:00-18:00', ['2026-01-10T12:00']],
    ['&hours=07:30-18:00', ['2026-01-10T12:00']],
    ['&hours=07:31-18:00', ['2026-01-13T06:30', '2026-01-10T12:00']],
    ['&hours=00:00-24:00&days=mon,tue,sat', []],
    // Over midnight: the early Tuesday belongs to Monday night.
    [
      '&hours=22:00-08:00&days=mon,sat',
      ['2026-01-10T12:00', ...Array.from({ length: 7 }, () => '2026-01-05T09:00')],
    ],
    ['&hours=00:00-24:00&days=mon,tue,sat&holidays=2026-01-13', ['2026-01-13T06:30']],
    ['&changes=true', ['2026-01-10T12:00']],
  ])('with %s', async (query, expected) => {
    expect(await at(`${berlin}${query}`)).toEqual(expected);
  });

  it('is told by agent and local day', async () => {
    const rows = await items(OffHoursRow, `off-hours?timeZone=Asia/Tokyo&hours=18:01-24:00${all}`);
    expect(rows).toMatchObject([
      { day: '2026-01-13', agentSubject: 'agent-oncall', calls: 1 },
      { day: '2026-01-10', calls: 1 },
      { day: '2026-01-05', agentSubject: 'agent-oncall', calls: 7, changes: 4, refused: 2 },
      { day: '2026-01-05', agentSubject: 'agent-billing', calls: 2 },
    ]);
  });
});

describe('what two sessions did', () => {
  it('is told apart by kind of call', async () => {
    const rows = await items(SessionDiffRow, `diff?one=${grantId}&other=${otherGrant}`);
    const said = rows.map(({ side, verb, resource, name, oneCalls, otherCalls }) => [
      ...[side, verb, resource, name, oneCalls, otherCalls],
    ]);
    expect(said).toEqual([
      ['both', 'get', 'deployments', 'checkout', 1, 1],
      ['both', 'patch', 'deployments', 'checkout', 1, 1],
      ['one', 'delete', 'deployments', 'checkout', 3, 0],
      ['one', 'deletecollection', 'deployments', '', 1, 0],
      ['one', 'create', 'pods', 'checkout-1', 1, 0],
    ]);
    expect(rows[1]).toMatchObject({ oneOutcomes: ['200'], otherOutcomes: ['409'] });
    expect(rows[2]?.oneOutcomes).toEqual([
      '200',
      'refused: grant_missing',
      'refused: guardrail_denied',
    ]);
  });

  it('takes access requests for their grants', async () => {
    const asked = await items(SessionDiffRow, `diff?one=${shopRequest}&other=${otherGrant}`);
    expect(asked).toEqual(await items(SessionDiffRow, `diff?one=${shopGrant}&other=${otherGrant}`));
    expect(asked.some(({ oneCalls }) => oneCalls > 0)).toBe(true);
  });

  it.each([
    ['one', `one=${nobodysGrant}&other=${otherGrant}`],
    ['other', `one=${otherGrant}&other=${nobodysGrant}&format=csv`],
  ])('says that there is no %s, and takes it for no idle one', async (_, query) => {
    const response = await ask(`diff?${query}`);
    expect(response.status).toBe(404);
    const { code, detail } = Problem.parse(await response.json());
    expect(code).toBe('session_unknown');
    expect(detail).toContain(nobodysGrant);
  });

  it('may leave names out of it', async () => {
    const asked = `diff?one=${grantId}&other=${otherGrant}&ignore=name,namespace`;
    const rows = await items(SessionDiffRow, asked);
    expect(rows).toHaveLength(5);
    expect(new Set(rows.map(({ name, namespace }) => name + namespace))).toEqual(new Set(['']));
  });
});

describe('an answer', () => {
  it('comes in pages that hold each row once, whatever is recorded meanwhile', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const response = await ask(`blocked?by=call&limit=2&since=2026-01-01T00:00:00Z${cursor}`);
      const page = questionPage(CallRow).parse(await response.json());
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  it('is CSV that no spreadsheet runs', async () => {
    const evil = commandIdAt('2026-03-01T09:00:00Z');
    const subject = '\u202e@evil,"x"';
    const call = { namespace: 'evil', name: '=cmd|x', agent: { ...agent, subject } };
    await recordCommands(audit.connection, started(evil, call));
    const asked = `touched?namespace=evil&resource=deployments&name=${encodeURIComponent('=cmd|x')}`;
    await eventually(async () => expect(await items(TouchedRow, asked)).toHaveLength(1));
    const response = await ask(
      'off-hours?by=call&format=csv&since=2026-03-01T00:00:00Z&until=2026-03-02T00:00:00Z',
    );
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(response.headers.get('content-disposition')).toContain('drawbridge-off-hours.csv');
    const [head, line, ...rest] = (await response.text()).split('\r\n');
    expect(head).toBe(
      'id,receivedAt,agentIssuer,agentSubject,agentOwner,connection,grantId,verb,apiGroup,resource,subresource,namespace,name,outcome,statusCode,reason,rule,kinds,path',
    );
    expect(line).toContain(`,"\\u{202e}@evil,""x""",`);
    expect(line).toContain(`,'=cmd|x,`);
    expect(rest).toEqual(['']);
  });

  it('is lines of JSON, each a row', async () => {
    const response = await ask(`blocked?format=jsonl${all}`);
    const lines = (await response.text()).trimEnd().split('\n');
    const rows = lines.map((line) => BlockedRow.parse(JSON.parse(line)));
    expect(rows).toEqual(await items(BlockedRow, `blocked?limit=1000${all}`));
  });

  it('is Parquet that has the same rows', async () => {
    for (const [row, path] of [
      [BlockedRow, `blocked?${all}`],
      [CallRow, `blocked?by=call${all}`],
      [TouchedRow, `${checkout}${all}`],
      [ActivityRow, `activity?agent=agent-oncall${all}`],
      [OffHoursRow, `off-hours?a${all}`.replace('?a&', '?')],
      [SessionDiffRow, `diff?one=${grantId}&other=${otherGrant}`],
    ] as const) {
      const response = await ask(`${path}&format=parquet`);
      expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
      const file = Buffer.from(await response.arrayBuffer());
      expect(file.subarray(0, 4).toString()).toBe('PAR1');
      const read = await readParquet(file);
      expect(read.map((one) => row.parse(one))).toEqual(await items<z.ZodType>(row, path));
      expect(Object.keys(read[0] ?? {}).every((name) => name in row.shape)).toBe(true);
    }
  });

  it.each([
    ['blocked?format=csv&limit=5', 'query.limit'],
    ['blocked?format=parquet&cursor=abc', 'query.cursor'],
    ['blocked?format=xml', 'query.format'],
    ['blocked?limit=0', 'query.limit'],
    ['blocked?limit=1001', 'query.limit'],
    ['blocked?cursor=abc', 'query.cursor'],
    ['blocked?kind=everything', 'query.kind.0'],
    ['blocked?by=agent', 'query.by'],
    ['blocked?sql=SELECT', 'query.sql'],
    ['touched?resource=pods', 'query.name'],
    ['activity', 'query.agent'],
    ['off-hours?timeZone=Europe/Nowhere', 'query.timeZone'],
    ["off-hours?timeZone=UTC')", 'query.timeZone'],
    ['off-hours?timeZone=%2B01:00', 'query.timeZone'],
    ['off-hours?hours=9-5', 'query.hours'],
    ['off-hours?days=someday', 'query.days.0'],
    ['off-hours?holidays=2026-02-30', 'query.holidays.0'],
    ['diff?one=x&other=y', 'query.one'],
    [`diff?one=${grantId}&other=${grantId}&ignore=verb`, 'query.ignore.0'],
  ])('is refused for %s, which names the field', async (path, field) => {
    const response = await ask(path);
    expect(response.status).toBe(400);
    const { code, errors } = Problem.parse(await response.json());
    expect(code).toBe('query_invalid');
    expect(errors?.map((error) => error.field)).toContain(field);
  });

  it.each(["x' OR '1'='1", '{rowLimit:UInt32}', "\\' OR 1=1 --", '*) FROM system.users --'])(
    'takes %j for a value and nothing else',
    async (hostile) => {
      const value = encodeURIComponent(hostile);
      for (const path of [
        `touched?resource=${value}&name=${value}&namespace=${value}&group=${value}`,
        `activity?agent=${value}&namespace=${value}`,
        `blocked?rule=${value}&connection=${value}${all}`,
        `off-hours?agent=${value}${all}`,
      ]) {
        expect(((await (await ask(path)).json()) as { items: unknown[] }).items).toEqual([]);
      }
    },
  );

  it('does not take a cursor of another question', async () => {
    const response = await ask(`blocked?limit=1${all}`);
    const { nextCursor = '' } = questionPage(BlockedRow).parse(await response.json());
    const other = await ask(`blocked?limit=1&kind=held&cursor=${nextCursor}`);
    expect(Problem.parse(await other.json()).errors?.[0]?.field).toBe('query.cursor');
  });
});

/** Rows of a file, as ClickHouse reads them. */
async function readParquet(file: Buffer): Promise<Record<string, unknown>[]> {
  const rows = await audit.store.rows(
    `SELECT * FROM format(Parquet, base64Decode('${file.toString('base64')}')) SETTINGS date_time_output_format = 'iso'`,
  );
  return (rows as Record<string, unknown>[]).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
  );
}
