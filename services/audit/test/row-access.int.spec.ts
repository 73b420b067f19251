import {
  AuditCommandPage,
  AuditEventPage,
  Problem,
  writerOf,
  type AccessEvent,
  type CommandRecord,
} from '@drawbridge/contracts';
import { accessEventStore, recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { agent, commandIdAt, ended, grantId, refused, started } from './sample-records.js';
import { requestHistory } from './sample-events.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

/*
 * Dana owns agent-oncall, Fred owns agent-billing. Whatever Dana asks, nothing of what she gets may be of Fred's, and
 * nothing may differ from what she would get if there were no rows of Fred's at all.
 */

let audit: TestAudit;
const auditor = tokenOf('bob', 'human', ['auditors']);
const dana = tokenOf('human-dana', 'human', { groups: ['sre-oncall'], email: 'Dana@Corp.Test' });
const erin = tokenOf('human-erin', 'human', { groups: ['developers'], email: 'erin@corp.test' });
const stranger = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };
const strangersGrant = '019c0000-0000-7000-8000-000000000004';
const strangersRequest = '019c0000-0000-7000-8000-000000000005';
const danasRequest = '019c0000-0000-7000-8000-000000000006';
/** Whoever is called so at the same issuer. */
const bySubject = { ...agent, subject: 'agent-hal', owner: 'human-hal' };
const since = '&since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z';

const ask = (path: string, token: string) =>
  fetch(`${audit.url()}/v1/audit/${path}`, { headers: { authorization: `Bearer ${token}` } });
const text = async (path: string, token: string) => (await ask(path, token)).text();
const commands = async (query: string, token: string) =>
  AuditCommandPage.parse(await (await ask(`commands?${query}`, token)).json());

function both(at: string, change: Parameters<typeof started>[1]): CommandRecord[] {
  const id = commandIdAt(at);
  return [started(id, change), ended(id, { grantId: change?.grantId ?? grantId })];
}

const ofDana: CommandRecord[] = [
  ...both('2026-01-05T09:00:00Z', {}),
  refused(commandIdAt('2026-01-05T09:00:01Z'), { rule: 'guard/known' }),
  ...both('2026-01-05T03:00:02Z', { agent: { ...agent, owner: 'DANA@corp.test' } }),
];
const canary = 'canary-of-fred';
const ofFred: CommandRecord[] = [
  ...both('2026-01-05T09:00:03Z', {
    agent: stranger,
    grantId: strangersGrant,
    accessRequestId: strangersRequest,
    name: canary,
    path: `/${canary}`,
    rule: `${canary}/rule`,
    matched: [{ rule: `${canary}/rule`, action: 'recordOnly' }],
  }),
  refused(commandIdAt('2026-01-05T03:00:04Z'), {
    agent: stranger,
    grantId: strangersGrant,
    rule: `${canary}/rule`,
  }),
  // The same agent, before it was Dana's.
  ...both('2026-01-05T09:00:05Z', {
    agent: { ...agent, owner: 'fred@corp.test' },
    name: canary,
    userAgent: canary,
  }),
  ...both('2026-01-05T09:00:06Z', { agent: bySubject, name: canary }),
];

const requestOf = (owner: typeof agent): AccessEvent[] =>
  requestHistory.map((event) =>
    event.type === 'AccessRequested'
      ? { ...event, data: { ...event.data, requester: owner } }
      : event,
  );

async function append(requestId: string, events: readonly AccessEvent[]): Promise<void> {
  for (const event of events) {
    const writer = writerOf[event.type];
    const store = accessEventStore(audit.connection, writer);
    const { position } = await store.load(requestId);
    const id = uuidV7(new Date());
    const metadata = {
      id,
      causationId: id,
      actor: { kind: 'service', id: writer },
      at: '2026-01-05T09:00:00.000Z',
    } as const;
    await store.append({ aggregateId: requestId, position, event, metadata });
  }
}

beforeAll(async () => {
  audit = await startTestAudit();
  for (const record of [...ofDana, ...ofFred]) await recordCommands(audit.connection, record);
  await audit.caughtUp();
  const [row] = await audit.store.rows(
    "SELECT countIf(effect != '') AS n, countIf(outcome != '') AS ended FROM drawbridge.commands FINAL",
  );
  expect(row).toEqual({ n: 7, ended: 7 });
});
afterAll(() => audit.stop());

const questions = [
  'commands?limit=1000',
  'events?limit=1000',
  'holds?limit=1000',
  `touched?namespace=payments&resource=deployments&name=checkout${since}`,
  `touched?namespace=payments&resource=deployments&name=${canary}${since}`,
  `activity?agent=agent-oncall${since}`,
  `activity?agent=agent-billing${since}`,
  `activity?agent=agent-oncall&by=grant${since}`,
  `blocked?x${since}`.replace('?x&', '?'),
  `blocked?by=call${since}`,
  `blocked?by=call&rule=${canary}/rule${since}`,
  `off-hours?x${since}`.replace('?x&', '?'),
  `off-hours?by=call${since}`,
  `diff?one=${grantId}&other=${grantId}`,
];

