import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { expandMacros } from './expand-macros.js';
import { agent, commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import { requestHistory } from './sample-events.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const infra = join(import.meta.dirname, '../../../infra/grafana');
const read = (...path: string[]) => readFileSync(join(infra, ...path), 'utf8');

const Datasource = z.strictObject({
  type: z.literal('grafana-clickhouse-datasource'),
  uid: z.string(),
});
const Panel = z.object({
  title: z.string().min(1),
  description: z.string().min(10),
  type: z.enum(['timeseries', 'table', 'stat']),
  datasource: Datasource,
  gridPos: z.strictObject({ h: z.int(), w: z.int(), x: z.int(), y: z.int() }),
  targets: z.tuple([
    z.object({
      datasource: Datasource,
      queryType: z.enum(['timeseries', 'table']),
      format: z.union([z.literal(0), z.literal(1)]),
      rawSql: z.string(),
    }),
  ]),
});
type Panel = z.infer<typeof Panel>;
const Dashboard = z.object({ uid: z.string(), title: z.string(), panels: z.array(Panel).min(1) });

const names = ['access.json', 'record.json'];
const dashboards = names.map((name) => Dashboard.parse(JSON.parse(read('dashboards', name))));
const panels = dashboards.flatMap((dashboard) => dashboard.panels);
const Provisioned = z.object({
  datasources: z.tuple([z.looseObject({ uid: z.string(), type: z.string() })]),
});

const HOUR = 3600;
const range = () => ({
  from: new Date('2026-01-01T00:00:00Z'),
  to: new Date(Date.now() + HOUR * 1000),
  intervalSeconds: HOUR,
});
const day = '2026-01-05T09';

let audit: TestAudit;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-dashboards-'));
  const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  const file = join(directory, 'key.pem');
  writeFileSync(file, key);
  chmodSync(file, 0o600);
  // Panels name no database: the data source has one of its own.
  audit = await startTestAudit({
    CLICKHOUSE_DATABASE: 'default',
    AUDIT_SIGNING_KEY_FILE: file,
    AUDIT_SEAL_SECONDS: '1',
  });
  await publishEverything();
});
afterAll(async () => {
  await audit.stop();
  rmSync(directory, { recursive: true });
});

type Row = Readonly<Record<string, unknown>>;
const rowsOf = async (panel: Panel): Promise<readonly Row[]> => {
  const sql = expandMacros(panel.targets[0].rawSql, range());
  return z.array(z.record(z.string(), z.unknown())).parse(await audit.store.rows(sql));
};
const panelOf = (title: string): Panel => {
  const found = panels.find((panel) => panel.title === title);
  if (found === undefined) throw new Error(`no panel ${title}`);
  return found;
};
const rows = (title: string) => rowsOf(panelOf(title));
/** A column of a panel's rows summed up by another. */
const sums = async (title: string, by: string, value: string) => {
  const found: Record<string, number> = {};
  for (const row of await rows(title)) {
    const name = String(row[by]);
    found[name] = (found[name] ?? 0) + Number(row[value]);
  }
  return found;
};

const published = async (subject: string, event: object) => {
  const aggregateId = subject.split('.').at(-1) ?? '';
  const envelope = {
    ...{ id: randomUUID(), schemaVersion: 1, aggregateId, correlationId: aggregateId },
    ...{ causationId: 'test', actor: { kind: 'service', id: 'policy' }, previousHash: null },
    ...event,
  };
  await audit.connection.jetstream.publish(subject, JSON.stringify(envelope));
};

