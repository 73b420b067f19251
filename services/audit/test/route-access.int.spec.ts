import { createHash, generateKeyPairSync } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CommandBody, SessionChunk } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { requestHistory } from './sample-events.js';
import { agent, commandIdAt, ended, grantId, requestId, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

/*
 * Every route of audit, and who gets what of it. A route that is not in the table, or is no more, fails the test: who
 * adds one says here who may have it.
 */

const canary = 'canary-of-dana';
const command = commandIdAt('2026-01-05T09:00:00.000Z');
const content = `"${canary}"`;
const sha256 = createHash('sha256').update(content).digest('hex');
const span = 'since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z';

const callers = {
  auditor: tokenOf('bob', 'human', ['auditors']),
  owner: tokenOf('dana', 'human', { groups: [], email: 'dana@corp.test' }),
  'other owner': tokenOf('fred', 'human', { groups: [], email: 'fred@corp.test' }),
  'approver of others': tokenOf('alice', 'human', ['sre-oncall']),
  'the agent itself': tokenOf(agent.subject, 'agent', {
    groups: ['auditors'],
    email: 'dana@corp.test',
  }),
  nobody: '',
  'an expired auditor': tokenOf('bob', 'human', {
    ...{ groups: ['auditors'], email: 'bob@corp.test', endedSeconds: 3600 },
  }),
  'an expired owner': tokenOf('dana', 'human', {
    ...{ groups: [], email: 'dana@corp.test', endedSeconds: 3600 },
  }),
};
type Caller = keyof typeof callers;
type Statuses = Readonly<Record<Caller, number>>;

const expired = { nobody: 401, 'an expired auditor': 401, 'an expired owner': 401 } as const;
const strangers = { 'approver of others': 403, 'the agent itself': 403, ...expired } as const;
/** Whoever may read the record gets an answer; what is in it depends on whose rows they are. */
const rows: Statuses = { auditor: 200, owner: 200, 'other owner': 200, ...strangers };
/** One thing, which for others is not there. */
const one: Statuses = { ...rows, 'other owner': 404 };
const auditors: Statuses = { ...rows, owner: 403, 'other owner': 403 };
/** What does not exist, so that it is changed by nobody here. */
const auditorsOfNone: Statuses = { ...auditors, auditor: 404 };
const known: Statuses = { ...rows, 'approver of others': 200, 'the agent itself': 200 };
const clustersOnly: Statuses = {
  ...{ auditor: 401, owner: 401, 'other owner': 401, 'approver of others': 401 },
  ...{ 'the agent itself': 401, ...expired },
};

/** By route as it is declared: a path to ask, and what each caller gets. */
const table: Readonly<Record<string, readonly [path: string, statuses: Statuses]>> = {
  'GET v1/audit/sessions/:id': [`sessions/${grantId}`, one],
  'GET v1/audit/sessions/:id/bundle': [`sessions/${grantId}/bundle`, one],
  'GET v1/audit/commands': ['commands?limit=1000', rows],
  'GET v1/audit/events': ['events?limit=1000', rows],
  'GET v1/audit/holds': ['holds?limit=1000', rows],
  'GET v1/audit/stops': ['stops', auditors],
  'GET v1/audit/trail': ['trail', auditors],
  'GET v1/audit/sinks': ['sinks', auditors],
  'GET v1/audit/sinks/parked': ['sinks/parked', auditors],
  'POST v1/audit/sinks/parked/:sequence/retry': ['sinks/parked/999999/retry', auditorsOfNone],
  'GET v1/audit/recordings/:commandId': [`recordings/${command}`, one],
  'GET v1/audit/recordings/:commandId/pieces': [`recordings/${command}/pieces`, one],
  'GET v1/audit/recordings/:commandId/cast': [`recordings/${command}/cast`, one],
  'GET v1/audit/recordings/:commandId/follow': [`recordings/${command}/follow`, one],
  'GET v1/audit/commands/:id/bodies': [`commands/${command}/bodies`, one],
  'GET v1/audit/commands/:id/bodies/:direction': [`commands/${command}/bodies/response`, one],
  'GET v1/audit/commands/:id/proof': [`commands/${command}/proof`, one],
  'GET v1/audit/touched': [
    `touched?namespace=payments&resource=deployments&name=${canary}&${span}`,
    rows,
  ],
  'GET v1/audit/activity': [`activity?agent=${agent.subject}&${span}`, rows],
  'GET v1/audit/blocked': [`blocked?by=call&${span}`, rows],
  'GET v1/audit/off-hours': [`off-hours?by=call&${span}`, rows],
  'GET v1/audit/diff': [`diff?one=${grantId}&other=${requestId}`, one],
  'GET v1/audit/approvals': [`approvals?${span}`, rows],
  'GET v1/audit/unused': ['unused', rows],
  'GET v1/audit/search': [`search?text=${canary}&${span}`, rows],
  'GET v1/audit/alarms': ['alarms', auditors],
  'GET v1/audit/unseen': ['unseen?connection=prod-eks', auditors],
  'POST v1/audit/alarms/:id/review': [`alarms/u_${'0'.repeat(32)}/review`, auditorsOfNone],
  'POST v1/cluster-audit/:connection': ['../cluster-audit/prod-eks', clustersOnly],
  'GET v1/audit/keys': ['keys', known],
  'GET v1/audit/checkpoints': ['checkpoints', auditors],
  'GET v1/audit/streams/:stream/seals': ['streams/COMMANDS/seals', auditors],
  'GET v1/audit/streams/:stream/timestamps': ['streams/COMMANDS/timestamps', auditors],
  'GET v1/audit/streams/:stream/messages': ['streams/COMMANDS/messages', auditors],
  'GET v1/audit/streams/:stream/rows': ['streams/COMMANDS/rows', auditors],
};

/** Every route that a controller declares. */
function declared(): readonly string[] {
  const folder = resolve(import.meta.dirname, '../src');
  return globSync('**/*.ts', { cwd: folder }).flatMap((file) => {
    const text = readFileSync(resolve(folder, file), 'utf8');
    const base = /@Controller\('([^']*)'\)/.exec(text)?.[1];
    const routes = [
      ...text.matchAll(/@(Get|Post|Put|Patch|Delete|All|Head|Options|Sse)\((?:'([^']*)')?/g),
    ];
    return routes.map(
      ([, method = '', path = '']) =>
        `${method.toUpperCase()} ${[base, path].filter((part) => part !== '').join('/')}`,
    );
  });
}

let audit: TestAudit;
let directory: string;
const ask = (route: string, path: string, token: string) =>
  fetch(new URL(path, `${audit.url()}/v1/audit/`), {
    method: route.split(' ')[0] ?? '',
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
    },
    ...(route.startsWith('POST') ? { body: '{"comment":"x"}' } : {}),
    signal: AbortSignal.timeout(60_000),
  });

