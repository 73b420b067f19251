import { generateKeyPairSync } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Seal } from '@drawbridge/contracts';
import {
  checkStream,
  KeyRing,
  openKeyChain,
  readRebuilt,
  signerOf,
  type ReadMessage,
} from '@drawbridge/integrity';
import { accessEventStore, readSubject, recordCommands } from '@drawbridge/jetstream';
import { createLogger, uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AuditStore } from '../src/clickhouse/select-page.js';
import { Sealer } from '../src/integrity/sealer.js';
import type { SealedStream } from '../src/integrity/sealed-streams.js';
import { rebuiltPages } from './rebuilt-pages.js';
import { requestHistory } from './sample-events.js';
import { commandIdAt, ended, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const name = 'drawbridge.test';
const bound = { timeoutMs: 60_000 };
const EVENTS = 12;

let audit: TestAudit;
let sealer: Sealer;

beforeAll(async () => {
  audit = await startTestAudit();
  const { connection } = audit;
  const ids = Array.from({ length: 30 }, (_, n) =>
    commandIdAt(new Date(Date.UTC(2026, 0, 5, 9, 0, n)).toISOString()),
  );
  for (let n = 0; n < ids.length; n += 3) {
    const [one = '', two = '', three = ''] = ids.slice(n, n + 3);
    await recordCommands(connection, started(one), refused(two), started(three));
    await recordCommands(connection, ended(one), ended(three, { outcome: 'client_gone' }));
    // From before there were batches: the text stays beside the row.
    if (n % 9 === 0) {
      const old = { ...started(commandIdAt('2026-01-05T10:00:00Z')), at: '2026-01-05T10:00:00Z' };
      await connection.jetstream.publish('drawbridge.commands.prod-eks.old', JSON.stringify(old));
    }
  }
  await publishEvents();
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  sealer = new Sealer({
    connection,
    keys: { name, current: signerOf(pem.toString()), previous: [] },
    logger: createLogger('audit', { level: 'fatal' }),
    clock: () => new Date(),
    everyMs: 50,
  });
  sealer.start();
  for (const stream of ['COMMANDS', 'ACCESS'] as const) {
    const { state } = await connection.manager.streams.info(stream);
    await eventually(async () => {
      const { verified, findings } = await check(stream, audit.store);
      expect({ verified, findings }).toEqual({ verified: state.last_seq, findings: [] });
    }, bound);
  }
  await sealer.close();
}, 120_000);
afterAll(() => audit.stop());

async function publishEvents(): Promise<void> {
  const identity = accessEventStore(audit.connection, 'identity');
  const [event] = requestHistory;
  for (let n = 0; n < EVENTS; n += 1) {
    await identity.append({
      aggregateId: uuidV7(new Date()),
      position: { lastSequence: 0 },
      event: event!,
      metadata: {
        id: uuidV7(new Date()),
        causationId: 'test',
        actor: { kind: 'agent', id: 'https://idp.test#agent-oncall' },
        at: new Date(Date.UTC(2026, 0, 5, 9, n)).toISOString(),
      },
    });
  }
}

async function contentsOf<Content>(subject: string): Promise<Content[]> {
  const messages = await readSubject(audit.connection, { stream: 'CHECKPOINTS', subject });
  return messages.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Content);
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

async function* rebuiltOf(stream: SealedStream, store: AuditStore): AsyncGenerator<ReadMessage> {
  for await (const { messages } of rebuiltPages(store, stream)) yield* messages.map(readRebuilt);
}

const seals = new Map<string, { statements: string[]; seals: Seal[] }>();

async function check(stream: SealedStream, store: AuditStore) {
  const { statements, seals: sealed } = seals.get(stream) ?? (await readSeals(stream));
  return checkStream({
    stream,
    origin: `${name}/${stream}`,
    ring: new KeyRing(openKeyChain(statements)),
    seals: each(sealed),
    messages: rebuiltOf(stream, store),
  });
}

async function readSeals(stream: string) {
  const keys = await contentsOf<{ note: string }>('drawbridge.checkpoints._keys');
  if (keys.length === 0) throw new Error('nothing is sealed yet');
  const found = {
    statements: keys.map(({ note }) => note),
    seals: await contentsOf<Seal>(`drawbridge.checkpoints.${stream}`),
  };
  const last = await audit.connection.manager.streams.info(stream);
  if (found.seals.at(-1)?.note.includes(`\nlast ${last.state.last_seq}\n`) === true) {
    seals.set(stream, found);
  }
  return found;
}

type Row = Record<string, unknown>;
const TABLES = ['commands', 'stream_messages', 'events'] as const;
type Table = (typeof TABLES)[number];

/** Rows as the engine gives them, with one of them changed: what a client of it would read. */
function storeWith(rows: Readonly<Record<Table, readonly Row[]>>): AuditStore {
  const tableIn = (query: string) => TABLES.find((table) => query.includes(`.${table} FINAL`));
  const stands = ({ start_positions: start, end_positions: end }: Row) =>
    [start, end].flat().some((place) => typeof place === 'number');
  const answer = (query: string): readonly Row[] => {
    const table = tableIn(query);
    if (table === undefined) return [];
    if (query.includes('WHERE empty(start_positions)')) {
      return rows.commands
        .filter((row) => !stands(row))
        .map(({ command_id }) => ({ row: command_id }));
    }
    if (table === 'commands') return rows.commands.filter(stands);
    if (table === 'events') return rows.events;
    return rows.stream_messages.filter(({ stream }) => query !== '' && stream === wantedStream);
  };
  const client = {
    query: ({ query }: { query: string }) =>
      Promise.resolve({ json: () => Promise.resolve(structuredClone(answer(query))) }),
  };
  return { ...audit.store, client: client as unknown as ClickHouseClient };
}
/** The stream that is checked: a parameter of the query. */
let wantedStream = 'COMMANDS';

/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const Places = z.array(z.number());
/** The sequences of the messages that a row was made of. */
function sequencesOf(table: Table, row: Row): readonly number[] {
  if (table !== 'commands') return [Number(row['sequence'])];
  const places = Places.parse([row['start_positions'], row['end_positions']].flat());
  return places.map((place) => Math.floor(place / 1024));
}

function otherValue(value: unknown, roll: (below: number) => number): unknown {
  if (typeof value === 'number') return value + 1 + roll(1000);
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return value.length === 0 ? value : value.slice(0, -1);
  if (typeof value !== 'string') return value;
  if (value === '') return 'x';
  const at = roll(value.length);
  const letter = value[at] === '7' ? '8' : '7';
  return value.slice(0, at) + letter + value.slice(at + 1);
}

describe('rows that were changed', () => {
  const all = async (): Promise<Record<Table, Row[]>> => {
    const read = async (table: Table) =>
      z.array(z.record(z.string(), z.unknown())).parse(
        await (
          await audit.store.client.query({
            query: `SELECT * ${table === 'events' ? 'EXCEPT (agent_owner)' : ''} FROM drawbridge.${table} FINAL ORDER BY ${table === 'commands' ? 'command_id' : 'sequence'}`,
            format: 'JSONEachRow',
            clickhouse_settings: {
              output_format_json_quote_64bit_integers: 0,
              date_time_output_format: 'iso',
            },
          })
        ).json(),
      );
    return {
      commands: await read('commands'),
      stream_messages: await read('stream_messages'),
      events: await read('events'),
    };
  };

  it('are found at their place, whatever was changed: 1000 of them', async () => {
    const original = await all();
    const roll = dice(1);
    const missed: string[] = [];
    let counted = 0;
    for (let n = 0; counted < 1_000; n += 1) {
      const table = TABLES[n % TABLES.length] ?? 'commands';
      const rows = structuredClone(original);
      const list = rows[table];
      const at = roll(list.length);
      const row = list[at] ?? {};
      const affected = sequencesOf(table, row);
      const stream: SealedStream =
        table === 'events' || row['stream'] === 'ACCESS' ? 'ACCESS' : 'COMMANDS';
      if (table === 'stream_messages' && !['ACCESS', 'COMMANDS'].includes(String(row['stream'])))
        continue;
      const what = change(list, at, roll);
      if (what === undefined) continue;
      counted += 1;
      wantedStream = stream;
      const { findings } = await check(stream, storeWith(rows));
      const named = findings.some(({ sequence = 0, to = sequence }) =>
        affected.some((one) => one >= sequence && one <= to),
      );
      if (!named)
        missed.push(`${table} ${what} of ${affected.join()}: ${JSON.stringify(findings)}`);
    }
    expect(missed).toEqual([]);
  }, 180_000);

  /** What was done; undefined when the row is as before. */
  function change(list: Row[], at: number, roll: (below: number) => number): string | undefined {
    const row = list[at] ?? {};
    const kind = roll(10);
    if (kind === 0) {
      list.splice(at, 1);
      return 'dropped';
    }
    if (kind === 1) {
      list.splice(at, 0, {
        ...row,
        ...(row['command_id'] === undefined
          ? { stored_at: '2026-01-05T00:00:00.000Z' }
          : { command_id: uuidV7(new Date()) }),
      });
      return 'added';
    }
    // Of no message: the engine merges by them, and the time in the id is the key.
    const columns = Object.keys(row).filter((column) => column !== 'stream');
    const column = columns[roll(columns.length)] ?? '';
    const value = otherValue(row[column], roll);
    if (JSON.stringify(value) === JSON.stringify(row[column])) return undefined;
    row[column] = value;
    return column;
  }
});

describe('rows that were changed in the engine itself', () => {
  const alter = async (statement: string): Promise<void> => {
    await audit.store.client.command({
      query: `ALTER TABLE drawbridge.${statement}`,
      clickhouse_settings: { mutations_sync: '1' },
    });
  };

  it('are found, whatever the table', async () => {
    await alter(`commands UPDATE verb = 'get' WHERE has(start_positions, 1024)`);
    await alter(`commands DELETE WHERE has(start_positions, 2 * 1024 + 1)`);
    await alter(`stream_messages UPDATE subject = 'x' WHERE stream = 'COMMANDS' AND sequence = 5`);
    await alter(`stream_messages DELETE WHERE stream = 'COMMANDS' AND sequence = 7`);
    await alter(`events UPDATE actor_id = 'somebody else' WHERE sequence = 4`);
    await alter(`events UPDATE agent_owner = 'mallory' WHERE sequence = 6`);
    await alter(`events DELETE WHERE sequence = 9`);
    const kinds = async (stream: SealedStream) =>
      (await check(stream, audit.store)).findings.map(({ kind, sequence, line }) =>
        line === undefined ? [kind, sequence] : [kind, sequence, line],
      );
    const commands = await kinds('COMMANDS');
    expect(commands).toContainEqual(['altered', 1, 0]);
    expect(commands).toContainEqual(['altered', 5]);
    expect(commands).toContainEqual(['dropped', 7]);
    expect(await kinds('ACCESS')).toEqual([
      ['altered', 4, 0],
      ['altered', 4],
      ['altered', 6, 0],
      ['dropped', 9, 0],
      ['altered', 9],
    ]);
  });
});