async function publishEverything(): Promise<void> {
  const [asked, , granted] = requestHistory;
  const request = `drawbridge.access.${randomUUID()}`;
  await published(request, { ...asked, at: `${day}:00:00.000Z` });
  await published(request, { type: 'ApprovalRequested', data: {}, at: `${day}:00:10.000Z` });
  await published(request, { type: 'AccessRequestApproved', data: {}, at: `${day}:01:40.000Z` });
  await published(request, { ...granted, at: `${day}:01:41.000Z` });
  const open = `drawbridge.access.${randomUUID()}`;
  const endsAt = new Date(Date.now() + HOUR * 1000).toISOString();
  const at = new Date().toISOString();
  await published(open, { type: 'GrantIssued', data: { ...granted?.data, endsAt }, at });
  const denied = `drawbridge.access.${randomUUID()}`;
  await published(denied, { type: 'AccessRequestDenied', data: {}, at: `${day}:05:00.000Z` });
  const hold = `drawbridge.holds.${randomUUID()}`;
  await published(hold, { type: 'CommandHeld', data: {}, at: `${day}:10:00.000Z` });
  await published(hold, { type: 'HoldDenied', data: {}, at: `${day}:10:30.000Z` });
  const viewed = { commandId: randomUUID(), viewer: agent, how: 'cast', connection: 'prod-eks' };
  await published(`drawbridge.audit-events.${randomUUID()}`, {
    ...{ type: 'RecordingViewed', data: viewed, at: `${day}:20:00.000Z` },
  });
  await published(`drawbridge.audit-events.${randomUUID()}`, {
    ...{ type: 'UnrecordedCallFound', data: {}, at: `${day}:21:00.000Z` },
  });
  await published(`drawbridge.audit-events.${randomUUID()}`, {
    ...{ type: 'SealingStopped', data: {}, at: `${day}:22:00.000Z` },
  });
  const allowed = commandIdAt(`${day}:00:00Z`);
  const rule = 'deletion/namespaces';
  const met = { rule, matched: [{ rule, action: 'deny' as const }] };
  await recordCommands(
    audit.connection,
    ...[started(allowed, { verb: 'get' }), ended(allowed)],
    started(commandIdAt(`${day}:00:01Z`), { holdId: randomUUID() }),
    refused(commandIdAt(`${day}:00:02Z`), met),
    refused(commandIdAt(`${day}:00:03Z`)),
  );
  await audit.connection.jetstream.publish(`drawbridge.commands.prod-eks.${grantId}`, 'no record');
  await audit.caughtUp(['ACCESS', 'AUDIT', 'COMMANDS', 'HOLDS']);
  await eventually(async () => {
    const checked = await rows('Integrity: last checkpoint of each stream');
    expect(checked.map(({ stream }) => stream)).toEqual(['ACCESS', 'AUDIT', 'COMMANDS', 'HOLDS']);
    for (const row of checked) expect(row).toMatchObject({ not_sealed: 0 });
  });
}

