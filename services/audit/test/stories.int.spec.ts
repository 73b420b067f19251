import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { headers } from '@nats-io/transport-node';
import {
  Problem,
  SessionStory,
  type AccessEvent,
  type CommandBody,
  type SessionChunk,
} from '@drawbridge/contracts';
import { checkExport, parsePublicKey, type ExportFiles } from '@drawbridge/integrity';
import { recordCommands } from '@drawbridge/jetstream';
import { readBundle } from '@drawbridge/replay';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tokenOf } from './demo-tokens.js';
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

let audit: TestAudit;
const key = generateKeyPairSync('ed25519');
const keys = mkdtempSync(join(tmpdir(), 'keys-'));
const [keyFile, publicFile] = [join(keys, 'key.pem'), join(keys, 'public.pem')];
writeFileSync(keyFile, key.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
writeFileSync(publicFile, key.publicKey.export({ type: 'spki', format: 'pem' }));
const ndjson = () => {
  const told = headers();
  told.set('Content-Type', 'application/x-ndjson');
  return told;
};
const auditor = tokenOf('bob', 'human', ['auditors']);
const others = '019c0000-0000-7000-8000-00000000ffff';
const at = (second: number, minute = 1) =>
  commandIdAt(`2026-01-05T09:0${minute}:${String(second).padStart(2, '0')}.000Z`);
const calls = Array.from({ length: 7 }, (_, n) => at(n * 2));
const [refusedByIt, refusedBeside] = [at(30), at(31)];

/** What went through a `kubectl cp`. */
const copied = {
  transfers: [{ direction: 'upload', path: '/tmp', bytes: 2_048, sha256: 'c3'.repeat(32) }],
  archive: {
    direction: 'upload',
    files: [{ path: 'tree/one', kind: 'file', bytes: 9, sha256: 'd4'.repeat(32) }],
    more: 2,
  },
} satisfies Parameters<typeof ended>[1];

const ask = (path: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit/sessions/${path}`, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
const tell = async (id: string, query = '') =>
  SessionStory.parse(await (await ask(`${id}${query}`)).json());
const problem = async (path: string, token?: string) =>
  Problem.parse(await (await ask(path, token)).json());

const publish = (event: AccessEvent, second: number, aggregateId = requestId) =>
  audit.connection.jetstream.publish(
    `drawbridge.access.${aggregateId}`,
    JSON.stringify({
      ...{ id: randomUUID(), type: event.type, schemaVersion: 1, aggregateId },
      ...{ correlationId: aggregateId, causationId: 'test', previousHash: null },
      actor: { kind: 'service', id: 'policy' },
      ...{ at: `2026-01-05T09:00:0${second}.000Z`, data: event.data },
    }),
  );
const beside = (commandId: string, change: Parameters<typeof refused>[1] = {}) => {
  const call = refused(commandId, change);
  Reflect.deleteProperty(call, 'grantId');
  Reflect.deleteProperty(call, 'accessRequestId');
  return call;
};

beforeAll(async () => {
  audit = await startTestAudit({ AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_SEAL_SECONDS: '1' });
  for (const [second, event] of requestHistory.entries()) await publish(event, second);
  await publish(requestHistory[0]!, 0, others);
  await recordCommands(
    audit.connection,
    ...calls.flatMap((id, n) => [
      started(id, { verb: n === 0 ? 'get' : 'patch' }),
      ended(id, n === 3 ? copied : {}),
    ]),
    // Of this session: refused by it, and refused beside it.
    refused(refusedByIt, { decision: { effect: 'deny', reason: 'guardrail', message: 'no' } }),
    beside(refusedBeside),
    // Of no concern to it.
    started(at(32), { grantId: others }),
    beside(at(33), { connection: 'other' }),
    beside(at(34), { agent: { ...agent, subject: 'other' } }),
    beside(commandIdAt('2026-01-05T08:59:00.000Z')),
  );
  await audit.caughtUp();
});
afterAll(async () => {
  await audit.stop();
  rmSync(keys, { recursive: true });
});

describe('the story of a session', () => {
  it('is found by its grant and by its access request', async () => {
    const story = await tell(grantId);
    expect(story).toMatchObject({
      ...{ accessRequestId: requestId, connection: 'prod-eks', agent },
      asked: { reason: 'readiness probe failing' },
      grant: { id: grantId, allows: ['read (get) pods in payments'] },
      totals: { calls: 8, refused: 1, changes: 6, held: 0, masked: 0, refusedBeside: 1 },
    });
    expect(story.moments.map(({ type }) => type)).toStrictEqual(
      requestHistory.map(({ type }) => type),
    );
    expect(story).not.toHaveProperty('end');
    expect(await tell(requestId.toUpperCase())).toStrictEqual(story);
  });

  it('has the calls in order, and what was refused beside it marked', async () => {
    const { calls: told } = await tell(grantId);
    expect(told.map(({ command }) => command.id)).toStrictEqual([
      ...calls,
      refusedByIt,
      refusedBeside,
    ]);
    expect(
      told.filter(({ isOfGrant }) => !isOfGrant).map(({ command }) => command.id),
    ).toStrictEqual([refusedBeside]);
    expect(told[0]?.command).toMatchObject({
      outcome: 'completed',
      statusCode: 200,
      durationMs: 500.5,
    });
  });

  it('has the files that went through a channel, each with its hash', async () => {
    const [, , , cp] = (await tell(grantId)).calls;
    expect(cp?.command).toMatchObject(copied);
  });

  it('is told in pages, each call once', async () => {
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: SessionStory = await tell(
        grantId,
        `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(page.calls.length).toBeLessThanOrEqual(2);
      expect(page.totals.calls).toBe(8);
      seen.push(...page.calls.map(({ command }) => command.id));
      cursor = page.nextCursor;
    }
    expect(seen).toStrictEqual([...calls, refusedByIt, refusedBeside]);
  });

  it('is told of a request that has no grant', async () => {
    const story = await tell(others);
    expect(story).toMatchObject({ accessRequestId: others, calls: [], totals: { calls: 0 } });
    expect(story).not.toHaveProperty('grant');
  });

  it('ends when its grant ends', async () => {
    await publish({ type: 'GrantEnded', data: { grantId, cause: 'idle' } }, 9);
    await eventually(
      async () => expect((await tell(grantId)).end).toMatchObject({ type: 'GrantEnded' }),
      { timeoutMs: 60_000 },
    );
  });
});

