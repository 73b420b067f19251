import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headers } from '@nats-io/nats-core';
import {
  AuditBodies,
  AuditTrailPage,
  Problem,
  recordLine,
  type CommandBody,
} from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { DirectoryStore } from '@drawbridge/object-store';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { agent, commandIdAt, ended, grantId, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const MIB = 1_048_576;
let audit: TestAudit;
let objects = '';
let store: DirectoryStore;
const auditor = tokenOf('bob', 'human', ['auditors']);
const dana = tokenOf('human-dana', 'human', { groups: ['sre-oncall'], email: 'dana@corp.test' });
const stranger = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };
const sha256Of = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const at = (second: number) => commandIdAt(`2026-01-05T09:00:${String(second).padStart(2, '0')}Z`);
const [own, others, without] = [at(1), at(2), at(3)];
const [missing, damaged, changed, cut] = [at(4), at(5), at(6), at(7)];
const long = randomBytes(2 * MIB + 5);
const pieces = [long.subarray(0, MIB), long.subarray(MIB, 2 * MIB), long.subarray(2 * MIB)];
const pathIn = (sha256: string) => join(objects, 'sha256', sha256.slice(0, 2), sha256.slice(2));

const ask = (path: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit/commands/${path}`, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
const problemOf = async (path: string, token = auditor) => {
  const answer = await ask(path, token);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return Problem.parse(await answer.json());
};

const bodyOf = (
  commandId: string,
  text: string,
  change: Partial<CommandBody> = {},
): CommandBody => ({
  type: 'CommandBody',
  commandId,
  connection: 'prod-eks',
  at: '2026-01-05T09:00:01.000Z',
  direction: 'response',
  contentType: 'application/json',
  bytes: Buffer.byteLength(text),
  sha256: sha256Of(text),
  encoding: 'utf8',
  content: text,
  ...change,
});
const inPieces = (commandId: string, of: readonly Buffer[]): CommandBody => {
  const all = Buffer.concat(of);
  return bodyOf(commandId, '', {
    ...{ bytes: all.length, sha256: sha256Of(all), contentType: 'application/octet-stream' },
    objects: of.map((piece) => ({ sha256: sha256Of(piece), bytes: piece.length })),
  });
};

async function publish(bodies: readonly CommandBody[]): Promise<void> {
  const told = headers();
  told.set('Content-Type', 'application/x-ndjson');
  const text = bodies.map((body) => `${recordLine(body)}\n`).join('');
  await audit.connection.jetstream.publish('drawbridge.commands._batch.test', text, {
    headers: told,
  });
}

beforeAll(async () => {
  objects = await mkdtemp(join(tmpdir(), 'drawbridge-audit-bodies-'));
  store = new DirectoryStore(objects);
  audit = await startTestAudit({ BODY_STORE_URL: `file://${objects}` });
  const whole = [own, without, missing, damaged, changed, cut];
  for (const id of whole) await recordCommands(audit.connection, started(id), ended(id));
  await recordCommands(audit.connection, started(others, { agent: stranger }), ended(others));
  for (const piece of pieces) await store.put(sha256Of(piece), piece);
  const [first = long, second = long, last = long] = pieces;
  const bad = Buffer.concat([last, Buffer.from('other')]);
  await store.put(sha256Of(bad), bad);
  await writeFile(pathIn(sha256Of(bad)), 'changed by somebody');
  await publish([
    bodyOf(own, '{"kind":"Pod"}'),
    bodyOf(own, '<script>alert(1)</script>', { direction: 'request', contentType: 'text/html' }),
    { ...inPieces(own, pieces), direction: 'before' },
    bodyOf(others, '{"kind":"canary-of-fred"}'),
    inPieces(missing, [Buffer.from('never put')]),
    inPieces(damaged, [first, second, bad]),
    bodyOf(changed, '{"kind":"Pod"}', { sha256: sha256Of('something else') }),
    bodyOf(cut, '{"kind":"Po', { bytes: 14, cut: 'client_gone', kept: 11 }),
  ]);
  await audit.caughtUp();
  expect(AuditBodies.parse(await (await ask(`${cut}/bodies`)).json()).items).toHaveLength(1);
  expect(AuditBodies.parse(await (await ask(`${own}/bodies`)).json()).items).toHaveLength(3);
});
afterAll(async () => {
  await audit.stop();
  await rm(objects, { recursive: true, force: true });
});

