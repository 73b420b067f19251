import { Problem, RecordingPage, RecordingView, type SessionChunk } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { commandIdAt, ended, grantId, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
const auditor = tokenOf('bob', 'human', ['auditors']);
const [whole, killed, hole, silent] = [1, 2, 3, 4].map((second) =>
  commandIdAt(`2026-01-05T09:00:0${second}.000Z`),
) as [string, string, string, string];

const chunk = (commandId: string, index: number, more: Partial<SessionChunk> = {}) => ({
  ...{ type: 'SessionChunk' as const, commandId, connection: 'prod-eks' },
  at: `2026-01-05T09:00:1${index}.000Z`,
  index,
  frames: [[index, 'o', `piece ${index}\r\n`] as [number, 'o', string]],
  ...more,
});
const header = { version: 1, argv: ['bash'], tty: true, stdin: true, kind: 'exec' } as const;
const first = (commandId: string) =>
  chunk(commandId, 0, {
    header: { ...header, argv: [...header.argv] },
    frames: [
      [0, 'r', '100x30'],
      [0.5, 'o', '\u001b[1m$ \u001b[0m'],
      [0.75, 'i', 'id\r'],
    ],
  });

const ask = (path: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit/recordings/${path}`, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
const about = async (id: string) => RecordingView.parse(await (await ask(id)).json());
const problem = async (path: string, token?: string) =>
  Problem.parse(await (await ask(path, token)).json());
const cast = async (path: string) => {
  const answer = await ask(path);
  const text = await answer.text();
  const lines = text.trimEnd().split('\n');
  return { answer, lines: lines.map((line) => JSON.parse(line) as unknown) };
};
/** Who has been shown what, as it is on the record. */
const views = async () => {
  const answer = await fetch(`${audit.url()}/v1/audit/trail?limit=1000`, {
    headers: { authorization: `Bearer ${auditor}` },
  });
  const { items } = (await answer.json()) as { items: { data: Record<string, unknown> }[] };
  return items.map(({ data }) => data);
};

beforeAll(async () => {
  audit = await startTestAudit();
  await recordCommands(
    audit.connection,
    ...[whole, killed, hole, silent].map((id) => started(id, { subresource: 'exec' })),
    ...[whole, hole].map((id) => ended(id)),
    // In no order, as messages may be.
    chunk(whole, 2, { final: { chunks: 3 } }),
    chunk(whole, 1),
    first(whole),
    first(killed),
    first(hole),
    chunk(hole, 2, { final: { chunks: 3, cut: 'command_log_full' } }),
  );
  await audit.caughtUp();
});
afterAll(() => audit.stop());

describe('a recording', () => {
  it('is told about: what it is of, and whether all of it is there', async () => {
    expect(await about(whole)).toStrictEqual({
      ...{ commandId: whole, connection: 'prod-eks', grantId, header },
      ...{ startedAt: '2026-01-05T09:00:10.000Z', seconds: 2, pieces: 3, missing: [] },
      ended: true,
    });
  });

  it('of a gateway that was killed is there without an end', async () => {
    expect(await about(killed)).toMatchObject({ pieces: 1, missing: [], ended: false });
    const { next, pieces } = RecordingPage.parse(await (await ask(`${killed}/pieces`)).json());
    expect(pieces).toHaveLength(1);
    expect(next).toBe(1);
    expect((await cast(`${killed}/cast`)).lines).toHaveLength(4);
  });

  it('says which pieces are missing, and why not all is kept', async () => {
    expect(await about(hole)).toMatchObject({ missing: [1], cut: 'command_log_full' });
    const page = RecordingPage.parse(await (await ask(`${hole}/pieces`)).json());
    expect(page.pieces.map(({ index }) => index)).toStrictEqual([0, 2]);
    expect(page.next).toBeUndefined();
  });

  it('is asciicast', async () => {
    const { answer, lines } = await cast(`${whole.toUpperCase()}/cast`);
    expect(answer.headers.get('content-type')).toBe('application/x-asciicast');
    expect(lines).toStrictEqual([
      {
        ...{ version: 2, width: 100, height: 30, timestamp: 1_767_603_610 },
        ...{ command: 'bash', title: 'prod-eks' },
      },
      [0, 'r', '100x30'],
      [0.5, 'o', '\u001b[1m$ \u001b[0m'],
      [0.75, 'i', 'id\r'],
      [1, 'o', 'piece 1\r\n'],
      [2, 'o', 'piece 2\r\n'],
    ]);
    expect((await cast(`${whole}/cast?version=3`)).lines[0]).toMatchObject({ version: 3 });
  });

  it('is followed to its end, from where one was', async () => {
    const text = await (await ask(`${whole}/follow?from=1`)).text();
    expect(text.match(/^(?:id|event): .*$/gm)).toStrictEqual([
      ...['id: 1', 'event: piece', 'id: 2', 'event: piece', 'event: end'],
    ]);
    const resumed = await fetch(`${audit.url()}/v1/audit/recordings/${whole}/follow`, {
      headers: { authorization: `Bearer ${auditor}`, 'last-event-id': '1' },
    });
    expect((await resumed.text()).match(/^id: .*$/gm)).toStrictEqual(['id: 2']);
  });

  it('is followed while it goes on', async () => {
    const answer = await ask(`${killed}/follow`);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    const until = async (what: string) => {
      while (!seen.includes(what)) {
        const read = await reader?.read();
        if (read?.done !== false) throw new Error(`ended before ${what}: ${seen}`);
        seen += read.value;
      }
    };
    await until('id: 0');
    await recordCommands(audit.connection, chunk(killed, 1, { final: { chunks: 2 } }));
    await until('event: end');
    expect(seen).toContain('piece 1');
  }, 60_000);

  it('is not shown before it is noted who sees it, and that once', async () => {
    const carol = tokenOf('carol', 'human', ['auditors']);
    await (await ask(`${whole}/cast`, carol)).text();
    await (await ask(`${whole}/pieces?from=1`, carol)).text();
    await (await ask(`${whole}/follow`, carol)).text();
    await eventually(
      async () => {
        const ofCarol = (await views()).filter(
          ({ viewer }) => (viewer as { subject: string }).subject === 'carol',
        );
        expect(ofCarol.map(({ how }) => how).toSorted()).toStrictEqual(['cast', 'follow']);
        expect(ofCarol[0]).toMatchObject({ commandId: whole, grantId, connection: 'prod-eks' });
      },
      { timeoutMs: 60_000 },
    );
  });
});

describe('who may not see a recording', () => {
  it.each(['', '/pieces', '/cast', '/follow'])('gets nothing at %j', async (route) => {
    expect(await problem(`${whole}${route}`, '')).toMatchObject({ status: 401 });
    const agents = tokenOf('spy', 'agent', ['auditors']);
    expect(await problem(`${whole}${route}`, agents)).toMatchObject({ code: 'auditor_required' });
    const erin = tokenOf('erin', 'human', ['developers']);
    expect(await problem(`${whole}${route}`, erin)).toMatchObject({ code: 'auditor_required' });
  });

  it.each(['', '/pieces', '/cast', '/follow'])('learns of bad input at %j', async (route) => {
    const { code, errors } = await problem(`not-an-id${route}`);
    expect(code).toBe('path_invalid');
    expect(errors?.[0]?.field).toBe('path.commandId');
    expect(await problem(`${commandIdAt('2026-01-05T09:00:09.000Z')}${route}`)).toMatchObject({
      ...{ code: 'recording_unknown', status: 404 },
    });
  });

  it('learns which part of the query is wrong', async () => {
    const fields = async (path: string) =>
      (await problem(`${whole}/${path}`)).errors?.map(({ field }) => field);
    expect(await fields('cast?version=1')).toStrictEqual(['query.version']);
    expect(await fields('pieces?from=-1')).toStrictEqual(['query.from']);
    expect(await fields('follow?from=x')).toStrictEqual(['query.from']);
  });

  it('learns that nothing was recorded', async () => {
    expect(await problem(silent)).toMatchObject({ code: 'recording_unknown' });
  });
});
