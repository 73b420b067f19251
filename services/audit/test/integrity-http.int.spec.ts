import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CheckpointPage,
  IntegrityKeys,
  Problem,
  SealPage,
  StreamMessagePage,
} from '@drawbridge/contracts';
import { openSeal, parseVerifierKey } from '@drawbridge/integrity';
import { recordCommands } from '@drawbridge/jetstream';
import { createLogger, loadConfig } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditConfig } from '../src/config.js';
import { startSealing } from '../src/integrity/start-sealing.js';
import { tokenOf } from './demo-tokens.js';
import { commandIdAt, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const MESSAGES = 12;
const auditor = tokenOf('bob', 'human', ['auditors']);
const bound = { timeoutMs: 60_000 };

let audit: TestAudit;
let directory: string;

const pem = (type: 'ed25519' | 'x25519' = 'ed25519') =>
  (type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')).privateKey
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();

function fileWith(name: string, content: string, mode = 0o600): string {
  const file = join(directory, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const ask = (path: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit${path}`, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
const json = async (path: string): Promise<unknown> => (await ask(path)).json();
const newest = async () => CheckpointPage.parse(await json('/checkpoints')).items;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-keys-'));
  audit = await startTestAudit({
    AUDIT_SIGNING_KEY_FILE: fileWith('key.pem', pem()),
    AUDIT_LOG_NAME: 'audit.test/log',
    AUDIT_SEAL_SECONDS: '1',
  });
  for (let n = 0; n < MESSAGES; n += 1) {
    await recordCommands(audit.connection, started(commandIdAt('2026-01-05T09:00:00Z')));
  }
  await eventually(async () => {
    expect(await newest()).toMatchObject([{ stream: 'COMMANDS', size: MESSAGES }]);
  }, bound);
});
afterAll(async () => {
  await audit.stop();
  rmSync(directory, { recursive: true });
});

describe('what an auditor gets to check the record with', () => {
  it('is the keys', async () => {
    const { name, keys } = IntegrityKeys.parse(await json('/keys'));
    expect(name).toBe('audit.test/log');
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({
      verifierKey: expect.stringMatching(/^audit\.test\/log\+[0-9a-f]{8}\+/) as string,
      pem: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/) as string,
    });
  });

  it('is checkpoints, page by page', async () => {
    const items: string[] = [];
    for (let cursor: string | undefined = '0'; cursor !== undefined;) {
      const path = `/checkpoints?stream=COMMANDS&limit=1&cursor=${cursor}`;
      const page: CheckpointPage = CheckpointPage.parse(await json(path));
      items.push(...page.items.map(({ note }) => note));
      cursor = page.nextCursor;
    }
    expect(items.at(-1)).toBe((await newest())[0]?.note);
    expect(new Set(items).size).toBe(items.length);
  });

  it('is seals, which the key opens', async () => {
    const { keys } = IntegrityKeys.parse(await json('/keys'));
    const { key } = parseVerifierKey(keys[0]?.verifierKey ?? '');
    const { seals, next } = SealPage.parse(await json('/streams/COMMANDS/seals'));
    const opened = seals.map((seal) => openSeal(seal, { name: 'audit.test/log/COMMANDS', key }));
    expect(opened.at(-1)?.checkpoint).toMatchObject({ size: MESSAGES, last: MESSAGES });
    expect(SealPage.parse(await json(`/streams/COMMANDS/seals?after=${next}`))).toEqual({
      seals: [],
    });
  });

  it('is messages, page by page', async () => {
    const first = StreamMessagePage.parse(await json('/streams/COMMANDS/messages?limit=5'));
    expect(first).toMatchObject({ firstKept: 1, next: 6 });
    const rest = StreamMessagePage.parse(await json('/streams/COMMANDS/messages?from=6'));
    expect(rest.messages.map(({ sequence }) => sequence)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    const end = StreamMessagePage.parse(await json(`/streams/COMMANDS/messages?from=${rest.next}`));
    expect(end).toEqual({ messages: [], firstKept: 1 });
    const empty = StreamMessagePage.parse(await json('/streams/ACCESS/messages'));
    expect(empty.messages).toEqual([]);
  });
});

describe('who gets it', () => {
  const paths = [
    '/checkpoints',
    '/streams/COMMANDS/seals',
    '/streams/COMMANDS/messages',
    '/streams/COMMANDS/rows',
  ];
  it.each(paths)('%s: no agent, and no human outside the groups', async (path) => {
    expect((await ask(path, '')).status).toBe(401);
    expect((await ask(path, tokenOf('a', 'agent', ['auditors']))).status).toBe(403);
    expect((await ask(path, tokenOf('erin', 'human', ['developers']))).status).toBe(403);
  });

  it('the keys are for everybody whom we know', async () => {
    expect((await ask('/keys', '')).status).toBe(401);
    expect((await ask('/keys', tokenOf('a', 'agent', []))).status).toBe(200);
  });

  it.each([
    ['/streams/PARKED/messages', 'path.stream'],
    ['/streams/CHECKPOINTS/seals', 'path.stream'],
    ['/streams/%3E/messages', 'path.stream'],
    ['/streams/COMMANDS/messages?from=-1', 'query.from'],
    ['/streams/COMMANDS/messages?from=1&from=2', 'query.from'],
    ['/streams/COMMANDS/messages?limit=501', 'query.limit'],
    ['/streams/COMMANDS/messages?limit=0', 'query.limit'],
    ['/streams/COMMANDS/seals?after=x', 'query.after'],
    ['/streams/PARKED/rows', 'path.stream'],
    ['/streams/COMMANDS/rows?from=x', 'query.from'],
    ['/checkpoints?stream=commands', 'query.stream'],
    ['/checkpoints?limit=101', 'query.limit'],
  ])('%s is refused for %s', async (path, field) => {
    const response = await ask(path);
    expect(response.status).toBe(400);
    const { errors } = Problem.parse(await response.json());
    expect(errors?.map((error) => error.field)).toEqual([field]);
  });
});

describe('a key that is not fit to sign with', () => {
  const start = (file: string) => () =>
    startSealing(loadConfig(AuditConfig, { AUDITOR_GROUPS: 'a', AUDIT_SIGNING_KEY_FILE: file }), {
      connection: audit.connection,
      logger: createLogger('audit', { level: 'fatal' }),
      clock: () => new Date(),
    });

  it.each([
    ['is not there', () => join(directory, 'none.pem'), /cannot be read/],
    ['others may read', () => fileWith('open.pem', pem(), 0o644), /by others: chmod 600/],
    ['is of another kind', () => fileWith('x.pem', pem('x25519')), /no Ed25519 private key/],
    ['is something else', () => fileWith('no.pem', 'secret words'), /no Ed25519 private key/],
  ])('%s', (_, file, message) => {
    expect(start(file())).toThrow(message);
    expect(start(file())).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('secret words') as string,
      }) as Error,
    );
  });
});

describe('/readyz', () => {
  it('tells how old the last seal is', async () => {
    const answer = (await (await fetch(`${audit.url()}/readyz`)).json()) as {
      checks: Record<string, boolean>;
      figures: Record<string, number>;
    };
    expect(answer.checks).toMatchObject({ sealing: true });
    expect(answer.figures['lastSealSeconds']).toBeGreaterThanOrEqual(0);
    expect(answer.figures['unsealedSeconds']).toBeGreaterThanOrEqual(0);
  });
});
