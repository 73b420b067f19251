import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headers } from '@nats-io/nats-core';
import { AuditBodies, recordLine, type CommandBody } from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;
let bob: Somebody;
const made = new Date(Date.now() - 60_000);
const commandId = uuidV7(made);
const evil = '{"kind":"Pod","note":"\u202e"}\u001b[2J';

beforeAll(async () => {
  [services] = await Promise.all([startRealServices(), buildCli()]);
  const at = made.toISOString();
  await recordCommands(services.connection, {
    ...{
      type: 'CommandStarted',
      commandId,
      at,
      connection: 'prod-eks',
      method: 'GET',
      verb: 'get',
    },
    ...{ clientAddress: '127.0.0.1', userAgent: 'kubectl', path: '/api/v1/x', query: '' },
    ...{ apiGroup: '', apiVersion: 'v1', resource: 'pods', subresource: '' },
    ...{ namespace: 'payments', name: 'web-0' },
    agent: {
      ...{ kind: 'agent', issuer: services.identityProvider.issuer, subject: 'agent-oncall' },
      groups: [],
    },
    decision: { effect: 'allow', reason: 'in_scope', message: '' },
  });
  const body: CommandBody = {
    ...{ type: 'CommandBody', commandId, connection: 'prod-eks', at, direction: 'response' },
    ...{ contentType: 'application/json', bytes: Buffer.byteLength(evil), encoding: 'utf8' },
    ...{ sha256: createHash('sha256').update(evil).digest('hex'), content: evil },
  };
  const told = headers();
  told.set('Content-Type', 'application/x-ndjson');
  const subject = 'drawbridge.commands._batch.test';
  await services.connection.jetstream.publish(subject, `${recordLine(body)}\n`, { headers: told });
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
    const { stdout } = await bob.drawbridge('audit', 'body', commandId, '-o', 'json');
    expect(AuditBodies.parse(JSON.parse(stdout)).items).toHaveLength(1);
  });
});
afterAll(async () => {
  await bob.remove();
  await services.stop();
});

it('lists what is kept of a call', async () => {
  const { code, stdout } = await bob.drawbridge('audit', 'body', commandId);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^DIRECTION +BYTES +KEPT +CUT +TYPE +SHA-256\nresponse +\d+ +\d+ +- +app/);
});

it('prints a body without what a terminal would obey', async () => {
  const { stdout } = await bob.drawbridge('audit', 'body', commandId, '--direction', 'response');
  expect(stdout).toContain('"kind":"Pod"');
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain('\u202e');
});

it('keeps it in a file byte for byte', async () => {
  const file = join(bob.home, 'body.json');
  const given = ['--direction', 'response', '--file', file];
  expect(await bob.drawbridge('audit', 'body', commandId, ...given)).toMatchObject({ code: 0 });
  expect(await readFile(file, 'utf8')).toBe(evil);
});

it.each([
  [['no-id'], 'path.id'],
  [[uuidV7(new Date())], 'command_unknown'],
  [[commandId, '--direction', 'request'], 'body_unknown'],
  [[commandId, '--direction', 'answer'], '--direction'],
  [[commandId, '--file', 'x'], '--direction'],
])('says what is wrong: %j', async (words, what) => {
  const { code, stderr } = await bob.drawbridge('audit', 'body', ...words);
  expect(code).not.toBe(0);
  expect(stderr).toContain(what);
});
