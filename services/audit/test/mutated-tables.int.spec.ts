import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { recordLine, type CommandBody, type Seal, type SessionChunk } from '@drawbridge/contracts';
import {
  checkStream,
  KeyRing,
  openKeyChain,
  readRebuilt,
  signerOf,
  type Finding,
  type ReadMessage,
} from '@drawbridge/integrity';
import { readSubject, recordCommands } from '@drawbridge/jetstream';
import { createLogger, uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { headers } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Sealer } from '../src/integrity/sealer.js';
import type { SealedStream } from '../src/integrity/sealed-streams.js';
import { rebuiltPages } from './rebuilt-pages.js';
import { commandIdAt, ended, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const name = 'drawbridge.test';
const bound = { timeoutMs: 120_000 };
const COMMANDS = 24;

/** Every table of which the record is made again, the stream of it, and the columns that say which row is meant. */
const tables = [
  { table: 'events', stream: 'ACCESS', key: 'sequence' },
  { table: 'holds', stream: 'HOLDS', key: 'sequence' },
  { table: 'stops', stream: 'STOPS', key: 'sequence' },
  { table: 'uses', stream: 'USES', key: 'sequence' },
  { table: 'audit_events', stream: 'AUDIT', key: 'sequence' },
  { table: 'commands', stream: 'COMMANDS', key: 'command_id' },
  { table: 'bodies', stream: 'COMMANDS', key: 'command_id, direction' },
  { table: 'session_chunks', stream: 'COMMANDS', key: 'command_id, chunk_index' },
  { table: 'stream_messages', stream: 'COMMANDS', key: 'stream, sequence' },
] as const;
type Table = (typeof tables)[number];
const streams: readonly SealedStream[] = [...new Set(tables.map(({ stream }) => stream))];

let audit: TestAudit;
const sealed = new Map<SealedStream, { statements: string[]; seals: Seal[] }>();

/** Samples of every kind of event, as they are stored. */
function eventSamples(): { readonly subject: string; readonly text: string }[] {
  const directory = new URL('../../../libs/contracts/samples/', import.meta.url);
  const subjects: Readonly<Record<string, string>> = {
    access: 'drawbridge.access.',
    hold: 'drawbridge.holds.',
    stop: 'drawbridge.stops.',
    use: 'drawbridge.uses.',
    audit: 'drawbridge.audit-events.',
  };
  return readdirSync(directory).flatMap((file) => {
    const prefix = subjects[/^([a-z]+)-.*events?-v\d+\.jsonl$/.exec(file)?.[1] ?? ''];
    if (prefix === undefined) return [];
    const lines = readFileSync(new URL(file, directory), 'utf8').trimEnd().split('\n');
    return lines.map((text) => {
      const { aggregateId } = z.looseObject({ aggregateId: z.string() }).parse(JSON.parse(text));
      return { subject: prefix + aggregateId, text };
    });
  });
}

beforeAll(async () => {
  audit = await startTestAudit();
  const { connection } = audit;
  for (const { subject, text } of eventSamples()) await connection.jetstream.publish(subject, text);
  for (let n = 0; n < COMMANDS; n += 1) {
    const id = commandIdAt(new Date(Date.UTC(2026, 0, 5, 9, 0, n)).toISOString());
    await recordCommands(connection, n % 5 === 0 ? refused(id) : started(id));
    await publishPayloads(id);
    if (n % 5 !== 0) await recordCommands(connection, ended(id));
  }
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  const sealer = new Sealer({
    ...{ connection, clock: () => new Date(), everyMs: 50, streams },
    logger: createLogger('audit', { level: 'fatal' }),
    keys: { name, current: signerOf(pem.toString()), previous: [] },
  });
  sealer.start();
  for (const stream of streams) {
    const { state } = await connection.manager.streams.info(stream);
    expect(state.last_seq).toBeGreaterThan(0);
    await eventually(async () => {
      await readSeals(stream);
      const { verified, findings } = await check(stream);
      expect({ stream, verified, findings }).toEqual({
        stream,
        verified: state.last_seq,
        findings: [],
      });
    }, bound);
  }
  await sealer.close();
  // What was recorded is put back after each round from here.
  await audit.pause();
  for (const { table } of tables) {
    await run(`CREATE TABLE drawbridge.${table}_before AS drawbridge.${table}`);
    await run(`INSERT INTO drawbridge.${table}_before SELECT * FROM drawbridge.${table} FINAL`);
  }
}, 300_000);
afterAll(() => audit.stop());
afterEach(async () => {
  for (const { table } of tables) await restore(table);
});

async function restore(table: string): Promise<void> {
  await run(`TRUNCATE TABLE drawbridge.${table}`);
  await run(`INSERT INTO drawbridge.${table} SELECT * FROM drawbridge.${table}_before`);
}

async function publishPayloads(commandId: string): Promise<void> {
  const common = { commandId, connection: 'prod-eks', at: '2026-01-05T09:00:01.000Z' };
  const body: CommandBody = {
    ...{ type: 'CommandBody', ...common, direction: 'response', contentType: 'text/plain' },
    ...{ bytes: 5, sha256: 'a'.repeat(64), encoding: 'utf8', content: 'hello' },
  };
  const chunk: SessionChunk = {
    type: 'SessionChunk',
    ...common,
    index: 0,
    frames: [[0.5, 'o', `of ${commandId}`]],
  };
  const told = headers();
  told.set('Content-Type', 'application/x-ndjson');
  const text = [body, chunk].map((one) => `${recordLine(one)}\n`).join('');
  await audit.connection.jetstream.publish('drawbridge.commands._batch.test', text, {
    headers: told,
  });
}

async function readSeals(stream: SealedStream): Promise<void> {
  const contents = async <Content>(subject: string): Promise<Content[]> =>
    (await readSubject(audit.connection, { stream: 'CHECKPOINTS', subject })).map(
      ({ data }) => JSON.parse(Buffer.from(data).toString()) as Content,
    );
  const keys = await contents<{ note: string }>('drawbridge.checkpoints._keys');
  const seals = await contents<Seal>(`drawbridge.checkpoints.${stream}`);
  sealed.set(stream, { statements: keys.map(({ note }) => note), seals });
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

/** Also tells the rows that say of no message that they came from it. */
async function check(stream: SealedStream) {
  const { statements, seals } = sealed.get(stream) ?? { statements: [], seals: [] };
  const strays: string[] = [];
  async function* messages(): AsyncGenerator<ReadMessage> {
    for await (const page of rebuiltPages(audit.store, stream)) {
      yield* page.messages.map(readRebuilt);
      strays.push(...(page.strays ?? []).map(({ row }) => row));
    }
  }
  const report = await checkStream({
    ...{ stream, origin: `${name}/${stream}`, seals: each(seals), messages: messages() },
    ring: new KeyRing(openKeyChain(statements)),
  });
  return { ...report, strays };
}

const run = (query: string): Promise<unknown> =>
  audit.store.client.command({ query, clickhouse_settings: { mutations_sync: '1' } });

const Columns = z.array(z.object({ name: z.string(), type: z.string(), key: z.number() }));
/** Those that are written and not derived; `key` when rows are sorted by it. */
const columnsOf = async (table: string) =>
  Columns.parse(
    await audit.store.rows(
      `SELECT name, type, is_in_sorting_key OR is_in_partition_key AS key FROM system.columns
WHERE database = 'drawbridge' AND table = '${table}' AND default_kind NOT IN ('MATERIALIZED', 'ALIAS')`,
    ),
  );

type OtherValue = (column: string, inner: string) => string | undefined;

/** By what the type begins with; `inner` is what stands in its parentheses. */
const otherValues: readonly (readonly [RegExp, OtherValue])[] = [
  [/^SimpleAggregateFunction\(\w+, (.*)\)$/, (column, inner) => otherValue(column, inner)],
  [/^LowCardinality\((.*)\)$/, (column, inner) => otherValue(column, inner)],
  [/^Nullable\((.*)\)$/, (column, inner) => `if(isNull(${column}), ${valueOf(inner)}, NULL)`],
  [/^Bool$/, (column) => `NOT ${column}`],
  [/^(?:U?Int|Float)/, (column) => `${column} + 1`],
  [/^DateTime64/, (column) => `addMilliseconds(${column}, 1)`],
  [/^UUID$/, () => 'generateUUIDv4()'],
  [/^String$/, (column) => `concat(${column}, 'x')`],
  [
    /^Array\((.*)\)$/,
    (column) => `if(empty(${column}), arrayResize(${column}, 1), arrayPopBack(${column}))`,
  ],
];

const valueOf = (type: string): string =>
  ({ UUID: 'generateUUIDv4()', String: `'x'` })[type] ??
  `CAST(1, '${type.replaceAll("'", "\\'")}')`;

/** Another value of the same type, whatever it was; `undefined` for a type that there is none of. */
function otherValue(column: string, type: string): string | undefined {
  for (const [pattern, make] of otherValues) {
    const match = pattern.exec(type);
    if (match !== null) return make(column, match[1] ?? '');
  }
  return undefined;
}

/** The rows of a table as conditions, each with the sequences of the messages that it was made of. */
async function rowsOf({ table, key, stream }: Table) {
  const places = {
    commands: 'arrayConcat(start_positions, end_positions)',
    bodies: 'positions',
    session_chunks: 'positions',
  };
  const of = Object.entries(places).find(([one]) => one === table)?.[1];
  const sequences = of === undefined ? '[sequence]' : `arrayMap(p -> intDiv(p, 1024), ${of})`;
  const only = table === 'stream_messages' ? `WHERE stream = '${stream}'` : '';
  const Rows = z.array(z.object({ key: z.string(), sequences: z.array(z.number()) }));
  const rows = Rows.parse(
    await audit.store.rows(
      `SELECT concatWithSeparator('/', ${key}) AS key, arrayMap(s -> toUInt64(s), ${sequences}) AS sequences
FROM drawbridge.${table} FINAL ${only} ORDER BY key`,
    ),
  );
  return rows.map((row) => ({
    where: `concatWithSeparator('/', ${key}) = '${row.key}'`,
    id: row.key.split('/')[0] ?? '',
    sequences: row.sequences,
  }));
}

/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const names = (findings: readonly Finding[], sequences: readonly number[]): boolean =>
  findings.some(({ sequence = 0, to = sequence }) =>
    sequences.some((one) => one >= sequence && one <= to),
  );

const MUTATIONS = 112;

interface Change {
  readonly what: string;
  /** Of its command, or the sequence. */
  readonly id: string;
  readonly sequences: readonly number[];
}

interface Round {
  readonly given: Table;
  readonly columns: z.infer<typeof Columns>;
  readonly rows: Awaited<ReturnType<typeof rowsOf>>;
  readonly roll: (below: number) => number;
}

/**
 * Changes some rows, of which none is of a message that another is of: what is told of one is not told of another.
 * Returns how many, and what was not told of them or told of others.
 */
async function changeSome({ given, columns, rows, roll }: Round, most: number) {
  const taken = new Set<number>();
  const changes: Change[] = [];
  for (let n = 0; n < 24 && changes.length < most; n += 1) {
    const row = rows[roll(rows.length)];
    if (row === undefined || row.sequences.some((one) => taken.has(one))) continue;
    for (const one of row.sequences) taken.add(one);
    const what = changeOf(columns[roll(columns.length)], roll);
    await run(`ALTER TABLE drawbridge.${given.table} ${what} WHERE ${row.where}`);
    changes.push({ what, id: row.id, sequences: row.sequences });
  }
  const { findings, strays } = await check(given.stream);
  await restore(given.table);
  const missed = changes
    .filter(({ sequences }) => !names(findings, sequences))
    .filter(({ id }) => !strays.some((row) => row.includes(id)));
  const others = findings.filter(
    ({ sequence = 0, to }) => to === undefined && !taken.has(sequence),
  );
  return { count: changes.length, faults: [...missed, ...others] };
}

function changeOf(
  column: z.infer<typeof Columns>[number] | undefined,
  roll: (below: number) => number,
): string {
  const value = column && otherValue(`\`${column.name}\``, column.type);
  const isDrop = roll(6) === 0 || column === undefined || value === undefined;
  return isDrop ? 'DELETE' : `UPDATE \`${column.name}\` = ${value}`;
}

/** The column of each table that most of a record stands in. */
const swappedColumns: Partial<Record<Table['table'], string>> = {
  commands: 'start_raw',
  bodies: 'content',
  session_chunks: 'frames',
  stream_messages: 'digest',
};

describe.each(tables)('the table $table, changed in the engine itself', (given) => {
  const { table, stream } = given;

  it(`shows each of ${MUTATIONS} changes at its place, and no other`, async () => {
    const columns = (await columnsOf(table)).filter(({ key }) => key === 0);
    const round = { given, columns, rows: await rowsOf(given), roll: dice(table.length) };
    const faults: unknown[] = [];
    for (let done = 0; done < MUTATIONS;) {
      const told = await changeSome(round, MUTATIONS - done);
      done += told.count;
      faults.push(...told.faults);
    }
    expect(faults).toEqual([]);
    expect((await check(stream)).findings).toEqual([]);
  }, 280_000);

  it('shows that its end was cut off', async () => {
    const all = await rowsOf(given);
    const from = Math.max(...all.flatMap(({ sequences }) => sequences)) - 1;
    const cut = all.filter(({ sequences }) => sequences.some((one) => one >= from));
    for (const { where } of cut) await run(`ALTER TABLE drawbridge.${table} DELETE WHERE ${where}`);
    const { findings } = await check(stream);
    for (const { sequences } of cut) expect(names(findings, sequences)).toBe(true);
  });

  it('shows rows that were put in', async () => {
    const columns = await columnsOf(table);
    const written = columns.map((one) => `\`${one.name}\``).join(', ');
    const some = table === 'stream_messages' ? `WHERE stream = '${stream}'` : '';
    const fresh = {
      command_id: `toUUID('${uuidV7(new Date())}')`,
      id: 'generateUUIDv4()',
      sequence: 'sequence + 100000',
    };
    for (const [column, value] of Object.entries(fresh)) {
      if (!columns.some((one) => one.name === column)) continue;
      await run(`INSERT INTO drawbridge.${table} (${written}) SELECT ${written} FROM
(SELECT * REPLACE (${value} AS \`${column}\`) FROM drawbridge.${table}_before ${some} LIMIT 1)`);
      const { findings, strays, unsealed } = await check(stream);
      expect({ column, told: findings.length + strays.length + unsealed > 0 }).toEqual({
        ...{ column, told: true },
      });
      await restore(table);
    }
  });

  it('shows that two of its rows were put in the place of each other', async () => {
    const all = await rowsOf(given);
    const [one, other] = [all[0], all.at(-1)];
    const swapped = swappedColumns[table] ?? 'data';
    const value = (where = '') =>
      `(SELECT any(if(${swapped} = '', '{"x":1}', ${swapped})) FROM drawbridge.${table}_before WHERE ${where})`;
    for (const [at, from] of [
      [one, other],
      [other, one],
    ]) {
      await run(
        `ALTER TABLE drawbridge.${table} UPDATE ${swapped} = concat(${value(from?.where)}, ' ') WHERE ${at?.where}`,
      );
    }
    const { findings } = await check(stream);
    expect(names(findings, one?.sequences ?? [])).toBe(true);
    expect(names(findings, other?.sequences ?? [])).toBe(true);
  });
});
