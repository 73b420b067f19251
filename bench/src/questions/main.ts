import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startAudit, AuditConfig } from '@drawbridge/audit';
import { nativeTool, startEmbeddedClickHouse, startEmbeddedNats } from '@drawbridge/embedded';
import { connectJetStream, declareStreams, publishTrustBundle } from '@drawbridge/jetstream';
import { createLogger, loadConfig } from '@drawbridge/runtime';
import { cpuSeconds } from '../machine/process-usage.js';
import { textTable } from '../report/text-table.js';
import { whole } from '../whole-option.js';
import { loadRecord, mergeAll, sizeOf, someGrants, someWords } from './load-record.js';
import { questionsOf, type Known } from './questions-asked.js';
import { humanToken, trust } from './trusted-auditor.js';

/*
 * How long the questions about the record take, asked over HTTP of the audit service with the in-process engine, once
 * the record holds ten million commands.
 */

const usage = `usage: ./drawbridge bench questions [options]

  --commands N     how many the record holds (default 10000000)
  --rounds N       how often each question is asked, with other words each time (default 20)
  --directory DIR  keep the record there, and take it from there the next time
  --merge          merge all rows before asking; without it they lie as the engine has left them
`;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      commands: { type: 'string', default: '10000000' },
      rounds: { type: 'string', default: '20' },
      directory: { type: 'string' },
      merge: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const commands = whole('--commands', values.commands);
  const rounds = whole('--rounds', values.rounds);
  const scratch = mkdtempSync(join(tmpdir(), 'drawbridge-bench-questions-'));
  const directory = values.directory ?? join(scratch, 'clickhouse');
  mkdirSync(directory, { recursive: true });
  try {
    await measure({ commands, rounds, directory, scratch, merge: values.merge });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Measuring {
  readonly commands: number;
  readonly rounds: number;
  readonly directory: string;
  readonly scratch: string;
  readonly merge: boolean;
}

async function measure({ commands, rounds, directory, scratch, merge }: Measuring): Promise<void> {
  const engine = await startEmbeddedClickHouse({ directory });
  const executable = await nativeTool('nats-server');
  const nats = await startEmbeddedNats({
    executable,
    storeDirectory: join(scratch, 'nats'),
    sync: 'periodic',
  });
  const connection = await connectJetStream({ servers: nats.url, name: 'bench' });
  await declareStreams(connection, { replicas: 1 });
  await publishTrustBundle(connection, trust());
  const environment = { NATS_URL: nats.url, HTTP_PORT: '0', AUDITOR_GROUPS: 'auditors' };
  const audit = await startAudit(
    loadConfig(AuditConfig, { ...environment, CLICKHOUSE_RETENTION_DAYS: '3650' }),
    {
      logger: createLogger('audit', { level: 'error' }),
      createClient: () => engine.createClient(),
    },
  );
  try {
    const client = engine.createClient();
    await loadRecord(client, { commands, say: (line) => console.error(line) });
    if (merge) await mergeAll(client);
    console.log(`${textTable(await sizeOf(client, commands))}\n`);
    const url = audit.addresses['http'] ?? '';
    const cpu = () => cpuSeconds(process.pid);
    const known = { grants: await someGrants(client), words: await someWords(client) };
    console.log(textTable(await askAll({ url, rounds, cpu, known })));
    console.log(`\n${textTable(await sizeOf(client, commands))}`);
    console.log(
      `load of the machine: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}`,
    );
  } finally {
    await audit.close();
    await connection.close();
    await nats.stop();
    await engine.close();
  }
}

interface Asking {
  readonly url: string;
  readonly known: Known;
  readonly rounds: number;
  /** Seconds of CPU so far, of audit and the engine; a busy machine changes them less than the times. */
  readonly cpu: () => number;
}

/** Every question `rounds` times, by an auditor and by an owner; the first time of each does not count. */
async function askAll({ url, known, rounds, cpu }: Asking) {
  const lines: Record<string, string>[] = [];
  for (const { name, path } of questionsOf(known)) {
    for (const [who, token] of [
      ['auditor', humanToken('auditor@corp.test', ['auditors'])],
      ['owner', humanToken('owner-1@corp.test', [])],
    ] as const) {
      const before = cpu();
      const { times, rows, refused } = await askOne({ url, token, rounds, path });
      lines.push({
        question: name,
        who,
        ...percentiles(times),
        'CPU ms': ((1000 * (cpu() - before)) / (rounds + 1)).toFixed(0),
        rows: String(Math.round(rows / (rounds + 1))),
        refused: String(refused),
      });
      console.error(JSON.stringify(lines.at(-1)));
    }
  }
  return lines;
}

interface AskingOne {
  readonly url: string;
  readonly token: string;
  readonly rounds: number;
  readonly path: (round: number) => string;
}

async function askOne({ url, token, rounds, path }: AskingOne) {
  const times: number[] = [];
  let rows = 0;
  let refused = 0;
  for (let round = -1; round < rounds; round += 1) {
    const from = performance.now();
    const response = await fetch(`${url}/v1/audit/${path(Math.max(0, round))}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    if (round >= 0) times.push(performance.now() - from);
    if (text.includes('"audit_query_too_expensive"')) {
      refused += 1;
      continue;
    }
    // An owner is told nothing of sessions of others, not even that they are there.
    if (text.includes('"session_unknown"')) continue;
    if (response.status !== 200) throw new Error(`${path(round)}: ${response.status} ${text}`);
    const { items } = JSON.parse(text) as { items: readonly unknown[] };
    rows += items.length;
  }
  return { times, rows, refused };
}

function percentiles(times: readonly number[]): Record<string, string> {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(
      0,
    );
  return { 'p50 ms': at(0.5), 'p95 ms': at(0.95) };
}

await main(process.argv.slice(2));
