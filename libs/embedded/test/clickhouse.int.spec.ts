import { watch } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouseEngine } from '../src/clickhouse/clickhouse-engine.js';
import {
  startEmbeddedClickHouse,
  type EmbeddedClickHouse,
} from '../src/clickhouse/start-embedded-clickhouse.js';

let directory: string;
let clickHouse: EmbeddedClickHouse;
let client: ClickHouseClient;

const rows = async (query: string, more: object = {}): Promise<unknown> =>
  (await client.query({ query, format: 'JSONEachRow', ...more })).json();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-clickhouse-'));
  clickHouse = await startEmbeddedClickHouse({ directory });
  client = clickHouse.createClient();
  await client.command({
    query: 'CREATE TABLE numbers (n UInt64, text String) ENGINE = MergeTree ORDER BY n',
  });
});

afterAll(async () => {
  await clickHouse.close();
  await rm(directory, { recursive: true });
});

describe('the embedded ClickHouse', () => {
  it('stores rows and reads them with bound parameters', async () => {
    const text = "it's \\ \t \n {n:UInt64} é";
    await client.insert({ table: 'numbers', values: [{ n: 1, text }], format: 'JSONEachRow' });
    const found = await rows('SELECT text FROM numbers WHERE text = {text:String}', {
      query_params: { text },
    });
    expect(found).toEqual([{ text }]);
  });

  it('forgets the settings of a request when it has ended', async () => {
    await rows('SELECT 1', { clickhouse_settings: { max_execution_time: 7 } });
    expect(await rows("SELECT getSetting('max_execution_time') AS seconds")).toEqual([
      { seconds: 0 },
    ]);
  });

  it('throws the errors of a server, with number and name', async () => {
    await expect(rows('SELECT * FROM absent')).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    });
    await expect(
      rows('SELECT count() FROM numbers(1000000000000)', {
        clickhouse_settings: { max_execution_time: 1 },
      }),
    ).rejects.toMatchObject({ type: 'TIMEOUT_EXCEEDED' });
  });

  // An insert may take longer than the query, where it is the machine that is slow.
  it('inserts while a slow query runs', { retry: 3 }, async () => {
    let queryDone = false;
    const query = rows('SELECT sleep(3)').then(() => (queryDone = true));
    await client.insert({
      table: 'numbers',
      values: [{ n: 2, text: '' }],
      format: 'JSONEachRow',
    });
    expect(queryDone).toBe(false);
    await query;
  });

  it('ends an aborted query, whether it runs or waits, and goes on with the next', async () => {
    const endless = 'SELECT sum(sipHash64(number)) FROM numbers(100000000000000)';
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = rows(endless, { abort_signal: running.signal });
    const second = rows(endless, { abort_signal: waiting.signal });
    const third = rows('SELECT 3 AS n');
    waiting.abort();
    running.abort();
    await expect(first).rejects.toThrow('aborted');
    await expect(second).rejects.toThrow('aborted');
    await expect(third).resolves.toEqual([{ n: 3 }]);
    const ended = AbortSignal.abort();
    await expect(rows('SELECT 1', { abort_signal: ended })).rejects.toThrow('aborted');
  });

  it('keeps what it acknowledged when its process is killed, and starts again', async () => {
    const acknowledged: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const pid = await clickHouse.processId();
      let failed = false;
      const first = 1000 * (round + 1);
      for (let n = first; !failed; n += 1) {
        // In the middle of one or other of the next inserts.
        if (n === first + 10) setTimeout(() => process.kill(pid, 'SIGKILL'), 20 + round * 7);
        try {
          await client.insert({
            table: 'numbers',
            values: [{ n, text: 'killed' }],
            format: 'JSONEachRow',
          });
          acknowledged.push(n);
        } catch {
          failed = true;
        }
      }
    }
    const stored = await rows("SELECT toUInt32(n) AS n FROM numbers WHERE text = 'killed'");
    const numbers = (stored as { n: number }[]).map(({ n }) => n);
    expect(numbers).toEqual(expect.arrayContaining(acknowledged));
    expect(numbers.length - acknowledged.length).toBeLessThanOrEqual(3);
    expect(acknowledged.length).toBeGreaterThan(10);
  });

  it('takes bytes from a file, and leaves none, whether they are stored, refused or lost', async () => {
    const insert = (text: string) =>
      client.insert({
        table: 'numbers',
        columns: ['n', 'text'],
        values: Readable.from([Buffer.from(text)], { objectMode: false }),
        format: 'TabSeparated',
      });
    const inserts = join(directory, 'inserts');
    expect((await stat(inserts)).mode & 0o777).toBe(0o700);
    const files = new Set<string | null>();
    const watcher = watch(inserts, (_what, name) => files.add(name));
    await insert('5001\tbytes\n5002\tbytes\n');
    await expect.poll(() => files.size).toBe(1);
    watcher.close();
    await expect(insert('five\tbytes\n')).rejects.toMatchObject({
      type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
    });
    const lost = insert('5003\tlost\n'.repeat(100_000));
    process.kill(await clickHouse.processId(), 'SIGKILL');
    await lost.catch(() => undefined);
    expect(await readdir(inserts)).toEqual([]);
    expect(await rows("SELECT toUInt32(n) AS n FROM numbers WHERE text = 'bytes'")).toEqual([
      { n: 5001 },
      { n: 5002 },
    ]);
  });

  it('removes bytes that were left when owner and engine died', async () => {
    await writeFile(join(directory, 'inserts', 'left'), 'bytes');
    process.kill(await clickHouse.processId(), 'SIGKILL');
    await expect
      .poll(async () => {
        await rows('SELECT 1').catch(() => undefined);
        return readdir(join(directory, 'inserts'));
      })
      .toEqual([]);
  });

  it('does not try again when its program cannot be loaded, and says why', async () => {
    const program = join(directory, 'broken.mjs');
    await writeFile(program, `import './missing.mjs';`);
    const opening = new ClickHouseEngine(directory, program).open();
    await expect(opening).rejects.toThrow(/has ended \(exit code 1\):[^]*missing\.mjs/);
  });

  it('holds its directory alone, and frees it when closed', async () => {
    const second = await mkdtemp(join(tmpdir(), 'drawbridge-clickhouse-'));
    const first = await startEmbeddedClickHouse({ directory: second });
    const waiting = startEmbeddedClickHouse({ directory: second });
    await first.close();
    const next = await waiting;
    expect(await next.createClient().ping()).toEqual({ success: true });
    await next.close();
    await expect(next.createClient().query({ query: 'SELECT 1' })).rejects.toThrow('closed');
    await rm(second, { recursive: true });
  });
});
