import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordingView, recordLine, type AccessEvent, type Seal } from '@drawbridge/contracts';
import {
  checkStream,
  KeyRing,
  openKeyChain,
  readRebuilt,
  type ReadMessage,
} from '@drawbridge/integrity';
import { readSubject } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tokenOf } from './demo-tokens.js';
import { rebuiltPages } from './rebuilt-pages.js';
import { requestHistory } from './sample-events.js';
import {
  agent,
  commandIdAt,
  ended,
  grantId,
  refused,
  requestId,
  started,
} from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

/*
 * Records as no gateway of ours writes them, but as one that was taken over could: every question is answered, and what
 * is not as it was recorded is named.
 */

const name = 'drawbridge.test';
const auditor = tokenOf('bob', 'human', ['auditors']);
const keys = mkdtempSync(join(tmpdir(), 'keys-'));
const keyFile = join(keys, 'key.pem');
const { privateKey } = generateKeyPairSync('ed25519');
writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

let audit: TestAudit;
let second = 0;
const newId = () => commandIdAt(new Date(Date.UTC(2026, 0, 5, 9, 0, second++)).toISOString());
const most = Number.MAX_SAFE_INTEGER;

const ids = Array.from({ length: 12 }, newId);
const [early, past, future, large, negative, small, twice, both, wordy, session, body, plain] =
  ids as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
const exec = { resource: 'pods', subresource: 'exec', apiGroup: '', verb: 'create' };
const sizes = (bytes: number, durationMs: number) => ({
  ...{ requestBytes: bytes, responseBytes: bytes, durationMs, masked: Math.max(0, bytes) },
  transfers: [
    { direction: 'upload' as const, path: '/', bytes: Math.max(0, bytes), sha256: 'a'.repeat(64) },
  ],
});

const lines: readonly string[] = [
  ...[
    recordLine(started(early)),
    recordLine(ended(early, { at: '2026-01-05T08:00:00.000Z', durationMs: -3_600_250 })),
  ],
  ...[
    recordLine(started(past, { at: '1970-01-01T00:00:00.000Z' })),
    recordLine(ended(past, { at: '0001-01-01T00:00:00.000Z' })),
  ],
  ...[
    recordLine(started(future, { at: '9999-12-31T23:59:59.999Z' })),
    recordLine(ended(future, { at: '9999-12-31T23:59:59.999Z' })),
  ],
  ...[
    recordLine(started(large)),
    recordLine(ended(large, { ...sizes(most, 1e300), statusCode: most, exitCode: most })),
  ],
  ...[
    recordLine(started(negative)),
    recordLine(ended(negative, { ...sizes(-most, -1e300), statusCode: -1, exitCode: -most })),
  ],
  ...[
    recordLine(started(small)),
    recordLine(ended(small, { durationMs: 5e-324, statusCode: 65_536 })),
  ],
  ...[recordLine(started(twice, { name: 'one' })), recordLine(ended(twice))],
  recordLine(started(twice, { name: 'other', verb: 'delete' })),
  ...[
    recordLine(started(both)),
    recordLine(refused(both)),
    recordLine(ended(both, { statusCode: 200 })),
  ],
  recordLine(
    started(wordy, { userAgent: '\u202e\u0000\u001b]0;x\u0007', name: '\ud83d', path: '\u0000' }),
  ),
  recordLine(started(session, exec)),
  ...[
    {
      at: '9999-12-31T23:59:59.999Z',
      index: 0,
      header: { version: 1, tty: true, stdin: true, kind: 'exec' },
      frames: [
        [5, 'o', 'late'],
        [1e300, 'o', 'never'],
        [0, 'r', '99999999999x0'],
        [0, 'r', 'wide'],
        [1, 'o64', '***'],
      ],
    },
    {
      at: '1970-01-01T00:00:00.000Z',
      index: 1,
      frames: [
        [0.001, 'o', 'before'],
        [2, 'i', '\u001b[31m'],
        [3, 'x', 'no number'],
      ],
    },
    { at: '2026-01-05T09:00:00.000Z', index: 1, frames: [[0.001, 'o', 'another']] },
    { at: '2026-01-05T09:00:00.000Z', index: 2_147_483_647, frames: [] },
    { at: '2026-01-05T09:00:00.000Z', index: 2, frames: [], final: { chunks: most } },
  ].map((chunk) =>
    JSON.stringify({ type: 'SessionChunk', commandId: session, connection: 'prod-eks', ...chunk }),
  ),
  recordLine(ended(session)),
  recordLine(started(body)),
  ...(['request', 'response'] as const).map((direction) =>
    JSON.stringify({
      ...{
        type: 'CommandBody',
        commandId: body,
        connection: 'prod-eks',
        at: '9999-12-31T23:59:59.999Z',
      },
      ...{
        direction,
        contentType: 'application/json\r\nx: y',
        bytes: most,
        sha256: 'b'.repeat(64),
      },
      ...(direction === 'request'
        ? { encoding: 'base64', content: '%%%' }
        : {
            encoding: 'utf8',
            content: '',
            objects: [{ sha256: 'c'.repeat(64), bytes: most }],
            cut: 'body_limit',
            kept: most,
          }),
    }),
  ),
  recordLine(ended(body)),
  ...[recordLine(started(plain)), recordLine(ended(plain))],
];

