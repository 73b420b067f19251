import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headers } from '@nats-io/nats-core';
import {
  recordLine,
  type CommandBody,
  type CommandRecord,
  type SessionChunk,
} from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;
let bob: Somebody;
const made = new Date(Date.now() - 60_000);
const at = made.toISOString();
const commandId = uuidV7(made);
const call = { commandId, connection: 'prod-eks', at };

const command = (): CommandRecord => ({
  ...{ type: 'CommandStarted', ...call, method: 'GET', verb: 'get' },
  ...{ clientAddress: '127.0.0.1', userAgent: 'kubectl', path: '/api/v1/x', query: '' },
  ...{ apiGroup: '', apiVersion: 'v1', resource: 'pods', subresource: 'exec' },
  ...{ namespace: 'payments', name: 'web-0' },
  agent: {
    ...{ kind: 'agent', issuer: services.identityProvider.issuer, subject: 'agent-oncall' },
    groups: [],
  },
  decision: { effect: 'allow', reason: 'in_scope', message: '' },
});
const body = (content: string, change: Partial<CommandBody> = {}): CommandBody => ({
  ...{ type: 'CommandBody', ...call, direction: 'response', contentType: 'application/json' },
  ...{ encoding: 'utf8', content, bytes: Buffer.byteLength(content), sha256: '0'.repeat(64) },
  ...change,
});
const session: SessionChunk = {
  ...{ type: 'SessionChunk', ...call, index: 0, final: { chunks: 1 } },
  frames: [
    [1.5, 'o', '\u001b[31m$ cat alpha-'],
    [2.5, 'o', '\u001b[0mneedle\r\n'],
  ],
};

beforeAll(async () => {
  [services] = await Promise.all([startRealServices(), buildCli()]);
  await recordCommands(services.connection, command());
  const told = headers();
  told.set('Content-Type', 'application/x-ndjson');
  const long = {
    direction: 'request' as const,
    objects: [{ sha256: '0'.repeat(64), bytes: 9 }],
  };
  for (const line of [session, body('', long), body('{"a":"\u202ealpha-needle"}')]) {
    const subject = 'drawbridge.commands._batch.test';
    await services.connection.jetstream.publish(subject, `${recordLine(line)}\n`, {
      headers: told,
    });
  }
  bob = await Somebody.with({ DRAWBRIDGE_URL: services.server });
  const login = bob.start('login', '--no-browser');
  const code = await eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(login.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${login.seen()}`);
    return found;
  });
  await services.identityProvider.approveDevice(code, { id: 'human-bob' });
  expect(await login.result).toMatchObject({ code: 0 });
  await eventually(async () => {
    const { stdout } = await bob.drawbridge('audit', 'search', 'alpha-needle');
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });
});
afterAll(async () => {
  await bob.remove();
  await services.stop();
});

it('shows where a text is, and nothing that a terminal would obey', async () => {
  const { code, stdout, stderr } = await bob.drawbridge('audit', 'search', 'ALPHA-needle');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^TIME \(UTC\) +AGENT +CONNECTION +CALL +WHERE +HITS +COMMAND +TEXT\n/);
  expect(stdout).toMatch(
    /get pods\/exec payments\/web-0 +output 2\.5s +1 +[0-9a-f-]{36} +\$ cat alpha-needle\n/,
  );
  expect(stdout).toMatch(/response +1 +[0-9a-f-]{36} +\{"a":"\\u\{202e\}alpha-needle"\}\n/);
  expect(stderr).toContain('not searched, or not all of it: object_store_unavailable 1\n');
});

it('goes on where a page ends', async () => {
  const table = await bob.drawbridge('audit', 'search', 'alpha-needle', '--limit', '1');
  expect(table.stderr).toContain('there is more');
  const one = await bob.drawbridge('audit', 'search', 'alpha-needle', '--limit', '1', '-o', 'json');
  const page = JSON.parse(one.stdout) as { items: { where: string }[]; nextCursor: string };
  const cursor = ['--cursor', page.nextCursor];
  const two = await bob.drawbridge('audit', 'search', 'alpha-needle', ...cursor, '-o', 'json');
  const { items } = JSON.parse(two.stdout) as typeof page;
  expect([...page.items, ...items].map(({ where }) => where)).toEqual(['output', 'response']);
});

it('searches only where it is told to', async () => {
  const of = (...words: string[]) => bob.drawbridge('audit', 'search', 'alpha-needle', ...words);
  expect((await of('--in', 'terminal', '-n', 'payments')).stdout).not.toContain('response');
  for (const words of [
    ['-n', 'web'],
    ['--agent', 'agent-other'],
    ['-c', 'staging-eks'],
  ]) {
    expect(await of(...words)).toMatchObject({ code: 0, stdout: 'nothing found\n' });
  }
});

it('writes files, and says what is not in them', async () => {
  const csv = await bob.drawbridge('audit', 'search', 'alpha-needle', '-o', 'csv');
  expect(csv.stdout.trim().split('\n')).toHaveLength(3);
  expect(csv.stderr).toContain('not searched, or not all of it: object_store_unavailable=1\n');
  const file = join(bob.home, 'found.parquet');
  const words = ['audit', 'search', 'alpha-needle', '-o', 'parquet', '--file', file];
  expect(await bob.drawbridge(...words)).toMatchObject({ code: 0 });
  expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1');
});

it.each([
  [['abc'], 'text'],
  [['x'.repeat(257)], 'text'],
  [['needle\n'], 'text'],
  [['needle', '--in', 'space'], 'in'],
  [['needle', '--limit', '0'], '--limit'],
])('says what is wrong with %j', async (words, field) => {
  const { code, stdout, stderr } = await bob.drawbridge('audit', 'search', ...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(field);
});