const body: CommandBody = {
  ...{ type: 'CommandBody', commandId: command, connection: 'prod-eks', direction: 'response' },
  ...{ at: '2026-01-05T09:00:00.000Z', contentType: 'application/json', bytes: content.length },
  ...{ sha256, encoding: 'utf8', content },
};
const chunk: SessionChunk = {
  ...{ type: 'SessionChunk', commandId: command, connection: 'prod-eks', index: 0 },
  at: '2026-01-05T09:00:00.000Z',
  header: { version: 1, argv: ['cat', canary], tty: true, stdin: true, kind: 'exec' },
  frames: [[0, 'o', canary]],
  final: { chunks: 1 },
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-routes-'));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(join(directory, 'key.pem'), pem, { mode: 0o600 });
  audit = await startTestAudit({
    AUDIT_SIGNING_KEY_FILE: join(directory, 'key.pem'),
    AUDIT_SEAL_SECONDS: '1',
  });
  for (const { type, data } of requestHistory) {
    const message = {
      ...{ id: crypto.randomUUID(), type, schemaVersion: 1, aggregateId: requestId, data },
      ...{ correlationId: requestId, causationId: 'test', previousHash: null },
      ...{ actor: { kind: 'service', id: 'policy' }, at: '2026-01-05T08:59:00.000Z' },
    };
    await audit.connection.jetstream.publish(
      `drawbridge.access.${requestId}`,
      JSON.stringify(message),
    );
  }
  const others = commandIdAt('2026-01-05T09:00:03.000Z');
  const stranger = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };
  await recordCommands(
    audit.connection,
    ...[started(command, { name: canary, subresource: 'exec' }), ended(command)],
    ...[started(others, { agent: stranger, grantId: crypto.randomUUID() }), ended(others)],
    ...[body, chunk],
  );
  await audit.caughtUp();
  await eventually(
    async () => {
      for (const route of [
        'GET v1/audit/recordings/:commandId',
        'GET v1/audit/sessions/:id',
        'GET v1/audit/commands/:id/proof',
      ]) {
        expect((await ask(route, table[route]?.[0] ?? '', callers.owner)).status).toBe(200);
      }
      const path = `commands/${command}/bodies/response`;
      expect(await (await ask('GET', path, callers.owner)).text()).toContain(canary);
    },
    { timeoutMs: 60_000 },
  );
});
afterAll(async () => {
  await audit.stop();
  rmSync(directory, { recursive: true });
});

