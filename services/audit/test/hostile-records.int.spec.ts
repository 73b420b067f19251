import { recordLine } from '@drawbridge/contracts';
import { COMMANDS_STREAM, declareStreams, recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { headers } from '@nats-io/transport-node';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandIdAt, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
beforeAll(async () => {
  audit = await startTestAudit();
});
afterAll(() => audit.stop());

const id = () => commandIdAt(new Date().toISOString());
const Figures = z.object({ figures: z.record(z.string(), z.number()) });
const figures = async () =>
  Figures.parse(await (await fetch(`${audit.url()}/readyz`)).json()).figures;

function publishBatch(text: string) {
  const head = headers();
  head.set('Content-Type', 'application/x-ndjson');
  const subject = 'drawbridge.commands._batch.test';
  return audit.connection.jetstream.publish(subject, text, { headers: head });
}

const rowsOf = (commandId: string) =>
  audit.store.rows(
    `SELECT decided_at, start_raw FROM drawbridge.commands FINAL WHERE command_id = '${commandId}'`,
  );
const isStored = async (commandId = id()) => {
  await recordCommands(audit.connection, refused(commandId));
  await eventually(async () => expect(await rowsOf(commandId)).toHaveLength(1));
};

describe('the ingest', () => {
  it('goes on behind a message of more lines than any gateway writes, and keeps it whole', async () => {
    const parkedBefore = (await figures())['parked'] ?? 0;
    const { seq } = await publishBatch('\n'.repeat(70_000));
    await isStored();
    await eventually(async () => expect((await figures())['parked']).toBe(parkedBefore + 1));
    const noted = () =>
      audit.store.rows(
        `SELECT lines, form, length(parked) AS parked, bytes FROM drawbridge.stream_messages FINAL WHERE stream = 'COMMANDS' AND sequence = ${seq}`,
      );
    await eventually(async () =>
      expect(await noted()).toEqual([{ lines: 1, form: 'record', parked: 1, bytes: 70_000 }]),
    );
  });

  it.each(['2345-01-02T03:04:05.678Z', '1800-01-02T03:04:05.678Z'])(
    'keeps the text of a record of %s, which no column can hold',
    async (at) => {
      const commandId = id();
      const line = recordLine(started(commandId)).replace(/"at":"[^"]+"/, `"at":"${at}"`);
      expect(line).toContain(at);
      await publishBatch(`${line}\n${recordLine(refused(id()))}\n`);
      await eventually(async () => expect(await rowsOf(commandId)).toHaveLength(1));
      expect(await rowsOf(commandId)).toMatchObject([{ start_raw: line }]);
    },
  );

  it('parks a record of no instant at all', async () => {
    const parkedBefore = (await figures())['parked'] ?? 0;
    const [wrong, right] = [id(), id()];
    const line = recordLine(started(wrong)).replace(
      /"at":"[^"]+"/,
      '"at":"2026-13-41T25:61:61.000Z"',
    );
    await publishBatch(`${line}\n${recordLine(refused(right))}\n`);
    await eventually(async () => expect(await rowsOf(right)).toHaveLength(1));
    await eventually(async () => expect((await figures())['parked']).toBe(parkedBefore + 1));
    expect(await rowsOf(wrong)).toEqual([]);
  });

  it('parks a command whose id is of a time that no row can have', async () => {
    const parkedBefore = (await figures())['parked'] ?? 0;
    const wrong = commandIdAt('2345-01-02T03:04:05.678Z');
    await publishBatch(`${recordLine(started(wrong))}\n${recordLine(refused(id()))}\n`);
    await eventually(async () => expect((await figures())['parked']).toBe(parkedBefore + 1));
    expect(await rowsOf(wrong)).toEqual([]);
  });

  it('goes on when somebody has deleted the stream under it and made it anew', async () => {
    await isStored();
    await audit.connection.manager.streams.delete(COMMANDS_STREAM);
    await declareStreams(audit.connection, { replicas: 1 });
    await isStored();
    await eventually(async () => expect((await figures())['commandsLag']).toBe(0));
  });
});
