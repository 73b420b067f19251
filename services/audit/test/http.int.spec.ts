import {
  AuditCommandPage,
  AuditEventPage,
  AuditHoldEventPage,
  Problem,
} from '@drawbridge/contracts';
import { recordCommands, publishTrustBundle } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf, trust } from './demo-tokens.js';
import { commandIdAt, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
const auditor = tokenOf('bob', 'human', ['sre-oncall', 'auditors']);
const commandIds = Array.from({ length: 25 }, (_, n) =>
  // Five of each instant: paging must not lose or repeat rows of the same time.
  commandIdAt(`2026-01-05T09:00:0${Math.floor(n / 5)}Z`),
);

interface Asking {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly body?: string;
}
const ask = (path: string, { token = auditor, headers, ...init }: Asking = {}) =>
  fetch(`${audit.url()}${path}`, {
    ...init,
    headers: token === '' ? { ...headers } : { authorization: `Bearer ${token}`, ...headers },
  });
const commands = async (query = '') =>
  AuditCommandPage.parse(await (await ask(`/v1/audit/commands${query}`)).json());
const problem = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return Problem.parse(await response.json());
};

beforeAll(async () => {
  audit = await startTestAudit();
  for (const commandId of commandIds) await recordCommands(audit.connection, refused(commandId));
  await eventually(async () => expect((await commands()).items).toHaveLength(25));
});
afterAll(() => audit.stop());

describe('who may read the record', () => {
  it.each<[string, { status: number; code: string }, Asking]>([
    ['nobody without a token', { status: 401, code: 'token_missing' }, { token: '' }],
    [
      'no forged token',
      { status: 401, code: 'token_signature_invalid' },
      { token: `${auditor.slice(0, -8)}AAAAAAAA` },
    ],
    [
      'no agent',
      { status: 403, code: 'auditor_required' },
      { token: tokenOf('agent-oncall', 'agent', ['oncall']) },
    ],
    [
      'no agent, even in the group of auditors',
      { status: 403, code: 'auditor_required' },
      { token: tokenOf('agent-oncall', 'agent', ['auditors']) },
    ],
    [
      'no human outside the groups',
      { status: 403, code: 'auditor_required' },
      { token: tokenOf('erin', 'human', []) },
    ],
    [
      'no human in a group of a similar name',
      { status: 403, code: 'auditor_required' },
      { token: tokenOf('erin', 'human', ['Auditors', 'auditors,security', ' auditors']) },
    ],
    [
      'no basic credentials',
      { status: 401, code: 'token_malformed' },
      { token: '', headers: { authorization: 'Basic Ym9iOng=' } },
    ],
  ])('%s', async (_, { status, code }, asking) => {
    for (const path of [
      ...['/v1/audit/commands', '/v1/audit/events', '/v1/audit/events?limit=x'],
      ...['/v1/audit/holds', '/v1/audit/holds?limit=x'],
    ]) {
      const response = await ask(path, asking);
      expect(await problem(response)).toMatchObject({ status, code });
      expect(response.status).toBe(status);
    }
  });

  it('nobody with a token in the query', async () => {
    const response = await ask(`/v1/audit/commands?access_token=${auditor}`, { token: '' });
    expect((await problem(response)).code).toBe('token_in_query');
  });

  it('a human of any auditor group', async () => {
    const token = tokenOf('carl', 'human', ['security']);
    expect((await ask('/v1/audit/commands', { token })).status).toBe(200);
  });

  it('not any more once the subject is disabled', async () => {
    const token = tokenOf('mallory', 'human', ['auditors']);
    expect((await ask('/v1/audit/commands', { token })).status).toBe(200);
    await publishTrustBundle(audit.connection, trust(2, ['mallory']));
    await eventually(async () => {
      const response = await ask('/v1/audit/commands', { token });
      expect((await problem(response)).code).toBe('token_subject_disabled');
    });
  });
});