describe('what is recorded beside the calls', () => {
  const [patched = '', watched = ''] = [calls[1], calls[2]];
  const body = (direction: CommandBody['direction'], value: object): CommandBody => {
    const content = JSON.stringify(value);
    return {
      ...{ type: 'CommandBody', commandId: patched, connection: 'prod-eks', direction },
      ...{ at: '2026-01-05T09:01:02.000Z', contentType: 'application/json', encoding: 'utf8' },
      ...{ content, bytes: content.length },
      sha256: createHash('sha256').update(content).digest('hex'),
    };
  };
  const object = (replicas: number) => ({
    ...{ kind: 'Deployment', metadata: { name: 'checkout' }, spec: { replicas } },
  });
  const chunk: SessionChunk = {
    ...{ type: 'SessionChunk', commandId: watched, connection: 'prod-eks', index: 0 },
    ...{ at: '2026-01-05T09:01:04.000Z', frames: [[0.1, 'o', 'hello']] },
    header: { version: 1, tty: true, stdin: true, kind: 'exec', argv: ['sh'] },
    final: { chunks: 1 },
  };
  const lines = (...records: readonly object[]) =>
    audit.connection.jetstream.publish(
      'drawbridge.commands._batch.test',
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
      { headers: ndjson() },
    );
  const viewsOf = async () => {
    const trail = await audit.store.rows(
      `SELECT data FROM ${audit.store.database}.audit_events FINAL WHERE grant_id = '${grantId}'`,
    );
    return z.array(z.object({ data: z.string() })).parse(trail);
  };

  it('is told with them: what a write changed, and what there is to be played', async () => {
    expect((await tell(grantId)).calls[1]?.changed).toStrictEqual({ unknown: 'not_recorded' });
    expect(await viewsOf()).toStrictEqual([]);
    await lines(
      body('before', object(2)),
      body('response', object(5)),
      started(watched, { subresource: 'exec', verb: 'create' }),
      chunk,
    );
    await eventually(
      async () => {
        const [, write, exec] = (await tell(grantId)).calls;
        expect(write?.changed).toStrictEqual({
          changes: [{ path: 'spec.replicas', before: '2', after: '5' }],
        });
        expect(exec?.recording).toStrictEqual({
          ...{ kind: 'exec', chunks: 1, isWhole: true, argv: ['sh'] },
        });
      },
      { timeoutMs: 60_000 },
    );
  });

  it('is told with who paused and cut it, and not with what was said about another one', async () => {
    const bob = { kind: 'human', issuer: 'https://idp.test', subject: 'bob', groups: [] };
    const order = (type: string, minute: number, connection = 'prod-eks') => {
      const aggregateId = `s_${watched}_${connection}`;
      const data = { commandId: watched, connection, by: bob, via: 'http', reason: 'reads keys' };
      const event = {
        ...{ id: randomUUID(), type, schemaVersion: 1, aggregateId, correlationId: aggregateId },
        ...{ causationId: 'test', actor: { kind: 'human', id: 'https://idp.test#bob' } },
        ...{ at: `2026-01-05T09:0${minute}:00.000Z`, previousHash: null, data },
      };
      return audit.connection.jetstream.publish(
        `drawbridge.stops.${aggregateId}`,
        JSON.stringify(event),
      );
    };
    await order('SessionCut', 2, 'other');
    await order('SessionPaused', 3);
    await order('SessionCut', 4);
    await audit.caughtUp(['STOPS']);
    const [, write, exec] = (await tell(grantId)).calls;
    expect(exec?.orders).toStrictEqual([
      {
        ...{ at: '2026-01-05T09:03:00.000Z', type: 'SessionPaused', by: 'bob' },
        words: 'paused it by API: "reads keys"',
      },
      {
        ...{ at: '2026-01-05T09:04:00.000Z', type: 'SessionCut', by: 'bob' },
        words: 'cut it by API: "reads keys"',
      },
    ]);
    expect(write).not.toHaveProperty('orders');
  });

  it('is on the record as shown, and to whom', async () => {
    await eventually(
      async () => {
        const [view] = await viewsOf();
        expect(JSON.parse(view?.data ?? 'null')).toMatchObject({
          ...{ grantId, how: 'body', viewer: { subject: 'bob' } },
        });
      },
      { timeoutMs: 60_000 },
    );
  });
});

