import { join } from 'node:path';
import { AuditCommandPage, type AuditCommand } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  commandLines,
  COMMANDS_STREAM,
  connectJetStream,
  HOLDS_STREAM,
  PARKED_STREAM,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { HostileTokens } from '../../src/hostile-tokens.js';
import type { WideGateway } from '../../src/wide-gateway.js';
import { bodiesOf, objectsIn } from './kept-bodies.js';

/** What stays behind when an agent has gone. */
export interface Kept {
  /** How many command records there are: of each command, its beginning and its end. */
  readonly commands: number;
  /** How many commands audit knows. */
  readonly rows: number;
  readonly texts: Readonly<Record<string, readonly Uint8Array[]>>;
}

const STREAMS = [ACCESS_STREAM, HOLDS_STREAM, COMMANDS_STREAM, PARKED_STREAM];
const PAGE = 500;
const IDLE_MS = 500;

/** Reads all of it, once audit has caught up. */
export async function keptOf(gateway: WideGateway): Promise<Kept> {
  const { laptop } = gateway;
  const bus = await connectJetStream({ servers: laptop.nats.url, name: 'leak-suite' });
  try {
    const texts: Record<string, Uint8Array[]> = { logs: [Buffer.from(gateway.logged())] };
    for (const stream of STREAMS) texts[stream] = await messagesOf(bus, stream);
    const commands = (texts[COMMANDS_STREAM] ?? []).length;
    const started = startedIn(texts[COMMANDS_STREAM] ?? []);
    const token = await new HostileTokens(laptop.identityProvider).human('bob', ['auditors']);
    const rows = await eventually(
      async () => {
        const read = await rowsOf(laptop.addresses.audit, token);
        if (read.count < started) throw new Error(`audit has ${read.count} of ${started} commands`);
        return read;
      },
      { timeoutMs: 60_000 },
    );
    const audit = laptop.addresses.audit;
    const bodies = await bodiesOf({ audit, token }, rows.commands);
    const objects = await objectsIn(join(gateway.directory, 'state', 'bodies'));
    return { commands, rows: rows.count, texts: { ...texts, audit: rows.pages, bodies, objects } };
  } finally {
    await bus.close();
  }
}

/** A message may hold many records, one a line. */
async function messagesOf(
  { jetstream, manager }: JetStreamConnection,
  stream: string,
): Promise<Uint8Array[]> {
  const { state } = await manager.streams.info(stream);
  if (state.messages === 0) return [];
  const lines: Uint8Array[] = [];
  const consumer = await jetstream.consumers.get(stream);
  const messages = await consumer.consume({ idle_heartbeat: IDLE_MS });
  for await (const message of messages) {
    lines.push(...commandLines(message));
    if (message.seq >= state.last_seq) break;
  }
  return lines;
}

const startedIn = (lines: readonly Uint8Array[]): number =>
  lines.filter((line) => Buffer.from(line).includes('"type":"CommandStarted"')).length;

async function rowsOf(audit: string, token: string) {
  const pages: Uint8Array[] = [];
  const commands: AuditCommand[] = [];
  let count = 0;
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor && { cursor }) });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${audit}/v1/audit/commands?${query}`, { headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`audit answered ${answer.status}: ${text}`);
    const page = AuditCommandPage.parse(JSON.parse(text));
    pages.push(Buffer.from(text));
    count += page.items.length;
    commands.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { pages, count, commands };
}
