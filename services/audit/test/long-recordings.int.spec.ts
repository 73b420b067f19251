import { RecordingPage, RecordingView } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { commandIdAt, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

/* A session of two days whose output is more than a query may hold in memory. */

const PIECES = 150_000;
const receivedAt = '2026-01-05T09:00:00.000Z';
const id = commandIdAt(receivedAt);
const unreadable = commandIdAt('2026-01-05T09:00:01.000Z');
const auditor = tokenOf('bob', 'human', ['auditors']);
let audit: TestAudit;

beforeAll(async () => {
  audit = await startTestAudit();
  await recordCommands(audit.connection, started(id, { resource: 'pods', subresource: 'exec' }));
  await recordCommands(
    audit.connection,
    started(unreadable, { resource: 'pods', subresource: 'exec' }),
  );
  await eventually(async () => {
    const rows = await audit.store.rows('SELECT 1 AS one FROM drawbridge.commands FINAL');
    expect(rows).toHaveLength(2);
  });
  await audit.store.client.command({
    query: `INSERT INTO drawbridge.session_chunks (command_id, received_at, chunk_index, connection, at, frames, header, ending)
SELECT '${id}', '2026-01-05 09:00:00', number, 'prod-eks', toDateTime64('2026-01-05 09:00:00', 3, 'UTC') + number,
  concat('[[', toString(number), ',"o","', repeat('x', 16384), '"]]'),
  if(number = 0, '{"version":1,"tty":true,"stdin":true,"kind":"exec"}', ''),
  if(number = ${PIECES} - 1, '{"chunks":${PIECES}}', '')
FROM numbers(${PIECES}) WHERE number NOT IN (120000, 120001, 149000)`,
  });
}, 180_000);
afterAll(() => audit.stop());

const ask = async (path: string): Promise<unknown> => {
  const response = await fetch(`${audit.url()}/v1/audit/recordings/${id}${path}`, {
    headers: { authorization: `Bearer ${auditor}` },
  });
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body;
};

it('a long recording is told of without being read, with what is missing far behind', async () => {
  expect(RecordingView.parse(await ask(''))).toMatchObject({
    ...{ pieces: PIECES - 3, missing: [120_000, 120_001, 149_000] },
    ...{ seconds: PIECES - 1, ended: true, startedAt: receivedAt },
  });
});

it.each([
  { from: 0, to: 31 },
  { from: 119_990, to: 120_023, without: [120_000, 120_001] },
  { from: 149_990, to: 149_999 },
])('its pieces are read from $from on', async ({ from, to, without = [] }) => {
  const { pieces } = RecordingPage.parse(await ask(`/pieces?from=${from}`));
  const all = Array.from({ length: to - from + 1 }, (_, n) => from + n);
  expect(pieces.map(({ index }) => index)).toEqual(all.filter((each) => !without.includes(each)));
});

it('is refused in words, and not with an empty file, when it cannot be read', async () => {
  await audit.store.client.command({
    query: `INSERT INTO drawbridge.session_chunks (command_id, received_at, chunk_index, connection, at, frames, header, ending)
SELECT '${unreadable}', '2026-01-05 09:00:01', number, 'prod-eks', toDateTime64('2026-01-05 09:00:01', 3, 'UTC'),
  if(number = 0, 'none', '[[0,"o","x"]]'),
  if(number = 0, '{"version":1,"tty":true,"stdin":true,"kind":"exec"}', ''), '' FROM numbers(2)`,
  });
  for (const path of ['/cast?version=2', '/follow']) {
    const answer = await fetch(`${audit.url()}/v1/audit/recordings/${unreadable}${path}`, {
      headers: { authorization: `Bearer ${auditor}` },
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('content-disposition')).toBeNull();
    await answer.body?.cancel();
  }
});
