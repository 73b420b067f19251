import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApprovalRow,
  ApproverRow,
  questionPage,
  UnusedPage,
  UnusedRow,
  type AccessEvent,
  type ApprovalRequirement,
  type Principal,
} from '@drawbridge/contracts';
import { loadConfiguration } from '@drawbridge/configuration';
import { recordCommands } from '@drawbridge/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { eventRow } from '../src/domain/event-row.js';
import { insertRows } from '../src/clickhouse/insert-rows.js';
import { tokenOf } from './demo-tokens.js';
import { stored } from './sample-events.js';
import { agent, commandIdAt, ended, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
const auditor = tokenOf('bob', 'human', ['auditors']);
const dana = tokenOf('human-dana', 'human', { groups: [], email: 'dana@corp.test' });
const ask = (path: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit/${path}`, { headers: { authorization: `Bearer ${token}` } });

async function items<Row extends z.ZodType>(row: Row, path: string, token = auditor) {
  const response = await ask(path, token);
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return questionPage(row).parse(body).items as z.infer<Row>[];
}

const id = (kind: string, n: number) =>
  `019c0000-0000-7000-8000-${kind.padEnd(4, '0')}${String(n).padStart(8, '0')}`;
const requestId = (n: number) => id('aaaa', n);
const grantId = (n: number) => id('bbbb', n);
const human = (name: string): Principal => ({
  kind: 'human',
  issuer: 'https://idp.test',
  subject: `human-${name}`,
  groups: ['sre-oncall'],
  email: `${name}@corp.test`,
});
const [alice, carl] = [human('alice'), human('carl')];
const stranger: Principal = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };

const rules = [
  {
    verbs: ['get', 'list', 'watch', 'patch'],
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets'],
    namespaces: ['payments'],
    resourceNames: ['checkout'],
  },
  { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] },
];
const terms = {
  connection: 'prod-eks',
  environment: 'production',
  action: 'rollout-restart',
  parameters: { namespace: 'payments', deployment: 'checkout' },
  rules,
  durationSeconds: 3600,
  reason: 'readiness probe failing',
};
const policy = { name: 'oncall', version: 'abc' };
const risk = { level: 'medium' as const, reasons: [] };
const steps: ApprovalRequirement = {
  type: 'steps',
  order: 'sequential',
  steps: [
    { type: 'humans', name: 'team', count: 1, groups: ['sre-oncall'] },
    { type: 'humans', name: 'security', count: 1, groups: ['sre-oncall'] },
  ],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
};

let sequence = 0;
/** Events of one request, each at so many seconds after nine. */
async function happened(
  request: number,
  facts: readonly (readonly [seconds: number, event: AccessEvent])[],
): Promise<void> {
  const rows = facts.map(([seconds, event]) => {
    sequence += 1;
    const at = new Date(Date.parse('2026-01-05T09:00:00Z') + seconds * 1000).toISOString();
    const whole = stored(event, { sequence, aggregateId: requestId(request), at });
    return {
      source: { message: { seq: sequence }, bytes: Buffer.from(JSON.stringify(whole)) },
      columns: eventRow(whole),
    };
  });
  await insertRows(audit.store, { table: 'events', rows });
}

const requested = (requester: Principal): AccessEvent => ({
  type: 'AccessRequested',
  data: {
    requester,
    request: {
      connection: 'prod-eks',
      scope: { action: 'rollout-restart', parameters: {} },
      durationSeconds: 3600,
      reason: 'x',
    },
    digest: 'abc',
  },
});
const issued = (
  n: number,
  grantee: Principal,
  change: Partial<Extract<AccessEvent, { type: 'GrantIssued' }>['data']['terms']> = {},
): AccessEvent => ({
  type: 'GrantIssued',
  data: {
    ...{ grantId: grantId(n), policy, grantee, terms: { ...terms, ...change }, approvers: [] },
    ...{ startsAt: '2026-01-05T09:02:00.000Z', endsAt: '2026-01-05T10:02:00.000Z' },
  },
});
const validated = (requester: Principal, asksNobody = false): AccessEvent => ({
  type: 'AccessRequestValidated',
  data: {
    ...{ policy, requester, terms, cuts: [], risk },
    approval: asksNobody ? { type: 'none' } : steps,
  },
});

async function call(n: number, at: string, change: Parameters<typeof started>[1]): Promise<void> {
  const commandId = commandIdAt(at);
  const of = { agent, grantId: grantId(n), ...change };
  await recordCommands(audit.connection, started(commandId, of));
  await recordCommands(
    audit.connection,
    ended(commandId, { grantId: grantId(n), at: at.replace('Z', '.500Z') }),
  );
}

beforeAll(async () => {
  audit = await startTestAudit();
  await happened(1, [
    [0, requested(agent)],
    [1, validated(agent)],
    [2, { type: 'ApprovalRequested', data: { approval: steps, decideBy: '2026-01-05T10:00:00Z' } }],
    [32, { type: 'ApprovalGiven', data: { approver: alice, via: 'slack', step: 'team' } }],
    [92, { type: 'ApprovalGiven', data: { approver: carl, via: 'http', step: 'security' } }],
    [92, { type: 'AccessRequestApproved', data: { approvers: [alice, carl] } }],
    [93, issued(1, agent)],
    [
      100,
      {
        type: 'ApprovalRequested',
        data: { approval: steps, decideBy: '2026-01-05T10:00:00Z', round: 2 },
      },
    ],
    [110, { type: 'ApprovalDenied', data: { approver: alice, via: 'slack', round: 2 } }],
    [111, { type: 'ExtensionClosed', data: { round: 2, outcome: 'rejected', by: alice } }],
  ]);
  await happened(2, [
    [200, requested(agent)],
    [201, validated(agent, true)],
    [203, issued(2, agent, { durationSeconds: 600 })],
  ]);
  await happened(3, [
    [300, requested({ ...alice, owner: 'dana@corp.test' })],
    [301, validated(alice)],
    [
      302,
      issued(3, alice, {
        breakGlass: {
          announce: ['C1'],
          ...{ tell: ['sre-oncall'], reviewGroups: ['sre-oncall'], reviewWithinSeconds: 86_400 },
        },
      }),
    ],
    [
      400,
      { type: 'ReviewRequested', data: { groups: ['sre-oncall'], dueBy: '2026-01-06T09:00:00Z' } },
    ],
    [
      460,
      {
        type: 'ReviewCompleted',
        data: { by: carl, via: 'http', verdict: 'justified', note: 'it was' },
      },
    ],
  ]);
  await happened(4, [
    [500, requested(stranger)],
    [501, validated(stranger)],
    [
      502,
      { type: 'ApprovalRequested', data: { approval: steps, decideBy: '2026-01-05T10:00:00Z' } },
    ],
    [503, { type: 'ApprovalDenied', data: { approver: carl, via: 'slack' } }],
    [503, { type: 'AccessRequestRejected', data: { by: carl } }],
    [504, issued(4, stranger)],
  ]);
  await call(1, '2026-01-05T09:03:00Z', { verb: 'get', name: 'checkout' });
  await call(1, '2026-01-05T09:04:00Z', { verb: 'patch', name: 'checkout' });
  const pods = { verb: 'get', apiGroup: '', resource: 'pods' };
  await call(1, '2026-01-05T09:05:00Z', { ...pods, name: 'checkout-7d9f-abcde' });
  await audit.caughtUp();
});
afterAll(() => audit.stop());

const january = 'since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z';

describe('grants that were wider than what was used', () => {
  it('are told with what nobody used', async () => {
    const page = UnusedPage.parse(await (await ask(`unused?${january}`)).json());
    expect(page.items).toHaveLength(4);
    expect(page.items.find((row) => row.grantId === grantId(1))).toEqual({
      grantId: grantId(1),
      accessRequestId: requestId(1),
      issuedAt: '2026-01-05T09:01:33.000Z',
      agentIssuer: agent.issuer,
      agentSubject: agent.subject,
      agentOwner: 'dana@corp.test',
      connection: 'prod-eks',
      policy: 'oncall',
      action: 'rollout-restart',
      calls: 3,
      unusedVerbs: ['list', 'watch'],
      unusedResources: ['statefulsets'],
      unusedNamespaces: [],
      unusedNames: [],
      grantedSeconds: 3600,
      usedSeconds: 181,
      wider: true,
    });
    expect(page.items.find((row) => row.grantId === grantId(2))).toMatchObject({
      ...{ calls: 0, usedSeconds: 0, unusedVerbs: ['get', 'list', 'patch', 'watch'] },
    });
  });

  it('come with the scope that would have done, as a document that loads', async () => {
    const page = UnusedPage.parse(
      await (await ask(`unused?${january}&grant=${grantId(1)},${grantId(2)}`)).json(),
    );
    expect(page.narrower).toMatchObject([
      {
        ...{ policy: 'oncall', action: 'rollout-restart', connections: ['prod-eks'] },
        ...{ grants: 2, idleGrants: 1, grantedSeconds: 3600, neededSeconds: 240 },
        rules: [
          {
            verbs: ['get', 'patch'],
            apiGroups: ['apps'],
            resources: ['deployments'],
            namespaces: ['{namespace}'],
            resourceNames: ['{deployment}'],
          },
          { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['{namespace}'] },
        ],
      },
    ]);
    const yaml = page.narrower[0]?.yaml ?? '';
    expect(yaml).toContain('maxDurationSeconds: 240');
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-narrower-'));
    try {
      await writeFile(join(directory, 'action.yaml'), yaml);
      const { actions } = await loadConfiguration(directory);
      const [action] = [...actions.values()];
      expect(JSON.stringify(action)).toContain('"name":"rollout-restart"');
      expect(JSON.stringify(action)).toContain('{deployment}');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('are a file too', async () => {
    const csv = await (await ask(`unused?${january}&format=csv`)).text();
    expect(csv.split('\r\n')).toHaveLength(6);
    const jsonl = await (await ask(`unused?${january}&format=jsonl`)).text();
    const rows = jsonl
      .trim()
      .split('\n')
      .map((line) => UnusedRow.parse(JSON.parse(line)));
    const response = await ask(`unused?${january}&format=parquet`);
    const file = Buffer.from(await response.arrayBuffer()).toString('base64');
    const read = await audit.store.rows(
      `SELECT * FROM format(Parquet, base64Decode('${file}')) SETTINGS date_time_output_format = 'iso'`,
    );
    expect(read).toEqual(rows);
  });

  it('come in pages', async () => {
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: UnusedPage = UnusedPage.parse(
        await (await ask(`unused?${january}&limit=3${cursor && `&cursor=${cursor}`}`)).json(),
      );
      seen.push(...page.items.map((row) => row.grantId));
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(4);
    expect(seen).toHaveLength(4);
  });

  it('are those of one policy, action or agent', async () => {
    const unusedItems = async (query: string) =>
      UnusedPage.parse(await (await ask(`unused?${january}&${query}`)).json()).items.length;
    expect(await unusedItems('policy=oncall')).toBe(4);
    expect(await unusedItems('policy=other')).toBe(0);
    expect(await unusedItems('action=rollout-restart')).toBe(4);
    expect(await unusedItems('agent=agent-billing')).toBe(1);
  });

  it('are not those that are open yet', async () => {
    const early = 'since=2026-01-05T09:00:00Z&until=2026-01-05T10:01:00Z';
    const page = UnusedPage.parse(await (await ask(`unused?${early}`)).json());
    expect(page.items).toEqual([]);
  });
});

describe('approvals', () => {
  it('are told by person, each from when their step was open', async () => {
    const rows = await items(ApproverRow, `approvals?${january}`);
    expect(rows.map((row) => [row.email, row.approved, row.denied, row.extensions])).toEqual([
      ['alice@corp.test', 1, 1, 1],
      ['carl@corp.test', 1, 1, 0],
    ]);
    expect(rows[0]).toMatchObject({ brokeGlass: 1, reviews: 0, medianSeconds: 30, p95Seconds: 30 });
    expect(rows[1]).toMatchObject({ brokeGlass: 0, reviews: 1, medianSeconds: 60, p95Seconds: 60 });
    const ofCarl = await items(ApproverRow, `approvals?${january}&approver=Carl@corp.test`);
    expect(ofCarl).toHaveLength(1);
  });

  it('are told by request and round', async () => {
    const rows = await items(ApprovalRow, `approvals?by=request&${january}`);
    const said = rows.map((row) => [row.accessRequestId, row.round, row.outcome, row.seconds]);
    expect(said).toEqual([
      [requestId(4), 1, 'rejected', 1],
      [requestId(3), 1, 'break_glass', 1],
      [requestId(2), 1, 'unasked', 2],
      [requestId(1), 2, 'rejected', 11],
      [requestId(1), 1, 'approved', 90],
    ]);
    expect(rows[4]).toMatchObject({
      approvers: ['alice@corp.test', 'carl@corp.test'],
      steps: ['team', 'security'],
    });
    expect(rows[1]).toMatchObject({ verdict: 'justified', reviewSeconds: 60 });
    expect(rows[3]).toMatchObject({ deniers: ['alice@corp.test'], approvers: [] });
  });

  it('are a file too', async () => {
    for (const by of ['person', 'request']) {
      const response = await ask(`approvals?by=${by}&${january}&format=parquet`);
      expect(
        Buffer.from(await response.arrayBuffer())
          .subarray(0, 4)
          .toString(),
      ).toBe('PAR1');
    }
  });
});

describe('the owner of an agent', () => {
  it('is told of that agent alone', async () => {
    const unused = UnusedPage.parse(await (await ask(`unused?${january}`, dana)).json());
    expect(unused.items.map((row) => row.grantId).sort()).toEqual([1, 2, 3].map(grantId));
    expect(unused.narrower).toMatchObject([{ grants: 3 }]);
    const hidden = await ask(`unused?${january}&grant=${grantId(4)}`, dana);
    expect(UnusedPage.parse(await hidden.json())).toMatchObject({ items: [], narrower: [] });
    const people = await items(ApproverRow, `approvals?${january}`, dana);
    expect(people.find((row) => row.email === 'carl@corp.test')).toMatchObject({ denied: 0 });
    const requests = await items(ApprovalRow, `approvals?by=request&${january}`, dana);
    expect(requests.map((row) => row.accessRequestId)).not.toContain(requestId(4));
    expect(
      await items(ApprovalRow, `approvals?by=request&agent=agent-billing&${january}`, dana),
    ).toEqual([]);
  });
});

describe('a grant that ended before its time', () => {
  it('is over, and an open one is not', async () => {
    const early = 'since=2026-01-05T00:00:00Z&until=2026-01-05T09:30:00Z';
    const told = async () =>
      UnusedPage.parse(await (await ask(`unused?${early}`)).json()).items.map((row) => row.grantId);
    expect(await told()).toEqual([]);
    await happened(2, [
      [250, { type: 'GrantEnded', data: { grantId: grantId(2), cause: 'idle' } }],
    ]);
    expect(await told()).toEqual([grantId(2)]);
  });
});
