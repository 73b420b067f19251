import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations } from '../src/clickhouse/apply-migrations.js';
import { insertRows } from '../src/clickhouse/insert-rows.js';
import { allRows } from '../src/clickhouse/row-access.js';
import { selectEvents } from '../src/clickhouse/select-events.js';
import { eventRow, type StoredEvent } from '../src/domain/event-row.js';
import { EventFilter } from '../src/http/audit-filter.js';
import { requestHistory, stored } from './sample-events.js';
import { grantId, requestId } from './sample-records.js';
import { startTestStore, type TestStore } from './test-store.js';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
  await applyMigrations({ ...store, clock: () => new Date('2026-01-05T00:00:00Z') });
});
afterAll(() => store.stop());
beforeEach(() => store.client.command({ query: `TRUNCATE TABLE ${store.database}.events` }));

const insert = (...events: StoredEvent[]) =>
  insertRows(store, {
    table: 'events',
    rows: events.map((event) => ({
      source: { message: { seq: event.sequence }, bytes: Buffer.from(JSON.stringify(event)) },
      columns: eventRow(event),
    })),
  });
const select = (query: Record<string, string> = {}) =>
  selectEvents(store, {
    filter: EventFilter.parse(query),
    after: undefined,
    access: allRows,
  });
const [requested, approved, granted] = requestHistory.map((event, index) =>
  stored(event, { sequence: index + 1 }),
) as [StoredEvent, StoredEvent, StoredEvent];

describe('an event', () => {
  it('is one whole row however often it comes', async () => {
    const event = { ...granted, previousHash: 'b'.repeat(64) };
    await insert(event, event);
    await insert(requested, event);
    await insert(event);
    const expected = {
      sequence: 3,
      id: event.id,
      type: 'GrantIssued',
      schemaVersion: 1,
      accessRequestId: requestId,
      correlationId: requestId,
      causationId: 'cause',
      actor: { kind: 'service', id: 'policy' },
      at: '2026-01-05T09:00:03.000Z',
      hash: 'a'.repeat(64),
      previousHash: 'b'.repeat(64),
      data: event.data,
    };
    expect(await select({ type: 'GrantIssued' })).toStrictEqual([expected]);
    expect(await select()).toHaveLength(2);
  });

  it('is kept whole when this version does not know its type or a field of it', async () => {
    const future = stored({ type: 'GrantFramed', data: { frame: ['oak'] } }, { sequence: 4 });
    const wider = { ...granted, data: { ...Object(granted.data), colour: 'red' } as unknown };
    await insert(future, wider);
    expect((await select()).map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'GrantFramed', data: { frame: ['oak'] } },
      { type: 'GrantIssued', data: wider.data },
    ]);
  });

  it('is kept beside one of the same sequence of a stream that was made anew', async () => {
    await insert(requested);
    await insert({ ...requested, at: '2026-02-01T00:00:00.000Z', hash: 'c'.repeat(64) });
    expect((await select()).map(({ hash }) => hash.slice(0, 1))).toEqual(['c', 'a']);
  });
});

describe('selecting events', () => {
  const elsewhere = stored(
    { type: 'AccessRequestWithdrawn', data: { by: {} } },
    { sequence: 4, aggregateId: '019c0000-0000-7000-8000-0000000000aa' },
  );
  beforeEach(() => insert(requested, approved, granted, elsewhere));

  it.each<[Record<string, string>, number[]]>([
    [{}, [4, 3, 2, 1]],
    [{ order: 'asc', limit: '3' }, [1, 2, 3, 4]],
    [{ since: '2026-01-05T09:00:02Z', until: '2026-01-05T09:00:04Z' }, [3, 2]],
    [{ request: requestId }, [3, 2, 1]],
    [{ grant: grantId }, [3, 2, 1]],
    [{ grant: `${requestId},${grantId}`, type: 'GrantIssued' }, [3]],
    [{ agent: 'agent-oncall' }, [3, 2, 1]],
    [{ connection: 'prod-eks' }, [3, 2, 1]],
    [{ connection: 'staging' }, []],
    [{ type: 'GrantIssued,AccessRequested' }, [3, 1]],
    [{ actor: 'policy' }, [4, 3, 2, 1]],
    [{ actor: "policy' OR '1" }, []],
  ])('%j', async (query, expected) => {
    expect((await select(query)).map(({ sequence }) => sequence)).toEqual(expected);
  });
});