async function publish(line: string): Promise<void> {
  const head = headers();
  head.set('Content-Type', 'application/x-ndjson');
  const subject = 'drawbridge.commands._batch.test';
  await audit.connection.jetstream.publish(subject, `${line}\n`, { headers: head });
}

const publishEvent = (event: AccessEvent, n: number) =>
  audit.connection.jetstream.publish(
    `drawbridge.access.${requestId}`,
    JSON.stringify({
      ...{ id: randomUUID(), type: event.type, schemaVersion: 1, aggregateId: requestId },
      ...{ correlationId: requestId, causationId: 'test', previousHash: null },
      actor: { kind: 'service', id: 'policy' },
      ...{ at: `2026-01-05T09:00:0${n}.000Z`, data: event.data },
    }),
  );

beforeAll(async () => {
  audit = await startTestAudit({
    ...{ AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_SEAL_SECONDS: '1', AUDIT_LOG_NAME: name },
  });
  for (const [index, event] of requestHistory.entries()) await publishEvent(event, index);
  for (const line of lines) await publish(line);
  await audit.caughtUp();
}, 120_000);
afterAll(async () => {
  await audit.stop();
  rmSync(keys, { recursive: true });
});

/** Of which command the message is. */
const commandOf = (sequence = 0) => /"commandId":"([^"]+)"/.exec(lines[sequence - 1] ?? '')?.[1];

const span = 'since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z';
const questions = [
  'commands?limit=1000',
  `touched?connection=prod-eks&namespace=payments&resource=deployments&name=checkout&${span}`,
  `activity?agent=${agent.subject}&${span}`,
  ...['rule', 'call'].map((by) => `blocked?by=${by}&${span}`),
  ...['agent', 'call'].map((by) => `off-hours?by=${by}&${span}`),
  `diff?one=${grantId}&other=${requestId}`,
  `unused?${span}`,
  ...['bodies', 'terminal'].map((where) => `search?text=never&in=${where}&${span}`),
  `sessions/${grantId}`,
  `sessions/${grantId}/bundle`,
  `commands/${body}/bodies`,
  `recordings/${session}`,
  `recordings/${session}/pieces`,
  ...[2, 3].map((version) => `recordings/${session}/cast?version=${version}`),
  'streams/COMMANDS/rows?from=1',
];
const ask = (path: string) =>
  fetch(`${audit.url()}/v1/audit/${path}`, { headers: { authorization: `Bearer ${auditor}` } });

describe('hostile contents of records', () => {
  it.each(questions)('%s is answered', { timeout: 30_000 }, async (path) => {
    const response = await ask(path);
    const text = await response.text();
    expect(response.status, text.slice(0, 300)).toBe(200);
  });
});

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

async function* rebuilt(): AsyncGenerator<ReadMessage> {
  const pages = rebuiltPages(audit.store, 'COMMANDS');
  for await (const { messages } of pages) yield* messages.map(readRebuilt);
}

async function contentsOf<Content>(subject: string): Promise<Content[]> {
  const messages = await readSubject(audit.connection, { stream: 'CHECKPOINTS', subject });
  return messages.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Content);
}

describe('what no column can hold', () => {
  it('is parked as it is, and the rest of its call is there', async () => {
    const parked = await audit.store.rows(
      `SELECT sequence FROM drawbridge.stream_messages FINAL WHERE stream = 'COMMANDS' AND notEmpty(parked) ORDER BY sequence`,
    );
    const Parked = z.array(z.object({ sequence: z.number() }));
    const of = Parked.parse(parked).map(({ sequence }) => commandOf(sequence));
    expect(of).toEqual([early, large, negative, small]);
    const rows = await audit.store.rows(
      `SELECT count() AS n FROM drawbridge.commands FINAL WHERE outcome = '' AND effect = 'allow'`,
    );
    // And of one no end was ever written.
    expect(rows).toEqual([{ n: 5 }]);
  });

  it('does not hide what is missing of a recording', async () => {
    const about = RecordingView.parse(await (await ask(`recordings/${session}`)).json());
    expect(about).toMatchObject({ pieces: 4, ended: true });
    expect(about.missing).toHaveLength(100);
  });
});

describe('the check of the record', () => {
  it('names what two records of one id have made of each other, and nothing else', async () => {
    const found = await eventually(
      async () => {
        const notes = await contentsOf<{ note: string }>('drawbridge.checkpoints._keys');
        const report = await checkStream({
          stream: 'COMMANDS',
          origin: `${name}/COMMANDS`,
          ring: new KeyRing(openKeyChain(notes.map(({ note }) => note))),
          seals: each(await contentsOf<Seal>('drawbridge.checkpoints.COMMANDS')),
          messages: rebuilt(),
        });
        expect(report.unsealed).toBe(0);
        return report.findings;
      },
      { timeoutMs: 30_000 },
    );
    const ids = found.map(({ sequence }) => commandOf(sequence));
    // Their columns are a mixture, as is every piece of a recording that was written twice.
    expect(new Set(ids)).toEqual(new Set([twice, both, session]));
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['altered']));
  });
});
