import { randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AccessRequestView,
  ApprovalView,
  AuditEventPage,
  Explanation,
  Principal,
  type HoldEvent,
} from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { holdEventStore, recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { buildCli, program, Somebody, type Result } from './drawbridge.js';
import { GATEWAY, GATEWAY_CA, startRealServices, type RealServices } from './real-services.js';

let services: RealServices;
let agent: Somebody;
let alice: Somebody;
let bob: Somebody;
let dana: Somebody;
const secretOf = (id: string) => demoPeople.agents.find((one) => one.id === id)!.secret;

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
  const env = { DRAWBRIDGE_URL: services.server };
  agent = await Somebody.with({ ...env, DRAWBRIDGE_CLIENT_SECRET: secretOf('agent-oncall') });
  [alice, bob, dana] = await Promise.all([
    Somebody.with(env),
    Somebody.with(env),
    Somebody.with(env),
  ]);
});
afterAll(async () => {
  await Promise.all([agent, alice, bob, dana].map((one) => one.remove()));
  await services.stop();
});

async function logInHuman(who: Somebody, id: string): Promise<Result> {
  const login = who.start('login', '--no-browser');
  const code = await eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(login.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${login.seen()}`);
    return found;
  });
  await services.identityProvider.approveDevice(code, { id });
  return login.result;
}

const ask = (...more: string[]) =>
  agent.drawbridge(
    ...['request', 'deployment/checkout', '-c', 'prod-eks', '-a', 'rollout-restart'],
    ...['-n', 'payments', '-d', '15m', '-r', 'readiness probe failing', '-t', 'INC-4211', ...more],
  );
const viewIn = ({ stdout }: Result) => AccessRequestView.parse(JSON.parse(stdout));

describe('logging in', () => {
  it('as an agent keeps the login in private files, without the secret', async () => {
    expect(await agent.drawbridge('login', '--client-id', 'agent-oncall')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('logged in') as string,
    });
    const directory = join(agent.home, 'config/drawbridge');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const name of ['default.profile.json', 'default.token.json']) {
      const path = join(directory, name);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await readFile(path, 'utf8')).not.toContain(secretOf('agent-oncall'));
    }
    const me = await agent.drawbridge('whoami', '-o', 'json');
    expect(Principal.parse(JSON.parse(me.stdout))).toMatchObject({
      kind: 'agent',
      subject: 'agent-oncall',
      owner: 'dana@corp.test',
    });
  });

  it('as a human shows address and code, and waits for the browser', async () => {
    expect(await logInHuman(alice, 'human-alice')).toMatchObject({ code: 0 });
    expect(await logInHuman(bob, 'human-bob')).toMatchObject({ code: 0 });
    expect(await logInHuman(dana, 'human-dana')).toMatchObject({ code: 0 });
    expect((await alice.drawbridge('whoami')).stdout).toContain('human human-alice');
  });

  it('with a wrong secret fails, and leaves no login behind', async () => {
    const wrong = await Somebody.with({
      DRAWBRIDGE_URL: services.server,
      DRAWBRIDGE_CLIENT_SECRET: 'canary-wrong',
    });
    const login = await wrong.drawbridge('login', '--client-id', 'agent-oncall');
    expect(login).toMatchObject({ code: 3, stdout: '' });
    expect(login.stderr).toMatch(/login_failed/);
    expect(login.stderr).not.toContain('canary');
    expect((await wrong.drawbridge('whoami')).code).toBe(3);
    await wrong.remove();
  });

  it.each([['--client-secret', 'canary'], ['--client-secret=canary'], ['--token', 'canary']])(
    'refuses %s on the command line, and does not repeat it',
    async (...args) => {
      const { code, stderr, stdout } = await agent.drawbridge('login', '--client-id', 'x', ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('secret_on_command_line');
      expect(stderr).not.toContain('canary');
    },
  );

  it('from a file of tokens reads it again at each call', async () => {
    const issued = JSON.parse(
      await readFile(join(agent.home, 'config/drawbridge/default.token.json'), 'utf8'),
    ) as { accessToken: string };
    const file = join(agent.home, 'projected-token');
    await writeFile(file, 'not a token\n', { mode: 0o600 });
    const reader = await Somebody.with({ DRAWBRIDGE_URL: services.server });
    expect((await reader.drawbridge('login', '--token-file', file)).code).toBe(0);
    expect((await reader.drawbridge('whoami')).code).toBe(3);
    await writeFile(file, `${issued.accessToken}\n`);
    expect((await reader.drawbridge('whoami')).code).toBe(0);
    const fromEnvironment = await Somebody.with({
      DRAWBRIDGE_URL: services.server,
      DRAWBRIDGE_TOKEN: issued.accessToken,
    });
    expect((await fromEnvironment.drawbridge('whoami')).stdout).toContain('agent-oncall');
    await Promise.all([reader.remove(), fromEnvironment.remove()]);
  });
});

describe('asking for access', () => {
  it('waits until an approver has said yes', async () => {
    const waiting = agent.start(
      ...['request', 'deployment/checkout', '-c', 'prod-eks', '-a', 'rollout-restart'],
      ...['-n', 'payments', '-d', '15m', '-r', 'readiness probe failing', '-t', 'INC-4211'],
      '--wait=1m',
    );
    const id = await eventually(() => {
      const found = /access request (\S+)[\s\S]*pending/.exec(waiting.seen())?.[1];
      if (found === undefined) throw new Error(`not pending: ${waiting.seen()}`);
      return found;
    });
    const list = await eventually(async () => {
      const { stdout } = await alice.drawbridge('approvals');
      expect(stdout).toContain(id);
      return stdout;
    });
    expect(list).toMatch(/agent-oncall +prod-eks +rollout-restart payments checkout +15m/);

    const byOwner = await dana.drawbridge('approve', id);
    expect(byOwner).toMatchObject({ code: 4, stdout: '' });
    expect(byOwner.stderr).toMatch(/approver_is_owner|owner/);
    const byItself = await agent.drawbridge('approve', id);
    expect(byItself.code).toBe(4);

    const approved = await alice.drawbridge('approve', id, '--comment', 'go ahead', '-o', 'json');
    expect(approved.code).toBe(0);
    expect(ApprovalView.parse(JSON.parse(approved.stdout)).id).toBe(id);
    const { code, stdout } = await waiting.result;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${id}: granted for another 1[45]m`));

    expect((await agent.drawbridge('status', id)).stdout).toContain('granted');
    expect((await agent.drawbridge('list', '--status', 'granted')).stdout).toContain(id);
    expect((await agent.drawbridge('withdraw', id)).code).toBe(0);
    expect((await agent.drawbridge('status', id, '--wait')).code).toBe(8);
  });

  it('ends with its own code when an approver says no', async () => {
    const { id } = viewIn(await ask('-o', 'json'));
    await eventually(async () =>
      expect((await alice.drawbridge('deny', id, '--reason', 'not now')).code).toBe(0),
    );
    const after = await agent.drawbridge('status', id, '--wait=30s');
    expect(after.code).toBe(5);
    expect(after.stdout).toContain('not now');
  });

  it('ends with its own code when policy says no, and says what to do', async () => {
    const { code, stdout } = await agent.drawbridge(
      ...['request', '-c', 'prod-eks', '--rule', 'verbs=delete,resources=namespaces,namespaces=*'],
      ...['-d', '5m', '-r', 'cleaning up', '-t', 'INC-1', '--wait=30s'],
    );
    expect(code).toBe(4);
    expect(stdout).toMatch(/denied[\s\S]*why: .+\([a-z_]+\)/);
  });

  it('ends with its own code when nobody decides in time', async () => {
    const { code, stdout } = await ask('--wait=1s', '-o', 'json');
    expect(code).toBe(7);
    const { id, status } = AccessRequestView.parse(JSON.parse(stdout));
    expect(status).toBe('pending');
    expect((await agent.drawbridge('withdraw', id)).code).toBe(0);
  });

  it('says what would become of a request, and makes none', async () => {
    const told = await ask('--explain', '-o', 'json');
    expect(told.code).toBe(0);
    expect(Explanation.parse(JSON.parse(told.stdout))).toMatchObject({
      verdict: 'validated',
      requester: { subject: 'agent-oncall' },
      approval: { type: 'humans' },
    });
    const text = await ask('--explain', '-d', '30s');
    expect(text.stdout).toContain('it would be asked of humans');
    const denied = await ask('--explain', '-t', 'none');
    expect(denied).toMatchObject({ code: 4 });
    expect(denied.stdout).toContain('it would be denied');
    expect(denied.stdout).toContain('ticket_not_accepted');
    const listed = await agent.drawbridge('list', '-o', 'json');
    expect(listed.code).toBe(0);
    expect(listed.stdout).not.toContain('"ticket": "none"');
  });

  it('makes one request of one idempotency key', async () => {
    const first = viewIn(await ask('--idempotency-key', 'once', '-o', 'json'));
    const second = viewIn(await ask('--idempotency-key', 'once', '-o', 'json'));
    expect(second.id).toBe(first.id);
    const other = await ask('--idempotency-key', 'once', '-d', '10m', '-o', 'json');
    expect(other.code).toBe(4);
    const { error } = JSON.parse(other.stdout) as { error: { code: string } };
    expect(error.code).toBe('idempotency_key_reused');
    const same = await ask();
    expect(same.code).toBe(1);
    expect(same.stderr).toContain(`your access request ${first.id} is for the same`);
    expect(same.stderr).toContain('what to do: drawbridge status <id> --wait follows it');
    expect((await agent.drawbridge('withdraw', first.id)).code).toBe(0);
  });

  it('shows an error of the server with the field it is about', async () => {
    const missing = await agent.drawbridge('status', '019c0000-0000-7000-8000-000000000000');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/access_request_unknown[\s\S]*what to do/);
    const bad = await agent.drawbridge('status', 'not-an-id', '-o', 'json');
    expect(bad).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(bad.stdout)).toMatchObject({
      error: { code: 'path_invalid', errors: [{ field: 'path.id' }] },
    });
  });

  it('stops at Ctrl-C', async () => {
    const waiting = agent.start(
      ...['request', '-c', 'prod-eks', '-a', 'rollout-restart', '-n', 'payments'],
      ...[
        'deployment/interrupted',
        '-d',
        '5m',
        '-r',
        'readiness probe failing',
        '-t',
        'INC-1',
        '-w',
      ],
    );
    await eventually(() => expect(waiting.seen()).toContain('pending'));
    waiting.interrupt();
    expect((await waiting.result).code).toBe(1);
  });
});

