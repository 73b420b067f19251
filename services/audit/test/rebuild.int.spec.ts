import { createHash } from 'node:crypto';
import { readRebuilt, rebuiltData } from '@drawbridge/integrity';
import { headers } from '@nats-io/transport-node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SealedStream } from '../src/integrity/sealed-streams.js';
import { anyLine, type AnyLine } from './any-line.js';
import { rebuiltPages } from './rebuilt-pages.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;

beforeAll(async () => {
  audit = await startTestAudit();
});
afterAll(() => audit.stop());

async function publish(lines: readonly AnyLine[], end = '\n'): Promise<Uint8Array> {
  const head = headers();
  head.set('Content-Type', 'application/x-ndjson');
  if (lines.every(({ isForm2 }) => isForm2)) head.set('Drawbridge-Record-Form', '2');
  const bytes = Buffer.from(`${lines.map(({ text }) => text).join('\n')}${end}`);
  const subject = 'drawbridge.commands._batch.test';
  await audit.connection.jetstream.publish(subject, bytes, { headers: head });
  return bytes;
}

const lastOf = async (stream: string) =>
  (await audit.connection.manager.streams.info(stream)).state.last_seq;

/** Messages, and what their rows have against each other. */
async function rebuiltFrom(stream: SealedStream, from: number) {
  const found: { text: string; digest: string; tables: string[]; flaws: readonly unknown[] }[] = [];
  for await (const { messages } of rebuiltPages(audit.store, stream, from)) {
    for (const message of messages) {
      found.push({
        text: String(rebuiltData(message)),
        digest: message.digest,
        tables: message.parts.map(({ table }) => table),
        flaws: readRebuilt(message).flaws ?? [],
      });
    }
  }
  return found;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a message of COMMANDS', () => {
  it(
    'is made again of its rows, byte for byte, whatever stands in it',
    { timeout: 240_000 },
    async () => {
      const messages = fc.array(fc.array(anyLine, { minLength: 1, maxLength: 40 }), {
        minLength: 1,
        maxLength: 10,
      });
      await fc.assert(
        fc.asyncProperty(messages, fc.constantFrom('\n', ''), async (all, end) => {
          const from = (await lastOf('COMMANDS')) + 1;
          const sent: Uint8Array[] = [];
          for (const lines of all) sent.push(await publish(lines, end));
          await audit.caughtUp(['COMMANDS']);
          const rebuilt = await rebuiltFrom('COMMANDS', from);
          expect(rebuilt.map(({ text }) => text)).toEqual(sent.map(String));
          expect(rebuilt.map(({ digest }) => digest)).toEqual(sent.map(sha256));
          expect(rebuilt.flatMap(({ flaws }) => flaws)).toEqual([]);
        }),
        { numRuns: 25, interruptAfterTimeLimit: 180_000 },
      );
    },
  );

  it('needs no text of a line beside its row when it has the form for it', async () => {
    const lines = fc.sample(
      anyLine.filter(({ isForm2 }) => isForm2),
      { numRuns: 300, seed: 7 },
    );
    await publish(lines);
    await audit.caughtUp(['COMMANDS']);
    const ids = lines.map(({ commandId }) => `'${commandId}'`).join(',');
    const raws = ['commands/start_raw', 'commands/end_raw', 'bodies/raw', 'session_chunks/raw'];
    for (const [table, column] of raws.map((each) => each.split('/'))) {
      const query = `SELECT ${column} AS raw FROM drawbridge.${table} FINAL WHERE command_id IN (${ids}) AND raw != ''`;
      expect(await audit.store.rows(query)).toEqual([]);
    }
  });
});

describe('a message of a stream of events', () => {
  const id = '019c0000-0000-7000-8000-000000000009';
  const envelope = (aggregateId: string, data: unknown = { b: 1, a: [null, 'ü\u2028'] }) => ({
    id,
    type: 'SomethingNewer',
    schemaVersion: 1,
    aggregateId,
    correlationId: aggregateId,
    causationId: 'a "cause"',
    actor: { kind: 'agent', id: 'https://idp.test#a' },
    at: '2026-01-05T09:00:00.120Z',
    previousHash: null,
    data,
  });
  const texts = (aggregateId: string): string[] => {
    const exact = envelope(aggregateId);
    return [
      JSON.stringify(exact),
      JSON.stringify({ ...exact, previousHash: 'a'.repeat(64), id: id.toUpperCase() }),
      JSON.stringify(Object.fromEntries(Object.entries(exact).toReversed())),
      JSON.stringify({ ...exact, at: '2026-01-05T09:00:00Z' }),
      JSON.stringify({ ...exact, future: 1 }),
      JSON.stringify(exact, undefined, 2),
      // Numbers and names as JSON.parse does not keep them.
      JSON.stringify(exact).replace('"b":1', '"b":1.0,"2":"x","1":"y"'),
      JSON.stringify(exact).replace('ü', '\\u00fc\\ud800'),
    ];
  };

  it.each([
    ['ACCESS', 'drawbridge.access.'],
    ['HOLDS', 'drawbridge.holds.'],
    ['STOPS', 'drawbridge.stops.'],
    ['USES', 'drawbridge.uses.'],
    ['AUDIT', 'drawbridge.audit-events.'],
  ] as const)('is made again of its row, byte for byte: %s', async (stream, prefix) => {
    const sent = [...texts('aggregate-1'), 'no event at all', '\ufeff{}'];
    const from = (await lastOf(stream)) + 1;
    for (const text of sent) await audit.connection.jetstream.publish(`${prefix}aggregate-1`, text);
    await audit.caughtUp([stream]);
    const rebuilt = await rebuiltFrom(stream, from);
    expect(rebuilt.map(({ text }) => text)).toEqual(sent);
    expect(rebuilt.map(({ digest }) => digest)).toEqual(
      sent.map((text) => sha256(Buffer.from(text))),
    );
    expect(rebuilt.flatMap(({ flaws }) => flaws)).toEqual([]);
    const tables = rebuilt.map((message) => message.tables[0]);
    expect(tables.slice(-2)).toEqual(['stream_messages', 'stream_messages']);
    expect(new Set(tables.slice(0, -2)).size).toBe(1);
  });
});
