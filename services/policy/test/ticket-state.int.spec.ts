import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TicketStates, type TicketSource } from '../src/facts/ticket-states.js';
import { oncallSpec, PolicyWorld } from './policy-under-test.js';

/** A stand-in for the API of Jira. */
let jira: Server;
let address: string;
let calls: { readonly url: string; readonly authorization: string | undefined }[] = [];
let answer: { status?: number; body?: string; location?: string; silent?: boolean } = {};
let world: PolicyWorld;
const stateOf = (name: unknown) => JSON.stringify({ fields: { status: { name } } });

beforeAll(async () => {
  jira = createServer((request, response) => {
    const { authorization } = request.headers;
    calls.push({ url: request.url ?? '', authorization });
    if (answer.silent === true) return;
    const { status = 200, body = stateOf('In Progress'), location } = answer;
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  });
  jira.listen(0, '127.0.0.1');
  await once(jira, 'listening');
  address = `http://127.0.0.1:${(jira.address() as AddressInfo).port}`;
  world = await PolicyWorld.start();
  await writeFile(join(world.directory, 'jira-token'), 'token-of-jira\n', { mode: 0o600 });
});
afterEach(() => {
  calls = [];
  answer = {};
});
afterAll(async () => {
  await world.stop();
  jira.closeAllConnections();
  jira.close();
});

const logged: unknown[] = [];
const logger = {
  log: () => undefined,
  warn: (line: unknown) => logged.push(line),
  error: () => undefined,
};
const source = (more: Partial<TicketSource['state']> = {}): TicketSource => ({
  name: 'jira',
  allowInsecureHttp: true,
  state: {
    url: `${address}/rest/api/3/issue/{ticket}?fields=status`,
    pointer: '/fields/status/name',
    authorization: 'bearer',
    tokenFile: join(world.directory, 'jira-token'),
    ...more,
  },
});
const ask = (ticket: string, more: Partial<TicketSource['state']> = {}, names = ['jira']) =>
  new TicketStates({ sources: () => [source(more)], logger }).of(names, ticket);
const none = new Map();

describe('the state of a ticket', () => {
  it('is read at the address of the configuration, with its token', async () => {
    expect(await ask('OPS-42')).toStrictEqual(new Map([['jira', 'In Progress']]));
    expect(calls).toStrictEqual([
      { url: '/rest/api/3/issue/OPS-42?fields=status', authorization: 'Bearer token-of-jira' },
    ]);
  });

  it('is read with a user and a password where it is so configured', async () => {
    const file = join(world.directory, 'basic');
    await writeFile(file, 'ops@corp.test:secret');
    await ask('OPS-42', { authorization: 'basic', tokenFile: file });
    const expected = `Basic ${Buffer.from('ops@corp.test:secret').toString('base64')}`;
    expect(calls[0]?.authorization).toBe(expected);
  });

  it.each([
    '..',
    '../user',
    'OPS-42/../../admin',
    'OPS-42?x=1',
    'OPS-42#x',
    '%2e%2e',
    'a@b',
    'OPS 42',
    '//evil.test',
    '.',
    '-1',
    '\\\\evil',
    'OPS-42\r\nX: y',
    'ÖPS-1',
    '$&',
    'x'.repeat(65),
    '',
  ])('T19: is not asked for by the ticket %j', async (ticket) => {
    expect(await ask(ticket)).toStrictEqual(none);
    expect(calls).toStrictEqual([]);
  });

  it.each([
    ['an error', { status: 500 }],
    ['nothing found', { status: 404 }],
    ['a redirect', { status: 302, location: '/elsewhere' }],
    ['no JSON', { body: 'In Progress' }],
    ['another form', { body: '{"fields":{}}' }],
    ['a state that is no text', { body: JSON.stringify({ fields: { status: { name: 1 } } }) }],
    [
      'a state of several lines',
      { body: JSON.stringify({ fields: { status: { name: 'a\nb' } } }) },
    ],
    [
      'a state that is too long',
      { body: JSON.stringify({ fields: { status: { name: 'x'.repeat(101) } } }) },
    ],
    [
      'too much',
      { body: JSON.stringify({ fields: { status: { name: 'x' } }, x: 'x'.repeat(70_000) }) },
    ],
    ['silence', { silent: true }],
  ])('is not known when the answer is %s', async (_, given) => {
    answer = given;
    expect(await ask('OPS-42')).toStrictEqual(none);
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain('token-of-jira');
  });

  it('is not known without a token, of another webhook, and of none', async () => {
    expect(await ask('OPS-42', { tokenFile: join(world.directory, 'missing') })).toStrictEqual(
      none,
    );
    expect(await ask('OPS-42', {}, ['snow'])).toStrictEqual(none);
    expect(await ask('OPS-42', {}, [])).toStrictEqual(none);
    expect(calls).toStrictEqual([]);
  });
});

describe('a request for which nobody is asked while its ticket is in progress', () => {
  beforeAll(async () => {
    const webhook = {
      apiVersion: 'drawbridge.dev/v1alpha1',
      kind: 'Webhook',
      metadata: { name: 'jira' },
      spec: {
        url: 'https://jira.corp.test/hook',
        for: 'all',
        secretFile: 'not-here',
        allowInsecureHttp: true,
        ticketState: {
          url: `${address}/issue/{ticket}`,
          pointer: '/fields/status/name',
          tokenFile: 'jira-token',
        },
      },
    };
    await writeFile(join(world.directory, 'webhooks.yaml'), JSON.stringify(webhook));
    const when = { ticket: { webhook: 'jira', states: ['In Progress'] } };
    const document = {
      ...oncallSpec,
      autoApprove: [{ name: 'ticketed', actions: ['rollout-restart'], when }],
    };
    await world.configure(world.policies(document));
    await world.policy();
  });
  const verdictOf = async (ticket?: string) => {
    const requestId = await world.ask(ticket === undefined ? {} : { ticket });
    return eventually(() => world.eventOf(requestId, 'AccessRequestValidated'));
  };
  const factOf = (found: string, isMet: boolean) => [
    { condition: 'ticket', wanted: 'its ticket is In Progress in jira', found, isMet },
  ];

  it('is granted then, and says why', async () => {
    expect(await verdictOf('INC-1')).toMatchObject({
      autoApproved: 'ticketed',
      facts: factOf('INC-1 is In Progress', true),
    });
    expect(calls.map(({ url }) => url)).toContain('/issue/INC-1');
  });

  it('is asked of humans when it is in another state, or nobody knows', async () => {
    answer = { body: stateOf('Done') };
    const other = await verdictOf('INC-2');
    expect(other).toMatchObject({ facts: factOf('INC-2 is Done', false) });
    answer = { status: 503 };
    const unknown = await verdictOf('INC-3');
    expect(unknown).toMatchObject({ facts: factOf('not known', false) });
    for (const verdict of [other, unknown])
      expect(verdict).toMatchObject({ approval: { type: 'humans' } });
  });
});
