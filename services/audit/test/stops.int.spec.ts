import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AuditStopEventPage } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tokenOf } from './demo-tokens.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const Line = z.looseObject({ type: z.string(), aggregateId: z.string(), data: z.unknown() });
const samples = readFileSync(
  new URL('../../../libs/contracts/samples/stop-events-v1.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((text) => ({ text, ...Line.parse(JSON.parse(text)) }));

let audit: TestAudit;
const stopsAs = (token: string, query = '') =>
  fetch(`${audit.url()}/v1/audit/stops${query}`, { headers: { authorization: `Bearer ${token}` } });
const stops = async (query = '') => {
  const answer = await stopsAs(tokenOf('bob', 'human', ['auditors']), query);
  return AuditStopEventPage.parse(await answer.json());
};
const publish = (key: string, text: string) =>
  audit.connection.jetstream.publish(`drawbridge.stops.${key}`, text);

beforeAll(async () => {
  audit = await startTestAudit();
  for (const { aggregateId, text } of samples) await publish(aggregateId, text);
  await eventually(async () =>
    expect((await stops('?limit=1000')).items).toHaveLength(samples.length),
  );
});
afterAll(() => audit.stop());

describe('an event of a stop', () => {
  it('is kept whole, with the hash of what is stored', async () => {
    const { items } = await stops('?order=asc');
    expect(items.map(({ type, key, data, hash }) => ({ type, key, data, hash }))).toStrictEqual(
      samples.map(({ type, aggregateId: key, data, text }) => {
        const hash = createHash('sha256').update(text).digest('hex');
        return { type, key, data, hash };
      }),
    );
  });

  it('is one row however often it is delivered', async () => {
    await audit.connection.manager.consumers.delete('STOPS', 'audit');
    await audit.restart();
    await publish('c_late', samples[0]!.text.replaceAll('"all"', '"c_late"'));
    await eventually(async () => {
      const keys = (await stops('?limit=1000')).items.map(({ key }) => key);
      expect(keys).toContain('c_late');
    });
    expect((await stops('?limit=1000')).items).toHaveLength(samples.length + 1);
  });

  it('that cannot be read is parked and holds up nothing', async () => {
    await publish('all', '{"type":"BridgesRaised"}');
    await publish('c_next', samples[0]!.text.replaceAll('"all"', '"c_next"'));
    await eventually(async () => {
      const keys = (await stops('?limit=1000')).items.map(({ key }) => key);
      expect(keys).toContain('c_next');
    });
    await eventually(async () => {
      const response = await fetch(`${audit.url()}/readyz`);
      expect(await response.json()).toMatchObject({ figures: { parked: 1, stopsLag: 0 } });
    });
  });
});

const ordersOfBob = ['BridgesRaised', 'SessionPaused', 'SessionResumed', 'SessionCut'];

describe('stops', () => {
  it.each([
    ['connection', 'prod-eks', ordersOfBob],
    ['agent', 'agent-oncall', ['AgentDisabled', 'AgentEnabled']],
    ['agent', 'https://idp.corp.test#agent-oncall', ['AgentDisabled', 'AgentEnabled']],
    ['type', 'BridgesReleased,AgentEnabled', ['BridgesReleased', 'AgentEnabled']],
    ['actor', 'https://idp.corp.test#bob', ordersOfBob],
    ['connection', 'staging', []],
    ['agent', 'agent-nobody', []],
  ])('are found by %s %s', async (filter, value, types) => {
    const query = new URLSearchParams({ [filter]: value, order: 'asc' });
    const { items } = await stops(`?${query.toString()}`);
    expect(items.map(({ type }) => type)).toStrictEqual(types);
  });

  it('come page by page', async () => {
    const seen: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = await stops(`?limit=2${cursor}`);
      seen.push(...page.items.map(({ sequence }) => sequence));
      cursor = page.nextCursor === undefined ? undefined : `&cursor=${page.nextCursor}`;
    }
    expect(seen).toHaveLength(samples.length + 2);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('are for auditors only', async () => {
    for (const [token, status] of [
      [tokenOf('erin', 'human', ['developers']), 403],
      [tokenOf('agent', 'agent', ['auditors']), 403],
      ['x', 401],
    ] as const) {
      expect((await stopsAs(token)).status).toBe(status);
    }
    const auditor = tokenOf('bob', 'human', ['auditors']);
    for (const query of ['?grant=x', '?limit=0', '?cursor=x', '?order=up']) {
      expect((await stopsAs(auditor, query)).status).toBe(400);
    }
  });
});
