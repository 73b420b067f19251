import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandRecord } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;
let bob: Somebody;
let dana: Somebody;
let erin: Somebody;

const [one, other] = [
  '019c0000-0000-7000-8000-000000000001',
  '019c0000-0000-7000-8000-000000000002',
];
type Started = Extract<CommandRecord, { type: 'CommandStarted' }>;

/** A command of a minute ago. */
function command(change: Partial<Started>): Started {
  const at = new Date(Date.now() - 60_000);
  return {
    ...{ type: 'CommandStarted', commandId: uuidV7(at), at: at.toISOString() },
    ...{ connection: 'prod-eks', clientAddress: '127.0.0.1', userAgent: 'kubectl' },
    agent: {
      ...{ kind: 'agent', issuer: services.identityProvider.issuer, subject: 'agent-oncall' },
      ...{ groups: ['oncall-agents'], owner: 'dana@corp.test' },
    },
    ...{ grantId: one, method: 'PATCH', verb: 'patch', path: '/apis/apps/v1/x', query: '' },
    ...{ apiGroup: 'apps', apiVersion: 'v1', resource: 'deployments', subresource: '' },
    ...{ namespace: 'payments', name: 'checkout' },
    decision: { effect: 'allow', reason: 'grant_allows', message: '' },
    ...change,
  };
}

async function logIn(id: string): Promise<Somebody> {
  const who = await Somebody.with({ DRAWBRIDGE_URL: services.server });
  const login = who.start('login', '--no-browser');
  const code = await eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(login.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${login.seen()}`);
    return found;
  });
  await services.identityProvider.approveDevice(code, { id });
  expect(await login.result).toMatchObject({ code: 0 });
  return who;
}

beforeAll(async () => {
  [services] = await Promise.all([startRealServices(), buildCli()]);
  for (const record of [
    command({}),
    command({ grantId: other, verb: 'get', method: 'GET' }),
    command({ ...{ resource: 'pods', apiGroup: '', name: '=evil\u001b[2J', subresource: 'exec' } }),
    command({
      agent: {
        ...{ kind: 'agent', issuer: services.identityProvider.issuer, subject: 'agent-reader' },
        ...{ groups: [], owner: 'fred@corp.test' },
      },
      grantId: other,
      name: 'not-of-dana',
    }),
  ]) {
    await recordCommands(services.connection, record);
  }
  [bob, dana, erin] = [
    await logIn('human-bob'),
    await logIn('human-dana'),
    await logIn('human-erin'),
  ];
  await eventually(async () => {
    const { stdout } = await bob.drawbridge(
      'audit',
      'off-hours',
      '--hours',
      '00:00-00:01',
      '--calls',
    );
    expect(stdout.trim().split('\n')).toHaveLength(5);
  });
});
afterAll(() => services.stop());

describe('drawbridge audit', () => {
  it('tells who touched an object, as kubectl names it', async () => {
    for (const words of [
      ['deployment/checkout'],
      ['deploy/checkout'],
      ['deployments.apps', 'checkout'],
    ]) {
      const { code, stdout } = await bob.drawbridge('audit', 'touched', ...words, '-n', 'payments');
      expect(code).toBe(0);
      expect(stdout).toMatch(/agent-oncall +dana@corp\.test +prod-eks +payments +object +1/);
    }
    const { stdout } = await bob.drawbridge('audit', 'touched', 'pods/checkout', '-n', 'payments');
    expect(stdout).toBe('nothing found\n');
    const anywhere = await bob.drawbridge('audit', 'touched', 'deployment/checkout');
    expect(anywhere.stdout).toMatch(/prod-eks +payments +object/);
  });

  it('compares no session that there is not', async () => {
    const none = '019c0000-0000-7000-8000-00000000ffff';
    const { code, stdout, stderr } = await bob.drawbridge('audit', 'diff', none, none);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('(session_unknown)');
  });

  it('tells what an agent did, in a table that no name spoils', async () => {
    const { stdout } = await bob.drawbridge('audit', 'agent', 'agent-oncall');
    expect(stdout).toMatch(/patch +deployments\.apps +payments +prod-eks +1 +1/);
    const calls = await bob.drawbridge('audit', 'off-hours', '--hours', '00:00-00:01', '--calls');
    expect(calls.stdout).toContain('=evil\\u{1b}[2J');
  });

  it('compares two sessions', async () => {
    const { stdout } = await bob.drawbridge('audit', 'diff', one, other, '-o', 'json');
    const { items } = JSON.parse(stdout) as { items: { side: string }[] };
    expect(items.map(({ side }) => side)).toEqual(['one', 'one', 'other', 'other']);
  });

  it('writes CSV that no spreadsheet runs, lines of JSON, and Parquet into a file of its user alone', async () => {
    const calls = ['audit', 'off-hours', '--hours', '00:00-00:01', '--calls'];
    const csv = await bob.drawbridge(...calls, '-o', 'csv');
    expect(csv.stdout).toContain(",'=evil\\u{1b}[2J,");
    const jsonl = await bob.drawbridge(...calls, '-o', 'jsonl');
    const lines = jsonl.stdout.trim().split('\n');
    expect(lines).toHaveLength(4);
    expect(jsonl.stdout).not.toContain('\u001b');
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name)).toContain(
      '=evil\u001b[2J',
    );
    const file = join(bob.home, 'calls.parquet');
    expect(await bob.drawbridge(...calls, '-o', 'parquet', '--file', file)).toMatchObject({
      code: 0,
    });
    expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('tells of approvals and unused grants, of which there are none here', async () => {
    for (const words of [['approvals'], ['approvals', '--requests'], ['unused']]) {
      const { code, stdout } = await bob.drawbridge('audit', ...words);
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'nothing found\n' });
    }
    const yaml = await bob.drawbridge('audit', 'unused', '--yaml');
    expect(yaml).toMatchObject({ code: 0, stdout: '' });
    expect(yaml.stderr).toMatch(/^looked from /);
    const both = await bob.drawbridge('audit', 'unused', '--yaml', '-o', 'csv');
    expect(both).toMatchObject({ code: 2, stdout: '' });
    const csv = await bob.drawbridge('audit', 'unused', '-o', 'csv');
    expect(csv.stdout).toMatch(/^grantId,accessRequestId,issuedAt,/);
  });

  it.each([
    [['-o', 'parquet'], '--file'],
    [['--file', 'x'], '--file'],
    [['--limit', '0'], '--limit'],
    [['--since', 'yesterday'], '--since'],
    [['--time-zone', 'Mars/Base'], 'timeZone'],
  ])('says what is wrong with %j', async (options, word) => {
    const { code, stdout, stderr } = await bob.drawbridge('audit', 'off-hours', ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(word);
  });

  it('says so when the file cannot be written', async () => {
    const file = join(bob.home, 'nowhere', 'x.csv');
    const { code, stderr } = await bob.drawbridge('audit', 'blocked', '-o', 'csv', '--file', file);
    expect(code).toBe(1);
    expect(stderr).toContain('file_unwritable');
  });

  it('tells the owner of an agent what is of that agent, and others nothing', async () => {
    const mine = await dana.drawbridge('audit', 'diff', one, other, '-o', 'jsonl');
    expect(mine.stdout.trim().split('\n')).toHaveLength(3);
    expect(mine.stdout).not.toContain('not-of-dana');
    for (const format of ['table', 'csv']) {
      const { code, stdout, stderr } = await erin.drawbridge('audit', 'blocked', '-o', format);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('auditor_required');
    }
  });
});
