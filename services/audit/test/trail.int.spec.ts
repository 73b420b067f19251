import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AuditTrailPage } from '@drawbridge/contracts';
import { auditEventStore } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { noteView, type View } from '../src/nats/note-view.js';
import { tokenOf } from './demo-tokens.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const Line = z.looseObject({ type: z.string(), aggregateId: z.string(), data: z.unknown() });
const samples = readFileSync(
  new URL('../../../libs/contracts/samples/audit-events-v1.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((text) => ({ text, ...Line.parse(JSON.parse(text)) }));

let audit: TestAudit;
const trailAs = (token: string, query = '') =>
  fetch(`${audit.url()}/v1/audit/trail${query}`, { headers: { authorization: `Bearer ${token}` } });
const trail = async (query = '') => {
  const answer = await trailAs(tokenOf('bob', 'human', ['auditors']), query);
  return AuditTrailPage.parse(await answer.json()).items;
};

const view = (changes: Partial<View> = {}): View => ({
  commandId: randomUUID(),
  grantId: randomUUID(),
  connection: 'staging',
  viewer: {
    kind: 'human',
    issuer: 'https://idp.corp.test',
    subject: 'carol',
    groups: ['auditors'],
  },
  how: 'follow',
  ...changes,
});

beforeAll(async () => {
  audit = await startTestAudit();
  for (const { aggregateId, text } of samples) {
    await audit.connection.jetstream.publish(`drawbridge.audit-events.${aggregateId}`, text);
  }
  await eventually(async () => expect(await trail()).toHaveLength(samples.length));
});
afterAll(() => audit.stop());

describe('the trail', () => {
  it('is kept whole, with what it says', async () => {
    const items = await trail('?order=asc');
    expect(items.map(({ type, key, data }) => ({ type, key, data }))).toStrictEqual(
      samples.map(({ type, aggregateId: key, data }) => ({ type, key, data })),
    );
  });

  it('tells who was shown a recording, each time that it was', async () => {
    const store = auditEventStore(audit.connection, 'audit');
    const note = noteView({ store, clock: () => new Date() });
    const shown = view();
    await Promise.all([note(shown), note(shown), note(view({ connection: 'other' }))]);
    const found = await eventually(async () => {
      const items = await trail(`?command=${shown.commandId}`);
      expect(items).toHaveLength(2);
      return items;
    });
    expect(found).toMatchObject([{ data: shown }, { data: shown }]);
    expect(found[0]?.actor).toStrictEqual({ kind: 'human', id: 'https://idp.corp.test#carol' });
    const filters = [`grant=${shown.grantId ?? ''}`, 'connection=staging'];
    for (const filter of filters) expect(await trail(`?${filter}`)).toHaveLength(2);
    const byActor = new URLSearchParams({ actor: 'https://idp.corp.test#carol' });
    expect(await trail(`?${byActor.toString()}`)).toHaveLength(3);
    expect(await trail(`?type=Nothing`)).toHaveLength(0);
  });

  it('refuses to note a view when it cannot be stored', async () => {
    const note = noteView({
      store: { append: () => Promise.reject(new Error('away')) },
      clock: () => new Date(),
    });
    await expect(note(view())).rejects.toThrow('away');
  });

  it('is for auditors only, and names bad filters', async () => {
    for (const [token, status] of [
      [tokenOf('erin', 'human', ['developers']), 403],
      [tokenOf('agent', 'agent', ['auditors']), 403],
      ['x', 401],
    ] as const) {
      expect((await trailAs(token)).status).toBe(status);
    }
    const auditor = tokenOf('bob', 'human', ['auditors']);
    for (const query of ['?agent=x', '?command=x', '?grant=x', '?limit=0', '?cursor=x']) {
      const answer = await trailAs(auditor, query);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(await answer.json())).toContain(query.slice(1, query.indexOf('=')));
    }
  });
});
