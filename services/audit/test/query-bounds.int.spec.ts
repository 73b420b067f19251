import type { ClickHouseClient } from '@clickhouse/client';
import { Problem } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const auditor = tokenOf('bob', 'human', ['auditors']);
const dana = tokenOf('human-dana', 'human', { groups: [], email: 'dana@corp.test' });
const MOST = 100_000;

let audit: TestAudit;
beforeAll(async () => {
  audit = await startTestAudit();
  await audit.store.client.command({
    query: `INSERT INTO drawbridge.commands (command_id, received_at, connection, agent_kind, agent_issuer, agent_subject, agent_owner, effect, outcome, name)
SELECT generateUUIDv7(), toDateTime64('2026-01-05 03:00:00', 3, 'UTC') + toIntervalMillisecond(number), 'prod-eks', 'agent', 'https://idp.test', 'agent-oncall',
  'dana@corp.test', 'deny', 'refused', if(number = 0, 'first', 'other') FROM numbers(${MOST + 1})`,
  });
});
afterAll(() => audit.stop());

const ask = (path: string, { token = auditor, signal }: Asking = {}) =>
  fetch(`${audit.url()}/v1/audit/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(signal === undefined ? {} : { signal }),
  });
interface Asking {
  readonly token?: string;
  readonly signal?: AbortSignal;
}
const since = 'since=2026-01-05T00:00:00Z&until=2026-01-06T00:00:00Z';
const codeOf = async (response: Response) => Problem.parse(await response.json()).code;

describe('an answer in one piece', () => {
  it.each(['csv', 'jsonl', 'parquet'])(
    'of more than 100,000 rows is refused: %s',
    async (format) => {
      for (const token of [auditor, dana]) {
        const response = await ask(`blocked?by=call&format=${format}&${since}`, { token });
        expect(response.headers.get('content-disposition')).toBeNull();
        expect(await codeOf(response)).toBe('audit_query_too_expensive');
      }
    },
  );

  it('of 100,000 is whole', async () => {
    const until = 'since=2026-01-05T03:00:00.001Z&until=2026-01-06T00:00:00Z';
    const response = await ask(`blocked?by=call&format=jsonl&${until}`);
    expect((await response.text()).trimEnd().split('\n')).toHaveLength(MOST);
  });

  it('comes in pages whatever its size', async () => {
    const response = await ask(`blocked?by=call&limit=1000&${since}`);
    expect(await response.json()).toMatchObject({ nextCursor: expect.any(String) as string });
  });
});

/** Some hours of work for one core, that nothing but an end from outside makes shorter. */
const ENDLESS = 'SELECT sum(sipHash64(number)) FROM numbers(100000000000000)';
/** A client for which whatever is asked of commands takes that long. */
function endless(client: ClickHouseClient): ClickHouseClient {
  const query = ((parameters: Parameters<ClickHouseClient['query']>[0]) =>
    client.query(
      parameters.query.includes('.commands FINAL')
        ? { ...parameters, query: ENDLESS, clickhouse_settings: { max_threads: 1 } }
        : parameters,
    )) as ClickHouseClient['query'];
  return Object.assign(Object.create(client) as ClickHouseClient, { query });
}
const running = async () => {
  const rows = await audit.store.rows(
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64(number)%' AND query NOT LIKE '%system.processes%'",
  );
  return (rows as { n: number }[])[0]?.n;
};

/** All places are taken: what gets one hangs up at once. */
const allTaken = () =>
  eventually(async () => {
    const response = await ask('commands', { signal: AbortSignal.timeout(500) });
    expect(await codeOf(response)).toBe('audit_busy');
  });

describe('somebody who hangs up', () => {
  it.each([`blocked?${since}`, `blocked?format=csv&${since}`, 'commands'])(
    'ends their queries and frees the places: %s',
    async (path) => {
      await audit.restart(endless(audit.store.client));
      for (let round = 0; round < 2; round += 1) {
        const hangUp = new AbortController();
        const asked = Array.from({ length: 4 }, () =>
          ask(path, { signal: hangUp.signal }).then(
            ({ status }) => status,
            () => 'hung up',
          ),
        );
        await allTaken();
        hangUp.abort();
        expect(await Promise.all(asked)).toEqual(Array.from(asked, () => 'hung up'));
        // The engine runs one query at a time: this one only when those have ended.
        await eventually(async () => expect((await ask('events')).status).toBe(200));
        expect(await running()).toBe(0);
      }
      await audit.restart(audit.store.client);
    },
  );
});