describe('a kubeconfig', () => {
  it('pins the gateway, holds no secret, and asks this program for a token', async () => {
    const file = join(agent.home, 'kube/config');
    const written = await agent.drawbridge(
      'kubeconfig',
      '-c',
      'prod-eks',
      '-n',
      'payments',
      '-f',
      file,
    );
    expect(written.code).toBe(0);
    const text = await readFile(file, 'utf8');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(text).not.toMatch(/insecure|token:|eyJ/);
    expect(text).not.toContain(secretOf('agent-oncall'));
    const name = 'drawbridge-prod-eks';
    expect(parse(text)).toMatchObject({
      'current-context': name,
      clusters: [
        {
          name,
          cluster: {
            server: `${GATEWAY}/connections/prod-eks`,
            'certificate-authority-data': Buffer.from(GATEWAY_CA).toString('base64'),
          },
        },
      ],
      users: [
        {
          name,
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: process.execPath,
              args: [program, 'credential'],
              interactiveMode: 'Never',
            },
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name, namespace: 'payments' } }],
    });
    const again = await agent.drawbridge('kubeconfig', '-c', 'prod-eks', '-f', file);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('kubeconfig_exists');
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(
      (await agent.drawbridge('kubeconfig', '-c', 'prod-eks', '-f', file, '--force')).code,
    ).toBe(0);
  });

  it('gets tokens that the gateway will accept, new ones before the old ones end', async () => {
    const credential = async () => {
      const { code, stdout } = await agent.drawbridge('credential');
      expect(code).toBe(0);
      return z
        .object({
          apiVersion: z.literal('client.authentication.k8s.io/v1'),
          kind: z.literal('ExecCredential'),
          status: z.object({ token: z.string(), expirationTimestamp: z.iso.datetime() }),
        })
        .parse(JSON.parse(stdout)).status;
    };
    const first = await credential();
    expect(await credential()).toEqual(first);
    const cache = join(agent.home, 'config/drawbridge/default.token.json');
    const soon = new Date(Date.now() + 20_000).toISOString();
    await writeFile(cache, JSON.stringify({ accessToken: first.token, expiresAt: soon }));
    const second = await credential();
    expect(second.token).not.toBe(first.token);
    expect(new Date(second.expirationTimestamp).getTime()).toBeGreaterThan(Date.now() + 60_000);
  });

  it('gets nothing without a login, and kubectl is told why', async () => {
    const stranger = await Somebody.with({ DRAWBRIDGE_URL: services.server });
    const { code, stdout, stderr } = await stranger.drawbridge('credential');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('drawbridge login');
    await stranger.remove();
  });
});