describe('the bodies of a command', () => {
  it('are listed, without what stands in them', async () => {
    const { items } = AuditBodies.parse(await (await ask(`${own.toUpperCase()}/bodies`)).json());
    expect(items.map(({ direction, stored, bytes }) => [direction, stored, bytes])).toStrictEqual([
      ['before', 'objects', long.length],
      ['request', 'record', 25],
      ['response', 'record', 14],
    ]);
    expect(items[2]).toStrictEqual({
      ...{ commandId: own, direction: 'response', connection: 'prod-eks' },
      ...{ at: '2026-01-05T09:00:01.000Z', contentType: 'application/json', bytes: 14 },
      ...{ sha256: sha256Of('{"kind":"Pod"}'), stored: 'record' },
    });
  });

  it('are none where none was kept', async () => {
    expect(await (await ask(`${without}/bodies`)).json()).toStrictEqual({ items: [] });
    expect(await problemOf(`${without}/bodies/request`)).toMatchObject({
      ...{ status: 404, code: 'body_unknown' },
    });
  });

  it('are shown one by one, as they were stored', async () => {
    const answer = await ask(`${own}/bodies/response`);
    expect(await answer.text()).toBe('{"kind":"Pod"}');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...{ 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
      ...{ 'cache-control': 'no-store', 'drawbridge-body-bytes': '14' },
      'content-disposition': `attachment; filename="${own}-response.json"`,
      'content-security-policy': "sandbox; default-src 'none'",
      'drawbridge-body-sha256': sha256Of('{"kind":"Pod"}'),
    });
  });

  it('are nothing that a browser would run, whatever their sender calls them', async () => {
    const answer = await ask(`${own}/bodies/request`);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; /);
  });

  it('are put together when they are long', async () => {
    const answer = await ask(`${own}/bodies/before`);
    expect(answer.headers.get('content-length')).toBe(String(long.length));
    expect(Buffer.from(await answer.arrayBuffer()).equals(long)).toBe(true);
  });

  it('say when they are cut', async () => {
    const answer = await ask(`${cut}/bodies/response`);
    expect(await answer.text()).toBe('{"kind":"Po');
    expect(answer.headers.get('drawbridge-body-cut')).toBe('client_gone');
    expect(answer.headers.get('drawbridge-body-bytes')).toBe('14');
  });

  it('that are not there any more are said to be so', async () => {
    expect(await problemOf(`${missing}/bodies/response`)).toMatchObject({
      ...{ status: 410, code: 'object_missing' },
    });
  });

  it('whose row was changed are not shown', async () => {
    expect(await problemOf(`${changed}/bodies/response`)).toMatchObject({
      ...{ status: 502, code: 'object_damaged' },
    });
  });

  it('of which a later piece was changed break off, and are not taken for whole', async () => {
    const reading = (async () => (await ask(`${damaged}/bodies/response`)).arrayBuffer())();
    await expect(reading.then((bytes) => bytes.byteLength > MIB)).rejects.toThrow();
  });
});

describe('who may see the bodies of a command', () => {
  const paths = [`${own}/bodies`, `${own}/bodies/response`, 'no-uuid/bodies'];

  it.each(paths)('nobody without a token: %s', async (path) => {
    expect(await problemOf(path, '')).toMatchObject({ status: 401, code: 'token_missing' });
  });

  it.each(paths)('no agent, even in the group of auditors: %s', async (path) => {
    const token = tokenOf('agent-oncall', 'agent', ['auditors']);
    expect(await problemOf(path, token)).toMatchObject({ status: 403, code: 'auditor_required' });
  });

  it.each(paths)('no human who owns nothing: %s', async (path) => {
    const token = tokenOf('erin', 'human', []);
    expect(await problemOf(path, token)).toMatchObject({ status: 403, code: 'auditor_required' });
  });

  it('the owner of the agent', async () => {
    expect(await (await ask(`${own}/bodies/response`, dana)).text()).toBe('{"kind":"Pod"}');
  });

  it('not the owner of another: as if there were no such command', async () => {
    const known = await problemOf(`${others}/bodies/response`, dana);
    const unknown = await problemOf(`${at(40)}/bodies/response`, dana);
    expect(known).toMatchObject({ status: 404, code: 'command_unknown' });
    const plain = ({ detail, instance, requestId, ...rest }: Record<string, unknown>) => {
      expect([detail, instance, requestId].join()).not.toContain('fred');
      return rest;
    };
    expect(plain(known)).toStrictEqual(plain(unknown));
    expect(await problemOf(`${others}/bodies`, dana)).toMatchObject({ code: 'command_unknown' });
  });

  it.each([
    ['no-uuid/bodies', 'path.id'],
    ['019c0000-4444-4000-8000-000000000055/bodies', 'path.id'],
    ['..%2f..%2fetc/bodies/response', 'path.id'],
    [`${own}/bodies/..%2f..`, 'path.direction'],
    [`${own}/bodies/answer`, 'path.direction'],
  ])('who asks for %s is told what is wrong', async (path, field) => {
    const { status, errors } = await problemOf(path);
    expect(status).toBe(400);
    expect(errors?.map((error) => error.field)).toStrictEqual([field]);
  });

  it('is on the record before the first byte is shown', async () => {
    await ask(`${own}/bodies/before`, dana);
    await eventually(async () => {
      const answer = await fetch(`${audit.url()}/v1/audit/trail?command=${own}`, {
        headers: { authorization: `Bearer ${auditor}` },
      });
      const { items } = AuditTrailPage.parse(await answer.json());
      expect(items.map(({ data }) => data)).toContainEqual(
        expect.objectContaining({
          ...{ commandId: own, grantId, connection: 'prod-eks', how: 'body' },
          viewer: expect.objectContaining({ subject: 'human-dana' }) as unknown,
        }),
      );
    });
  });
});