/** Routes that show what stood in bodies and on terminals: that somebody was shown it is on the record. */
const shown: Readonly<Record<string, string>> = {
  'GET v1/audit/sessions/:id/bundle': 'export',
  'GET v1/audit/recordings/:commandId/pieces': 'cast',
  'GET v1/audit/recordings/:commandId/cast': 'cast',
  'GET v1/audit/recordings/:commandId/follow': 'follow',
  'GET v1/audit/commands/:id/bodies/:direction': 'body',
};

const viewsBy = async (subject: string): Promise<readonly unknown[]> => {
  const answer = await ask('GET', 'trail?limit=1000', callers.auditor);
  const { items } = (await answer.json()) as {
    items: { data: { viewer?: { subject: string }; how?: string } }[];
  };
  return items.filter(({ data }) => data.viewer?.subject === subject).map(({ data }) => data.how);
};

describe.each(Object.entries(shown))('%s', (route, how) => {
  it('is on the record with who was shown it, and not for whom it was refused', async () => {
    const [path = ''] = table[route] ?? [];
    // Somebody for each route: a view of the same thing is noted once in a while.
    const viewer = `dana-${Object.keys(shown).indexOf(route)}`;
    const token = tokenOf(viewer, 'human', { groups: [], email: 'dana@corp.test' });
    await (await ask(route, path, token)).text();
    await (await ask(route, path, callers['other owner'])).text();
    await eventually(async () => expect(await viewsBy(viewer)).toStrictEqual([how]), {
      timeoutMs: 30_000,
    });
    expect(await viewsBy('fred')).toStrictEqual([]);
  });
});

it('every route has a line in the table, and the table has no other', () => {
  expect(Object.keys(table).sort()).toStrictEqual([...declared()].sort());
});

describe.each(Object.entries(table))('%s', (route, [path, statuses]) => {
  it('answers each caller as the table says, and who may not have it gets nothing of it', async () => {
    const seen: Partial<Record<Caller, number>> = {};
    for (const [caller, token] of Object.entries(callers) as [Caller, string][]) {
      const answer = await ask(route, path, token);
      seen[caller] = answer.status;
      // What is followed has no end of its own here.
      const text = await answer.text();
      const mayHave = caller === 'auditor' || caller === 'owner';
      if (!mayHave && !path.includes(canary)) expect(text, caller).not.toContain(canary);
    }
    expect(seen).toStrictEqual(statuses);
  });
});