describe('reading the record', () => {
  it('shows events and commands to an auditor, neutralised', async () => {
    const { id } = viewIn(await ask('-o', 'json'));
    const commandId = uuidV7(new Date());
    await recordCommands(services.connection, {
      type: 'CommandRefused',
      commandId,
      connection: 'prod-eks',
      at: new Date().toISOString(),
      accessRequestId: id,
      method: 'GET',
      path: '/api/v1/namespaces/payments/secrets/db',
      query: '',
      verb: 'get',
      apiGroup: '',
      apiVersion: 'v1',
      resource: 'secrets',
      subresource: '',
      namespace: 'payments',
      name: 'db\u001b[2J\u202e',
      clientAddress: '127.0.0.1',
      userAgent: 'kubectl',
      decision: { effect: 'deny', reason: 'token_request_refused', message: 'no' },
      statusCode: 403,
    });
    const commands = await eventually(async () => {
      const { stdout } = await bob.drawbridge('audit', 'commands', '--request', id);
      expect(stdout).toContain('token_request_refused');
      return stdout;
    });
    expect(commands).toContain('db\\u{1b}[2J\\u{202e}');
    expect(commands).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    const events = await eventually(async () => {
      const { stdout } = await bob.drawbridge('audit', 'events', '--request', id, '--oldest-first');
      expect(stdout).toContain('ApprovalRequested');
      return stdout;
    });
    expect(events).toMatch(/AccessRequested[\s\S]+AccessRequestValidated[\s\S]+ApprovalRequested/);
    const { stdout: story } = await bob.drawbridge('audit', 'session', id);
    expect(story).toMatch(/agent-oncall: asked for[\s\S]+approval: asked for approval/);
  });

  it('shows what became of held calls to an auditor, neutralised, and to nobody else', async () => {
    const holdId = randomUUID();
    const at = new Date().toISOString();
    const principal = {
      kind: 'agent' as const,
      issuer: 'https://idp.test',
      subject: 'agent-oncall',
    };
    const held: HoldEvent = {
      type: 'CommandHeld',
      data: {
        commandId: uuidV7(new Date()),
        call: {
          ...{ connection: 'prod-eks', grantId: randomUUID(), agent: principal },
          ...{ policyVersion: 'v1', rule: 'deletion/namespace', method: 'DELETE' },
          ...{
            path: '/api/v1/namespaces/a\u001b[2J\u202e',
            query: '',
            verb: 'delete',
            apiGroup: '',
          },
          ...{ resource: 'namespaces', subresource: '', namespace: 'a', name: 'a' },
          ...{ contentType: '', bodySha256: '', resourceVersion: '' },
        },
        ...{ digest: 'ab'.repeat(32), generation: 0, agent: { ...principal, groups: [] } },
        ...{ accessRequestId: randomUUID(), purpose: { reason: 'clean up' } },
        ...{
          environment: 'production',
          reason: 'takes all',
          approvers: { groups: ['sre-oncall'] },
        },
        effect: { touches: [], warnings: [], soFar: [] },
        ...{ decideBy: at, approvalSeconds: 300, grantEndsAt: at },
      },
    };
    await holdEventStore(services.connection, 'proxy').append({
      ...{ aggregateId: holdId, position: { lastSequence: 0 }, event: held },
      metadata: {
        ...{ id: randomUUID(), causationId: 'test', at },
        actor: { kind: 'service', id: 'proxy' },
      },
    });
    const shown = await eventually(async () => {
      const { stdout } = await bob.drawbridge('audit', 'holds', '--hold', holdId);
      expect(stdout).toContain('CommandHeld');
      return stdout;
    });
    expect(shown).toMatch(/deletion\/namespace +DELETE \/api\/v1\/namespaces\/a\\u\{1b\}/);
    expect(shown).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    for (const who of [agent, alice]) {
      const { code, stdout, stderr } = await who.drawbridge('audit', 'holds');
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('auditor_required');
    }
  });

  it('prints JSON, or a line of JSON for each row, over several pages', async () => {
    const json = await bob.drawbridge(
      'audit',
      'events',
      '--since',
      '1h',
      '--limit',
      '3',
      '-o',
      'json',
    );
    const page = AuditEventPage.parse(JSON.parse(json.stdout));
    expect(page.items).toHaveLength(3);
    const more = [
      '--since',
      '1h',
      '--limit',
      '4',
      '-o',
      'jsonl',
      '--cursor',
      page.nextCursor ?? '',
    ];
    const lines = (await bob.drawbridge('audit', 'events', ...more)).stdout.trim().split('\n');
    expect(lines).toHaveLength(4);
    const [next] = lines.map((line) => JSON.parse(line) as { sequence: number });
    expect(next?.sequence).toBeLessThan(page.items[2]?.sequence ?? 0);
  });

  it('shows nothing to anybody else', async () => {
    for (const who of [agent, alice]) {
      const { code, stdout, stderr } = await who.drawbridge('audit', 'events');
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('auditor_required');
    }
  });
});

describe('logging out', () => {
  it('forgets the token', async () => {
    expect((await dana.drawbridge('logout')).stdout).toContain('logged out');
    expect((await dana.drawbridge('whoami')).code).toBe(3);
    expect((await dana.drawbridge('logout')).stdout).toContain('not logged in');
  });
});