describe('the files that Grafana is given', () => {
  it('are what make-dashboards.mjs writes', () => {
    const script = join(infra, 'make-dashboards.mjs');
    const printed = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
    const files = z.record(z.string(), z.string()).parse(JSON.parse(printed));
    expect(Object.keys(files)).toEqual(names);
    for (const name of names) expect(read('dashboards', name)).toBe(files[name]);
  });

  it('name the one data source, which is provisioned', () => {
    const { datasources } = Provisioned.parse(
      parse(read('provisioning', 'datasources', 'record.yaml')),
    );
    const [{ uid, type }] = datasources;
    for (const panel of panels) {
      expect(panel.datasource).toEqual({ uid, type });
      expect(panel.targets[0].datasource).toEqual({ uid, type });
    }
  });

  it('are shown nowhere over each other', () => {
    for (const { panels: own } of dashboards) {
      const cells = own.flatMap(({ gridPos: { h, w, x, y } }) =>
        Array.from({ length: h * w }, (_, n) => `${x + (n % w)}:${y + Math.floor(n / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
    }
  });

  it('are described, each panel, in docs/dashboards.md', () => {
    const page = readFileSync(join(infra, '../../docs/dashboards.md'), 'utf8');
    for (const { title } of panels) expect(page).toContain(`| ${title}`);
  });
});

describe('the user of the data source', () => {
  const users = readFileSync(join(infra, '../clickhouse/users.d/drawbridge-reader.xml'), 'utf8');
  const readable = [...users.matchAll(/GRANT SELECT ON drawbridge\.(\w+)/g)].map(
    ([, name]) => name,
  );

  it('may read what the panels read', () => {
    const asked = panels.flatMap(({ targets: [{ rawSql }] }) =>
      [...rawSql.matchAll(/\bFROM (\w+)/g)].map(([, table]) => table),
    );
    expect(asked.filter((table) => !readable.includes(table))).toEqual([]);
  });

  it('may read tables that there are', async () => {
    expect(readable.length).toBeGreaterThan(5);
    for (const table of readable) {
      const columns = await audit.store.rows(`DESCRIBE TABLE ${String(table)}`);
      expect(columns, table).not.toEqual([]);
    }
  });

  it('may read no body and no recording, and change nothing', () => {
    expect(readable).not.toContain('bodies');
    expect(readable).not.toContain('session_chunks');
    expect(users.match(/GRANT (?!SELECT ON drawbridge\.\w+<)/g)).toBeNull();
    expect(users).toContain('<readonly>2</readonly>');
  });
});

describe('macros', () => {
  const time = {
    from: new Date(1_415_792_726_000),
    to: new Date(1_447_328_726_000),
    intervalSeconds: 20,
  };
  it.each([
    ['$__timeFilter(time)', 'time >= toDateTime(1415792726) AND time <= toDateTime(1447328726)'],
    ['$__timeInterval(c)', 'toStartOfInterval(toDateTime(c), INTERVAL 20 second)'],
    ['$__interval_s', '20'],
    ['$__fromTime, $__toTime', 'toDateTime(1415792726), toDateTime(1447328726)'],
  ])('%s is what the data source makes of it', (sql, expanded) =>
    expect(expandMacros(sql, time)).toBe(expanded),
  );

  it.each(['$__nope', '$__timeFilter', '$__timeFilter()', '$__fromTime(x)', '$connection', '${x}'])(
    '%s is not passed over',
    (sql) => expect(() => expandMacros(sql, time)).toThrow(),
  );
});

describe('every panel', () => {
  it.each(panels.map((panel) => [panel.title, panel] as const))(
    '%s gives rows of the form that it is shown in',
    async (_, panel) => {
      const found = await rowsOf(panel);
      expect(found).not.toEqual([]);
      const columns = Object.keys(found[0] ?? {});
      if (panel.type === 'stat') expect([found.length, columns.length]).toEqual([1, 1]);
      if (panel.type === 'timeseries') {
        expect(panel.targets[0]).toMatchObject({ queryType: 'timeseries', format: 0 });
        expect(columns[0]).toBe('time');
        const [, ...values] = Object.values(found[0] ?? {});
        expect(values.at(-1)).toEqual(expect.any(Number));
      } else expect(panel.targets[0]).toMatchObject({ queryType: 'table', format: 1 });
    },
  );
});

describe('what panels say', () => {
  it('of requests, grants and holds', async () => {
    expect(await sums('Requests and grants', 'what', 'events')).toEqual({
      ...{ asked: 1, granted: 2, 'denied by policy': 1 },
    });
    expect(await sums('Held calls', 'what', 'holds')).toEqual({ held: 1, denied: 1 });
    expect(await rows('Open grants')).toEqual([{ open_grants: 1 }]);
    expect(await rows('Time to approve a request')).toMatchObject([{ median: 90, p95: 90 }]);
    expect(await rows('Time to decide a held call')).toMatchObject([{ median: 30, p95: 30 }]);
  });

  it('of calls', async () => {
    expect(await sums('Calls by decision', 'decision', 'commands')).toEqual({
      ...{ allowed: 1, held: 1, 'denied by a guardrail': 1, refused: 1 },
    });
    expect(await rows('Top guardrails')).toEqual([
      { guardrail: 'deletion/namespaces', commands: 1, denied: 1, held: 0, agents: 1 },
    ]);
    expect(await rows('Refusals by reason')).toEqual([
      { reason: 'grant_missing', commands: 2, agents: 1 },
    ]);
    expect(await rows('Agent activity')).toMatchObject([
      {
        agent: 'agent-oncall',
        commands: 4,
        writes: 3,
        denied: 2,
        held: 1,
        connections: 1,
        grants: 1,
      },
    ]);
  });

  it('of the record', async () => {
    expect(await rows('Parked lines')).toEqual([{ lines: 1 }]);
    expect(await rows('Unrecorded calls')).toEqual([{ calls: 1 }]);
    expect(await rows('Sealing stopped')).toEqual([{ outages: 1 }]);
    expect(await rows('Recordings viewed')).toMatchObject([
      { connection: 'prod-eks', how: 'cast' },
    ]);
    const lags = await rows('Ingest lag, p99');
    expect(new Set(lags.map(({ stream }) => stream))).toEqual(
      new Set(['ACCESS', 'AUDIT', 'CHECKPOINTS', 'COMMANDS', 'HOLDS']),
    );
    for (const { p99 } of lags) expect(p99).toBeLessThan(300);
    const [sealed] = await rows('Integrity: last checkpoint of each stream');
    expect(sealed).toMatchObject({ stream: 'ACCESS', messages_sealed: 6, sealed_up_to: 6 });
  });

  it('changes with one denial more, and with one that is repeated does not', async () => {
    expect(await rows('Denied calls')).toEqual([{ denied: 2 }]);
    const another = refused(commandIdAt(`${day}:00:09Z`));
    await recordCommands(audit.connection, another);
    await eventually(async () => expect(await rows('Denied calls')).toEqual([{ denied: 3 }]));
    await recordCommands(audit.connection, another);
    const last = commandIdAt(`${day}:00:10Z`);
    await recordCommands(audit.connection, started(last, { verb: 'list' }));
    await eventually(async () =>
      expect(await sums('Calls by decision', 'decision', 'commands')).toMatchObject({ allowed: 2 }),
    );
    expect(await rows('Denied calls')).toEqual([{ denied: 3 }]);
  });

  it('says how long a message waited while ClickHouse was away', async () => {
    const longest = async () => Number((await rows('Longest wait for a row'))[0]?.['longest']);
    const before = await longest();
    await audit.pause();
    await recordCommands(audit.connection, refused(commandIdAt(`${day}:00:11Z`)));
    const waitedMs = before * 1000 + 1_500;
    await new Promise((resolve) => setTimeout(resolve, waitedMs));
    await audit.restart();
    await eventually(async () => expect(await longest()).toBeGreaterThanOrEqual(before + 1));
  });
});