describe('asking for commands', () => {
  it.each(['asc', 'desc'])('gives every row once over all pages, %s', async (order) => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await commands(`?order=${order}&limit=7&verb=patch${cursor}`);
      expect(page.items.length).toBeLessThanOrEqual(7);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(25);
    expect([...seen].sort()).toEqual([...commandIds].sort());
  });

  it('goes on from a cursor whatever was added before it', async () => {
    const first = await commands('?limit=10');
    const late = commandIdAt('2026-01-05T10:00:00Z');
    await recordCommands(audit.connection, started(late));
    await eventually(async () => expect((await commands()).items).toHaveLength(26));
    const second = await commands(`?limit=100&cursor=${first.nextCursor ?? ''}`);
    expect(second.items).toHaveLength(15);
    expect(second.nextCursor).toBeUndefined();
  });

  it.each<[string, string]>([
    ['limit=0', 'query.limit'],
    ['limit=1001', 'query.limit'],
    ['limit=99999999999999999999', 'query.limit'],
    ['limit=-1', 'query.limit'],
    ['limit=1e2', 'query.limit'],
    ['limit=5&limit=6', 'query.limit'],
    ['limit=', 'query.limit'],
    ['since=yesterday', 'query.since'],
    ['since=2026-01-05', 'query.since'],
    ["until=2026-01-05T00:00:00Z'--", 'query.until'],
    ['request=abc', 'query.request'],
    ["grant=019c0000-0000-7000-8000-000000000001'", 'query.grant.0'],
    ['decision=maybe', 'query.decision'],
    ['rule=', 'query.rule.0'],
    ["hold=x' OR 1=1", 'query.hold'],
    ['outcome=done', 'query.outcome.0'],
    ['status=99', 'query.status.0'],
    ['status=200 OR 1=1', 'query.status.0'],
    ['verb=', 'query.verb.0'],
    [`verb=${'a,'.repeat(30)}a`, 'query.verb'],
    [`agent=${'a'.repeat(3000)}`, 'query.agent'],
    ['order=random()', 'query.order'],
    ['cursor=abc', 'query.cursor'],
    ['cursor=WyIyMDI2LTAxLTA1Iiwi', 'query.cursor'],
    ['colour=red', 'query.colour'],
    ['database=system', 'query.database'],
    ['param_limit=5', 'query.param_limit'],
    ['__proto__=1', 'query.__proto__'],
  ])('refuses %s and names the field', async (query, field) => {
    const response = await ask(`/v1/audit/commands?${query}`);
    expect(response.status).toBe(400);
    const { code, errors } = await problem(response);
    expect(code).toBe('query_invalid');
    expect(errors?.map((error) => error.field)).toContain(field);
  });

  it('refuses a cursor with other filters than those of its page', async () => {
    const { nextCursor = '' } = await commands('?limit=5');
    const response = await ask(`/v1/audit/commands?limit=5&verb=patch&cursor=${nextCursor}`);
    expect((await problem(response)).errors?.[0]?.field).toBe('query.cursor');
  });

  it.each([
    "x' OR '1'='1",
    "x'); DROP TABLE drawbridge.commands; --",
    '{limit:UInt32}',
    "\\' OR 1=1 --",
    "x\u0000' OR 1",
    '%27 OR 1=1',
    'UNION SELECT * FROM system.users',
  ])('takes %j for a name and nothing else', async (hostile) => {
    for (const filter of [
      'agent',
      'namespace',
      'verb',
      'name',
      'reason',
      'connection',
      'resource',
      'rule',
      'policy',
    ]) {
      const query = `?${filter}=${encodeURIComponent(hostile)}`;
      expect(await commands(query)).toEqual({ items: [] });
    }
    expect((await commands('?limit=3')).items).toHaveLength(3);
  });

  it('has no other method and no other path', async () => {
    expect((await problem(await ask('/v1/audit/commands', { method: 'POST' }))).code).toBe(
      'method_not_allowed',
    );
    expect((await problem(await ask('/v1/audit/commands/../tables'))).code).toBe('route_unknown');
    expect((await problem(await ask('/v1/audit'))).code).toBe('route_unknown');
  });

  it('tells nothing of the store when it fails', async () => {
    await audit.store.client.command({
      query: 'RENAME TABLE drawbridge.commands TO drawbridge.elsewhere',
    });
    try {
      const response = await ask('/v1/audit/commands');
      expect(response.status).toBe(503);
      const text = JSON.stringify(await problem(response));
      expect(text).toContain('audit_store_unavailable');
      expect(text).not.toMatch(/drawbridge\.commands|UNKNOWN_TABLE|SELECT/);
    } finally {
      await audit.store.client.command({
        query: 'RENAME TABLE drawbridge.elsewhere TO drawbridge.commands',
      });
    }
  });
});

describe('asking for events', () => {
  it('gives an empty page when there are none', async () => {
    const response = await ask('/v1/audit/events');
    expect(AuditEventPage.parse(await response.json())).toEqual({ items: [] });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['type=', 'query.type.0'],
    ['verb=get', 'query.verb'],
    ['limit=1001', 'query.limit'],
    ['request=1', 'query.request'],
  ])('refuses %s and names the field', async (query, field) => {
    const response = await ask(`/v1/audit/events?${query}`);
    expect((await problem(response)).errors?.map((error) => error.field)).toContain(field);
  });
});

describe('asking for holds', () => {
  it('gives an empty page when there are none, also to who asks for SQL', async () => {
    for (const query of ['', `?rule=${encodeURIComponent("x') OR 1=1 --")}`, "?agent=' OR 1"]) {
      const response = await ask(`/v1/audit/holds${query}`);
      expect(AuditHoldEventPage.parse(await response.json())).toEqual({ items: [] });
    }
  });

  it.each([
    ['hold=1', 'query.hold'],
    ['verb=get', 'query.verb'],
    ['cursor=abc', 'query.cursor'],
  ])('refuses %s and names the field', async (query, field) => {
    const response = await ask(`/v1/audit/holds?${query}`);
    expect((await problem(response)).errors?.map((error) => error.field)).toContain(field);
  });
});