describe('the owner of an agent', () => {
  it('sees the rows of that agent from when it was theirs, however the name was spelled', async () => {
    const { items } = await commands('limit=1000', dana);
    expect(items.map(({ receivedAt }) => receivedAt)).toEqual([
      '2026-01-05T09:00:01.000Z',
      '2026-01-05T09:00:00.000Z',
      '2026-01-05T03:00:02.000Z',
    ]);
  });

  it.each(questions)('gets nothing of others by %s', async (path) => {
    const response = await ask(path, dana);
    expect(response.status).toBe(200);
    const answer = await response.text();
    for (const secret of [canary, 'fred', 'agent-billing', strangersGrant, strangersRequest]) {
      if (!path.includes(secret)) expect(answer).not.toContain(secret);
    }
    expect(answer).not.toMatch(/"calls":[4-9]|"agents":[2-9]|"oneCalls":[4-9]|"otherCalls":[1-9]/);
  });

  it.each(questions.filter((path) => !/^(commands|events|holds)/.test(path)))(
    'gets nothing of others in a file: %s',
    async (path) => {
      for (const format of ['csv', 'jsonl']) {
        const answer = await text(`${path}&format=${format}`, dana);
        for (const secret of [canary, 'fred@', 'agent-billing']) {
          expect(answer).not.toContain(secret);
        }
      }
    },
  );

  it.each([
    `commands?agent=agent-billing`,
    `commands?grant=${strangersGrant}`,
    `commands?request=${strangersRequest}`,
    `commands?name=${canary}`,
    `commands?rule=${canary}/rule`,
    `touched?namespace=payments&resource=deployments&name=${canary}`,
    `blocked?rule=${canary}/rule${since}`,
    `activity?agent=agent-billing${since}`,
  ])('cannot tell that there is something: %s', async (path) => {
    const nothing = path
      .replace('agent-billing', 'agent-nobody')
      .replace(strangersGrant, '019c0000-0000-7000-8000-00000000ffff')
      .replace(strangersRequest, '019c0000-0000-7000-8000-00000000ffff')
      .replace(canary, 'nothing');
    const [found, none] = await Promise.all([ask(path, dana), ask(nothing, dana)]);
    expect(found.status).toBe(none.status);
    const withoutTime = (body: string) => body.replace(/"until":"[^"]*"/, '');
    expect(withoutTime(await found.text())).toBe(withoutTime(await none.text()));
    // It is there for others.
    expect(((await (await ask(path, auditor)).json()) as { items: unknown[] }).items).not.toEqual(
      [],
    );
  });

  it('cannot tell a session of others from none', async () => {
    const none = '019c0000-0000-7000-8000-00000000ffff';
    const compared = async (other: string, token: string) => {
      const response = await ask(`diff?one=${grantId}&other=${other}`, token);
      const answer = (await response.text())
        .replaceAll(other, '')
        .replace(/"requestId":"[^"]*"/, '');
      return [response.status, answer];
    };
    for (const theirs of [strangersGrant, strangersRequest]) {
      expect(await compared(theirs, dana)).toEqual(await compared(none, dana));
      expect(await compared(theirs, auditor)).toContain(200);
    }
    expect((await compared(none, dana))[0]).toBe(404);
  });

  it('goes on from no cursor into rows of others', async () => {
    const first = await commands('limit=1', auditor);
    for (let cursor = first.nextCursor; cursor !== undefined;) {
      const page = await commands(`limit=1&cursor=${cursor}`, dana);
      expect(JSON.stringify(page)).not.toContain(canary);
      cursor = page.nextCursor;
    }
    const listed = await ask(`blocked?by=call&limit=1${since}`, auditor);
    const { nextCursor = '' } = (await listed.json()) as { nextCursor?: string };
    const rest = await text(`blocked?by=call&limit=100&cursor=${nextCursor}${since}`, dana);
    expect(rest).not.toContain(canary);
  });

  it('sees no stops: a raised bridge is about everybody', async () => {
    const response = await ask('stops', dana);
    expect(Problem.parse(await response.json()).code).toBe('auditor_required');
  });

  it('is known by their subject only to agents of the same issuer', async () => {
    const hal = tokenOf('human-hal', 'human', []);
    expect((await commands('limit=10', hal)).items).toHaveLength(1);
    const shouting = tokenOf('HUMAN-HAL', 'human', []);
    // A subject is exact where it is compared with a token's, and likeness would let somebody else in.
    expect((await ask('commands', shouting)).status).toBe(403);
  });

  it('is never an agent, nor one that is called like the owner', async () => {
    const robot = tokenOf('human-dana', 'agent', { groups: ['auditors'], email: 'dana@corp.test' });
    for (const path of questions) {
      expect(Problem.parse(await (await ask(path, robot)).json()).code).toBe('auditor_required');
    }
  });

  it.each([
    ['somebody who owns nothing', erin],
    [
      'one whose address is like the owner’s',
      tokenOf('x', 'human', { groups: [], email: 'xdana@corp.test' }),
    ],
    [
      'one whose address holds a pattern',
      tokenOf('x', 'human', { groups: [], email: '%@corp.test' }),
    ],
    ['one whose address is SQL', tokenOf('x', 'human', { groups: [], email: "' OR 1=1 --" })],
    ['one without an address, called like a part of it', tokenOf('dana', 'human', [])],
  ])('is not %s', async (_, token) => {
    for (const path of [...questions, 'commands?limit=x', 'touched']) {
      const response = await ask(path, token);
      expect(response.status).toBe(403);
      expect(Problem.parse(await response.json()).code).toBe('auditor_required');
    }
  });
});

describe('events', () => {
  it('are those of requests of the owned agent', async () => {
    await append(danasRequest, requestOf(agent));
    await append(strangersRequest, requestOf(stranger));
    const events = async (query: string, token: string) =>
      AuditEventPage.parse(await (await ask(`events?${query}`, token)).json()).items;
    await eventually(async () => expect(await events('limit=100', auditor)).toHaveLength(6));
    const seen = await events('limit=100', dana);
    expect(new Set(seen.map(({ accessRequestId }) => accessRequestId))).toEqual(
      new Set([danasRequest]),
    );
    expect(seen).toHaveLength(3);
    expect(await events(`request=${strangersRequest}`, dana)).toEqual([]);
    expect(await events('agent=agent-billing', dana)).toEqual([]);
    expect(await events(`grant=${grantId}`, dana)).toHaveLength(3);
  });
});
