import { recordCommands } from '@drawbridge/jetstream';
import { loadConfig } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServerClient } from '../src/clickhouse/create-server-client.js';
import { insertText } from '../src/clickhouse/insert-rows.js';
import { AuditConfig } from '../src/config.js';
import { RecordRefused } from '../src/domain/record-refused.js';
import { startHttpClickHouse, type HttpClickHouse } from './http-clickhouse.js';
import { commandIdAt, ended, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
let server: HttpClickHouse;

const clientOf = ({ url }: HttpClickHouse) =>
  createServerClient(loadConfig(AuditConfig, { AUDITOR_GROUPS: 'auditors', CLICKHOUSE_URL: url }));

beforeAll(async () => {
  audit = await startTestAudit();
  server = await startHttpClickHouse(audit.store.client);
  await audit.restart(clientOf(server));
});
afterAll(async () => {
  await audit.stop();
  await server.close();
});

const ids = (count: number) =>
  Array.from({ length: count }, () => commandIdAt(new Date().toISOString()));
const storedOf = (some: readonly string[]) =>
  audit.store.rows(
    `SELECT outcome, count() AS rows FROM drawbridge.commands FINAL WHERE command_id IN (${some
      .map((id) => `'${id}'`)
      .join(',')}) GROUP BY outcome ORDER BY outcome`,
  );
const areStored = (some: readonly string[]) =>
  eventually(async () =>
    expect(await storedOf(some)).toEqual([{ outcome: 'completed', rows: some.length }]),
  );
const publish = async (some: readonly string[]) => {
  for (const id of some) await recordCommands(audit.connection, started(id), ended(id));
};

describe('the record over HTTP', () => {
  it('takes rows as the text of their columns', async () => {
    const some = ids(200);
    await publish(some);
    await areStored(some);
    const texts = server.seen.filter(({ query }) =>
      /^INSERT INTO drawbridge\.commands \([^)]*\)\s+FORMAT TabSeparated$/.test(query),
    );
    expect(texts).not.toEqual([]);
    expect(texts.every(({ bytes }) => bytes > 0)).toBe(true);
  });

  it('has each command in one row when an insertion was stored and its answer lost', async () => {
    server.breakAfter(3);
    const some = ids(50);
    await publish(some);
    await areStored(some);
    await audit.caughtUp();
    expect(await storedOf(some)).toEqual([{ outcome: 'completed', rows: some.length }]);
  });

  it('knows a value that can never be stored from a server that is away', async () => {
    const columns = ['command_id', 'received_at', 'connection'];
    const text = { columns, rows: 1, text: Buffer.from('no-uuid\tyesterday\tprod\n') };
    const store = { ...audit.store, client: clientOf(server) };
    await expect(insertText(store, 'commands', text)).rejects.toThrow(RecordRefused);
    const away = await startHttpClickHouse(audit.store.client);
    await away.close();
    const failing = insertText({ ...store, client: clientOf(away) }, 'commands', text);
    await expect(failing).rejects.not.toThrow(RecordRefused);
  });
});