describe('a session that is taken away', () => {
  const bundleOf = async (id: string, token = auditor) =>
    Buffer.from(await (await ask(`${id}/bundle`, token)).arrayBuffer());

  it('opens without Drawbridge, and a script in it checks it', async () => {
    const archive = await bundleOf(grantId);
    const { manifest, altered, calls: taken } = readBundle(archive);
    expect(altered).toStrictEqual([]);
    expect(manifest).toMatchObject({ grantId, connection: 'prod-eks', calls: 8, missing: [] });
    expect(taken.map(({ command }) => command.id)).toStrictEqual([...calls, refusedByIt]);
    expect(taken[1]?.bodies).toMatchObject({
      before: { text: expect.stringContaining('2') as string },
    });
    const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    try {
      writeFileSync(join(folder, 'bundle.tar.gz'), archive);
      execFileSync('tar', ['-xzf', 'bundle.tar.gz'], { cwd: folder });
      rmSync(join(folder, 'bundle.tar.gz'));
      const verify = (...args: string[]) =>
        spawnSync(process.execPath, ['verify.mjs', ...args], { cwd: folder, encoding: 'utf8' });
      const saying = (status: number, text: string) => ({
        ...{ status, stdout: expect.stringContaining(text) as string },
      });
      expect(verify(publicFile)).toMatchObject(saying(0, 'signed\ndrawbridge/export'));
      const files: ExportFiles = {
        paths: () => Promise.resolve(manifest.files.map(({ name }) => name)),
        read: (path) =>
          existsSync(join(folder, path)) ? createReadStream(join(folder, path)) : undefined,
      };
      const trusted = parsePublicKey(readFileSync(publicFile, 'utf8'));
      expect(await checkExport({ files, trusted })).toMatchObject({
        ...{ streams: [], findings: [], session: { files: manifest.files.length } },
      });
      const other = join(folder, '..', `${randomUUID()}.pem`);
      const stranger = generateKeyPairSync('ed25519').publicKey;
      writeFileSync(other, stranger.export({ type: 'spki', format: 'pem' }));
      expect(verify(other)).toMatchObject(saying(1, 'not signed by this key'));
      rmSync(other);
      const whole = readFileSync(join(folder, 'manifest.json'), 'utf8');
      writeFileSync(join(folder, 'manifest.json'), whole.replace('"calls": 8', '"calls": 7'));
      expect(verify(publicFile)).toMatchObject(saying(1, 'not the one that was signed'));
      writeFileSync(join(folder, 'manifest.json'), whole);
      expect(verify()).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('2 bodies') as string,
      });
      const story = readFileSync(join(folder, 'story.txt'), 'utf8');
      expect(story).toContain('~ spec.replicas: 2 -> 5');
      expect(story).toContain(`tree/one, 9 B, sha256 ${'d4'.repeat(32)}`);
      expect(taken[3]?.command).toMatchObject(copied);
      const cast = readFileSync(join(folder, `recordings/${calls[2] ?? ''}.cast`), 'utf8');
      expect(cast.split('\n').slice(1)).toStrictEqual(['[0.1,"o","hello"]', '']);
      expect(JSON.parse(cast.split('\n')[0] ?? '')).toMatchObject({ version: 2 });
      writeFileSync(join(folder, 'events.ndjson'), '{}');
      expect(verify()).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('events.ndjson: changed') as string,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is on the record as taken, and by whom, before it is there', async () => {
    await eventually(
      async () => {
        const trail = await audit.store.rows(
          `SELECT data FROM ${audit.store.database}.audit_events FINAL WHERE data LIKE '%export%'`,
        );
        expect(JSON.stringify(trail)).toContain('bob');
      },
      { timeoutMs: 60_000 },
    );
  });

  it('is altered when a file of it is not as its manifest says, and none without a manifest', async () => {
    const archive = gunzipSync(await bundleOf(grantId));
    const changed = Buffer.from(
      archive.toString('latin1').replace('checkout', 'checkoux'),
      'latin1',
    );
    expect(readBundle(gzipSync(changed)).altered).not.toStrictEqual([]);
    const cut = archive.subarray(0, 512 * 9);
    expect(() => readBundle(gzipSync(cut))).toThrow(
      expect.objectContaining({ code: 'bundle_unreadable' }) as Error,
    );
    expect(() => readBundle(Buffer.from('x'))).toThrow(
      expect.objectContaining({ code: 'bundle_unreadable' }) as Error,
    );
  });

  it('is nothing for who may not see it, and of what there is not', async () => {
    const agentToken = tokenOf('agent-oncall', 'agent', ['auditors']);
    expect(await problem(`${grantId}/bundle`, agentToken)).toMatchObject({ status: 403 });
    expect(await problem(`${grantId}/bundle`, '')).toMatchObject({ status: 401 });
    expect(await problem(`${randomUUID()}/bundle`)).toMatchObject({ code: 'session_unknown' });
    expect(await problem('abc/bundle')).toMatchObject({ status: 400 });
    expect(await problem(`${grantId}/bundle?sql=1`)).toMatchObject({ status: 400 });
  });
});

