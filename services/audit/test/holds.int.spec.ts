import { createHash, randomUUID } from 'node:crypto';
import { AuditHoldEventPage, HoldEvent } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { storedHoldEvents } from './sample-holds.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
const auditor = tokenOf('bob', 'human', ['auditors']);
const publish = (holdId: string, text: string) =>
  audit.connection.jetstream.publish(`drawbridge.holds.${holdId}`, text);
const holds = async (query = '') => {
  const response = await fetch(`${audit.url()}/v1/audit/holds${query}`, {
    headers: { authorization: `Bearer ${auditor}` },
  });
  return AuditHoldEventPage.parse(await response.json());
};
const parked = async (): Promise<unknown> => {
  const response = await fetch(`${audit.url()}/readyz`);
  const { figures } = (await response.json()) as { figures: Record<string, number> };
  return figures['parked'];
};

const first = storedHoldEvents[0]!;
const held = HoldEvent.parse(JSON.parse(first.text));
if (held.type !== 'CommandHeld') throw new Error('the first sample is the first event of a hold');
const { call, agent, accessRequestId } = held.data;
const ofFirst = storedHoldEvents.filter(({ aggregateId }) => aggregateId === first.aggregateId);

beforeAll(async () => {
  audit = await startTestAudit();
  for (const { aggregateId, text } of storedHoldEvents) await publish(aggregateId, text);
  await eventually(async () =>
    expect((await holds('?limit=1000')).items).toHaveLength(storedHoldEvents.length),
  );
});
afterAll(() => audit.stop());

describe('an event of a held call', () => {
  it('is kept whole, with the hash of what is stored', async () => {
    const { items } = await holds(`?hold=${first.aggregateId}&order=asc`);
    const [event] = items;
    expect(event).toMatchObject({ type: 'CommandHeld', holdId: first.aggregateId });
    expect(event?.data).toStrictEqual((JSON.parse(first.text) as { data: unknown }).data);
    expect(event?.hash).toBe(createHash('sha256').update(first.text).digest('hex'));
  });

  it('is one row however often it is delivered', async () => {
    await audit.connection.manager.consumers.delete('HOLDS', 'audit');
    await audit.restart();
    const late = randomUUID();
    await publish(late, first.text.replaceAll(first.aggregateId, late));
    await eventually(async () => expect((await holds(`?hold=${late}`)).items).toHaveLength(1));
    expect((await holds('?limit=1000')).items).toHaveLength(storedHoldEvents.length + 1);
  });

  it.each<[string, string]>([
    ['what is no event', '{"type":"CommandHeld"}'],
    ['an event of another hold', first.text],
    ['bytes that are no text', '\u0000\u0001'],
  ])('is parked and holds up nothing: %s', async (_, text) => {
    const before = Number(await parked());
    const next = randomUUID();
    await publish(randomUUID(), text);
    await publish(next, first.text.replaceAll(first.aggregateId, next));
    await eventually(async () => expect((await holds(`?hold=${next}`)).items).toHaveLength(1));
    await eventually(async () => expect(await parked()).toBe(before + 1));
  });

  it('of a type that only a newer version knows is kept', async () => {
    const holdId = randomUUID();
    const text = first.text
      .replaceAll(first.aggregateId, holdId)
      .replace('"type":"CommandHeld"', '"type":"HoldFramed"');
    await publish(holdId, text);
    await eventually(async () =>
      expect((await holds(`?hold=${holdId}`)).items).toMatchObject([{ type: 'HoldFramed' }]),
    );
  });
});

describe('a whole hold', () => {
  it.each([
    ['hold', first.aggregateId],
    ['grant', call.grantId],
    ['request', accessRequestId],
    ['agent', agent.subject],
    ['agent', `${agent.issuer}#${agent.subject}`],
    ['connection', call.connection],
    ['rule', call.rule],
  ])('is found by its %s, %s', async (filter, value) => {
    const query = new URLSearchParams({ [filter]: value, limit: '1000', order: 'asc' });
    const found = (await holds(`?${query.toString()}`)).items;
    const types = found.flatMap(({ holdId, type }) => (holdId === first.aggregateId ? [type] : []));
    expect(types).toEqual(ofFirst.map(({ type }) => type));
  });

  it.each([
    ['rule', 'other/rule'],
    ['connection', 'staging'],
    ['agent', 'agent-nobody'],
    ['grant', randomUUID()],
  ])('is not found by another %s', async (filter, value) => {
    expect(await holds(`?${filter}=${value}`)).toEqual({ items: [] });
  });

  it('comes page by page, each event once', async () => {
    const seen: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = await holds(`?limit=2&hold=${first.aggregateId}${cursor}`);
      seen.push(...page.items.map(({ sequence }) => sequence));
      cursor = page.nextCursor === undefined ? undefined : `&cursor=${page.nextCursor}`;
    }
    expect(new Set(seen).size).toBe(ofFirst.length);
    expect(seen).toHaveLength(ofFirst.length);
  });
});