describe('an owner of an agent', () => {
  const owner = tokenOf('dana', 'human', { groups: [], email: 'dana@corp.test' });

  it('is told the sessions of it, and of no other', async () => {
    const response = await ask(grantId, owner);
    expect(response.status).toBe(200);
    expect(SessionStory.parse(await response.json())).toMatchObject({ totals: { calls: 8 } });
    const elsewhere = '019c0000-0000-7000-8000-00000000eeee';
    const [asked] = requestHistory;
    if (asked?.type !== 'AccessRequested') throw new Error('the first event asks');
    const requester = { ...agent, subject: 'other', owner: 'erin@corp.test' };
    await publish({ ...asked, data: { ...asked.data, requester } }, 0, elsewhere);
    await eventually(async () => expect((await ask(elsewhere)).status).toBe(200), {
      timeoutMs: 60_000,
    });
    expect(await problem(elsewhere, owner)).toMatchObject({ code: 'session_unknown' });
  });
});

describe('who asks for a story', () => {
  it.each([
    ['nobody without a token', '', { status: 401, code: 'token_missing' }],
    [
      'no agent',
      tokenOf('agent-oncall', 'agent', ['auditors']),
      { status: 403, code: 'auditor_required' },
    ],
    [
      'no human outside the groups',
      tokenOf('erin', 'human', []),
      { status: 403, code: 'auditor_required' },
    ],
  ])('is told nothing: %s', async (_who, token, refusal) => {
    for (const path of [grantId, randomUUID(), 'x', `${grantId}?limit=x`]) {
      expect(await problem(path, token)).toMatchObject(refusal);
    }
  });

  it.each([
    ['abc', 'path.id'],
    [encodeURIComponent("x' OR 1=1 --"), 'path.id'],
    [`${grantId}?limit=0`, 'query.limit'],
    [`${grantId}?limit=1001`, 'query.limit'],
    [`${grantId}?cursor=abc`, 'query.cursor'],
    [`${grantId}?agent=x`, 'query.agent'],
  ])('with %s is told which field is wrong', async (path, field) => {
    const { status, errors } = await problem(path);
    expect(status).toBe(400);
    expect(errors?.map((error) => error.field)).toContain(field);
  });

  it('with a cursor of another session is refused', async () => {
    const { nextCursor = '' } = await tell(grantId, '?limit=2');
    const { errors } = await problem(`${others}?cursor=${nextCursor}`);
    expect(errors?.[0]?.field).toBe('query.cursor');
  });

  it('of what there is not is told so', async () => {
    expect(await problem(randomUUID())).toMatchObject({ status: 404, code: 'session_unknown' });
  });
});
